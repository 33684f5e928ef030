#include "agent/enrolment.h"

#include <chrono>
#include <fstream>
#include <utility>

#include "absl/time/clock.h"
#include "agent/persistence.h"
#include "boost/asio/io_context.hpp"
#include "boost/asio/steady_timer.hpp"
#include "core/base/text.h"
#include "fmt/format.h"
#include "grpcpp/client_context.h"
#include "proto/wire/convert.h"
#include "spdlog/spdlog.h"
#include "wsfleet/v1/enrolment.grpc.pb.h"

namespace wsfleet::agent {
namespace {

constexpr std::chrono::seconds kEnrolLimit{20};
constexpr std::size_t kMaxTokenBytes = 4096;

absl::StatusOr<std::string> ReadJoinToken(const std::string& path) {
  if (path.empty()) {
    return absl::FailedPreconditionError(
        "--join-token-file is missing: this agent has no certificate yet; `wsfleet agents join-token create` makes a "
        "token for one");
  }
  std::ifstream in(path, std::ios::binary);
  std::string token(kMaxTokenBytes, '\0');
  in.read(token.data(), static_cast<std::streamsize>(token.size()));
  token.resize(static_cast<std::size_t>(in.gcount()));
  token.erase(token.find_last_not_of(" \r\n\t") + 1);
  if (!token.empty()) return token;
  return absl::FailedPreconditionError(fmt::format("{}: expected a join token, found nothing that can be read", path));
}

bool MayTryAgain(const absl::Status& status) {
  return absl::IsUnavailable(status) || absl::IsDeadlineExceeded(status) || absl::IsResourceExhausted(status);
}

absl::Status Refused(const absl::Status& status) {
  if (absl::IsUnimplemented(status)) {
    return absl::UnimplementedError(
        "not enrolled: another gRPC server answers there, or another listener of the coordinator: --enrol names that "
        "of its --enrol-listen (port 7423 unless it was told another)");
  }
  return absl::Status(status.code(), fmt::format("not enrolled: {}", ToStd(status.message())));
}

}  // namespace

absl::Status Enrol(const std::shared_ptr<grpc::Channel>& channel, const EnrolOrder& order, Identity& identity) {
  const auto token = ReadJoinToken(order.join_token_file);
  if (!token.ok()) return token.status();
  auto text = identity.Request();
  if (!text.ok()) return text.status();
  v1::EnrolRequest request;
  request.set_join_token(*token);
  request.set_request(*std::move(text));
  request.set_instance(order.instance);
  request.set_fleet(order.fleet.value());
  request.set_region(order.region.value());
  request.mutable_labels()->insert(order.labels.begin(), order.labels.end());
  const auto stub = v1::Enrolment::NewStub(channel);
  boost::asio::io_context context;
  boost::asio::steady_timer pause(context);
  Persistence persistence;
  while (true) {
    grpc::ClientContext call;
    call.set_deadline(std::chrono::system_clock::now() + kEnrolLimit);
    v1::EnrolReply reply;
    const absl::Status status = wire::FromGrpc(stub->Enrol(&call, request, &reply));
    if (status.ok()) {
      if (auto stored = identity.Store(reply.certificate_chain(), reply.trusted()); !stored.ok()) return stored;
      const CertificateFacts& facts = *identity.certificate();
      spdlog::info("enrolled agent={} expires={}", AgentIdOf(facts.name->pool, facts.name->instance).value(),
                   UtcText(facts.until));
      return absl::OkStatus();
    }
    if (!MayTryAgain(status)) return Refused(status);
    const absl::Duration wait = persistence.Pause();
    spdlog::warn(
        "not enrolled yet code={} reason=\"{}\" retry_in={} next=\"if nobody listens there, check --enrol; if "
        "the connection is closed, --ca, the host against the names of the certificate (--server-name), and the "
        "clocks: here it "
        "is {}\"",
        absl::StatusCodeToString(status.code()), ToStd(status.message()), FormatElapsed(wait), UtcText(absl::Now()));
    pause.expires_after(absl::ToChronoNanoseconds(wait));
    pause.wait();
  }
}

}  // namespace wsfleet::agent
