#pragma once

#include <functional>
#include <memory>

#include "absl/random/random.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "agent/identity.h"
#include "boost/asio/io_context.hpp"
#include "boost/asio/steady_timer.hpp"
#include "grpcpp/channel.h"

namespace wsfleet::agent {

// When a certificate is renewed: at two thirds of its life, and up to a twentieth of it earlier, so that agents that
// were started together do not come together. `early`: 0 … 1. Its life counts from its beginning, which the own
// authority puts before the hour of issue (Authority::IssueToAgent): by half of --agent-cert-life, so that half of that
// is over, or, where it is more than two days, by one day.
absl::Time RenewalTime(const CertificateFacts& facts, double early);

// Renews the certificate of an identity as long as it lives. Nothing that is connected is touched. Runs on the agent's
// strand, an io_context that one thread runs.
class Renewal {
 public:
  struct Handlers {
    std::function<void()> on_renewed;  // connections that are made from now on use it
    // Once: it has expired, since nobody renewed it, or will not be renewed. The message says which, and why.
    std::function<void(const absl::Status&)> on_lost;
  };
  // `dial`: a connection of its own to the coordinator, with the certificate as it is then.
  using Dial = std::function<std::shared_ptr<grpc::Channel>()>;
  Renewal(boost::asio::io_context& strand, Identity& identity, Dial dial, Handlers handlers);

  void Start();
  // `on_idle` is called, on the strand, when nothing of it is under way any more.
  void Stop(std::function<void()> on_idle);

 private:
  struct Call;

  void WaitUntil(absl::Time due);
  void Ask();
  void OnAnswer(const std::shared_ptr<Call>& call, const absl::Status& status);
  void TryLater(const absl::Status& why);
  void Lose(const absl::Status& status);

  boost::asio::io_context& strand_;
  Identity& identity_;
  const Dial dial_;
  const Handlers handlers_;
  boost::asio::steady_timer timer_;
  absl::BitGen random_;
  absl::Status last_failure_;
  std::shared_ptr<Call> call_;     // under way
  std::function<void()> on_idle_;  // set: stopping
};

}  // namespace wsfleet::agent
