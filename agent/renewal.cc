#include "agent/renewal.h"

#include <algorithm>
#include <utility>

#include "absl/time/clock.h"
#include "boost/asio/post.hpp"
#include "core/base/text.h"
#include "fmt/format.h"
#include "grpcpp/client_context.h"
#include "proto/wire/convert.h"
#include "spdlog/spdlog.h"
#include "wsfleet/v1/enrolment.grpc.pb.h"

namespace wsfleet::agent {
namespace {

constexpr absl::Duration kRenewLimit = absl::Seconds(20);
// A certificate is valid by the wall clock, which may be set, or go on while the machine sleeps.
constexpr absl::Duration kLookAgain = absl::Minutes(1);
constexpr absl::Duration kLeastLimit = absl::Seconds(1);
constexpr absl::Duration kShortestPause = absl::Milliseconds(200);
constexpr absl::Duration kLongestPause = absl::Minutes(5);

}  // namespace

absl::Time RenewalTime(const CertificateFacts& facts, double early) {
  const absl::Duration life = facts.until - facts.from;
  return facts.from + life * 2 / 3 - life / 20 * early;
}

struct Renewal::Call {
  std::shared_ptr<grpc::Channel> channel;
  std::unique_ptr<v1::Renewal::Stub> stub;
  grpc::ClientContext context;
  v1::RenewRequest request;
  v1::EnrolReply reply;
};

Renewal::Renewal(boost::asio::io_context& strand, Identity& identity, Dial dial, Handlers handlers)
    : strand_(strand), identity_(identity), dial_(std::move(dial)), handlers_(std::move(handlers)), timer_(strand) {}

void Renewal::Start() { WaitUntil(RenewalTime(*identity_.certificate(), absl::Uniform(random_, 0.0, 1.0))); }

void Renewal::Stop(std::function<void()> on_idle) {
  timer_.cancel();
  on_idle_ = std::move(on_idle);
  if (call_ == nullptr) return on_idle_();
  call_->context.TryCancel();
}

void Renewal::WaitUntil(absl::Time due) {
  if (on_idle_) return;
  const absl::Duration wait = std::clamp(due - absl::Now(), absl::ZeroDuration(), kLookAgain);
  timer_.expires_after(absl::ToChronoNanoseconds(wait));
  timer_.async_wait([this, due](const boost::system::error_code& error) {
    if (error) return;
    absl::Now() < due ? WaitUntil(due) : Ask();
  });
}

void Renewal::Ask() {
  if (absl::Now() >= identity_.certificate()->until) {
    return Lose(absl::UnauthenticatedError(
        fmt::format("the agent's certificate expired at {} and could not be renewed: {}",
                    UtcText(identity_.certificate()->until), ToStd(last_failure_.message()))));
  }
  auto request = identity_.Request();
  if (!request.ok()) return TryLater(request.status());
  call_ = std::make_shared<Call>();
  call_->channel = dial_();
  call_->stub = v1::Renewal::NewStub(call_->channel);
  call_->request.set_request(*std::move(request));
  const absl::Duration left = identity_.certificate()->until - absl::Now();
  call_->context.set_deadline(absl::ToChronoTime(absl::Now() + std::clamp(left, kLeastLimit, kRenewLimit)));
  // The channel must not end in gRPC's reaction, so its last reference goes to the strand.
  call_->stub->async()->Renew(
      &call_->context, &call_->request, &call_->reply, [this, call = call_](const grpc::Status& status) mutable {
        boost::asio::post(strand_, [this, call = std::move(call), status] { OnAnswer(call, wire::FromGrpc(status)); });
      });
}

void Renewal::OnAnswer(const std::shared_ptr<Call>& call, const absl::Status& status) {
  call_.reset();
  if (on_idle_) return on_idle_();
  if (absl::IsPermissionDenied(status)) {
    return Lose(absl::PermissionDeniedError(
        fmt::format("the agent's certificate is not renewed: {}", ToStd(status.message()))));
  }
  if (!status.ok()) return TryLater(status);
  if (auto stored = identity_.Store(call->reply.certificate_chain(), call->reply.trusted()); !stored.ok()) {
    return TryLater(stored);
  }
  spdlog::info("certificate renewed expires={}", UtcText(identity_.certificate()->until));
  last_failure_ = absl::OkStatus();
  Start();
  handlers_.on_renewed();
}

void Renewal::TryLater(const absl::Status& why) {
  last_failure_ = why;
  const absl::Time until = identity_.certificate()->until;
  const absl::Duration left = until - absl::Now();
  const absl::Duration pause = std::clamp(left / 10, kShortestPause, kLongestPause) * absl::Uniform(random_, 0.8, 1.2);
  spdlog::warn("certificate not renewed code={} reason=\"{}\" expires={} retry_in={}",
               absl::StatusCodeToString(why.code()), ToStd(why.message()), UtcText(until), FormatElapsed(pause));
  WaitUntil(std::min(absl::Now() + pause, std::max(until, absl::Now())));
}

void Renewal::Lose(const absl::Status& status) {
  timer_.cancel();
  handlers_.on_lost(status);
}

}  // namespace wsfleet::agent
