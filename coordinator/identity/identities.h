#pragma once

#include <atomic>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "boost/asio/io_context.hpp"
#include "boost/asio/steady_timer.hpp"
#include "coordinator/identity/revocation_list.h"
#include "coordinator/store/identity_store.h"
#include "coordinator/tls/authority.h"
#include "coordinator/worker_pool.h"

namespace wsfleet::coordinator {

struct IdentitySettings {
  std::optional<Authority> authority;     // absent: certificates come from elsewhere
  std::vector<std::string> server_names;  // of the listeners, if the authority makes their certificate too
  absl::Duration agent_life = absl::Hours(24);
  // Called when somebody is revoked, or let in again; on a thread that may block.
  std::function<void()> on_changed = {};
};

// Who may be an agent: lets them in, gives them certificates, keeps what is needed for it up to date. What blocks runs
// on threads of its own, so that neither a client nor a machine waits for who knocks.
class Identities {
 public:
  // So late at most another replica's revocation is known here.
  static constexpr absl::Duration kRefreshInterval = absl::Seconds(2);

  struct Grant {
    std::string chain;    // PEM
    std::string trusted;  // who signs the listeners' certificates, PEM; empty: not this authority
    absl::Time expires;
    AgentName name;
    bool is_new = true;  // not the answer again of an enrolment that was counted
  };
  struct Order {
    std::string join_token;
    std::string request;  // PKCS#10, PEM
    std::string instance;
    FleetName fleet;
    RegionName region;
  };

  // `store` and `context` outlive it; the context has ended before it goes.
  Identities(boost::asio::io_context& context, store::IdentityStore& store, IdentitySettings settings);

  // Reads the revocations, and goes on to do so. The store's error if they cannot be read.
  absl::Status Begin();
  // Finishes what is under way.
  void Stop();

  bool issues() const { return settings_.authority.has_value(); }
  const RevocationList& revocations() const { return revocations_; }
  store::IdentityStore& store() { return store_; }

  // Runs it on a thread that may block: for those who knock, or for operators. False: too much waits.
  bool PostForAgents(std::function<void()> task) { return enrolments_.Post(std::move(task)); }
  bool PostForOperators(std::function<void()> task) { return keeping_.Post(std::move(task)); }

  // --- on these threads ---------------------------------------------------------------------------------------------

  // Errors are those of Enrolment.Enrol and Renewal.Renew (enrolment.proto).
  absl::StatusOr<Grant> Enrol(const Order& order, absl::Time now);
  struct Shown {
    AgentName name;
    std::string key_hash;
    std::string certificate;  // PEM
  };
  // By what the agent has shown.
  absl::StatusOr<Grant> Renew(const std::string& request, const Shown& shown, absl::Time now);
  // Reads the revocations anew. The old ones hold if that fails.
  absl::Status ReadRevocations();

 private:
  absl::StatusOr<store::JoinToken> FindToken(const Order& order) const;
  absl::StatusOr<Grant> Issue(EVP_PKEY* key, const AgentName& name, absl::Time now) const;
  void RefreshLater();
  void Refresh();

  store::IdentityStore& store_;
  const IdentitySettings settings_;
  RevocationList revocations_;
  boost::asio::steady_timer timer_;
  std::atomic<bool> stopped_ = false;
  bool failed_ = false;  // the last refresh; on the keeping thread
  WorkerPool enrolments_{1};
  WorkerPool keeping_{1};
};

}  // namespace wsfleet::coordinator
