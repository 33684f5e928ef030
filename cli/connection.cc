#include "cli/connection.h"

#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "cli/whole_file.h"
#include "core/base/text.h"
#include "fmt/format.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/security/credentials.h"
#include "proto/wire/convert.h"
#include "proto/wire/redirect.h"

namespace wsfleet::cli {
namespace {

constexpr std::uint64_t kMaxCredentialFile = 1 << 20;
constexpr std::string_view kBeginCertificate = "-----BEGIN CERTIFICATE-----";
// A run on all agents of a large fleet, with a reason for each.
constexpr int kMaxReplyBytes = 32 << 20;

std::chrono::system_clock::time_point Deadline(absl::Duration limit) { return absl::ToChronoTime(absl::Now() + limit); }

// "a:7421,b:7421"
std::vector<std::string> SplitAddresses(const std::string& text) {
  std::vector<std::string> addresses;
  for (const auto part : absl::StrSplit(text, absl::ByAnyChar(", "), absl::SkipEmpty())) addresses.emplace_back(part);
  if (addresses.empty()) addresses.push_back(text);
  return addresses;
}

std::shared_ptr<grpc::Channel> OpenChannel(const std::string& address, const std::string& ca_pem) {
  grpc::SslCredentialsOptions tls;
  tls.pem_root_certs = ca_pem;
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 1000);
  // How long one attempt to connect may take, in spite of its name.
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 5000);
  // A coordinator that is gone without a word is noticed within half a minute; it allows a ping every 5 s.
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, 20'000);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 10'000);
  arguments.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  arguments.SetMaxReceiveMessageSize(kMaxReplyBytes);
  return grpc::CreateCustomChannel(address, grpc::SslCredentials(tls), arguments);
}

// `source`: who named the file.
absl::StatusOr<std::string> ReadCredential(const std::string& path, const std::string& source) {
  auto content = ReadWholeFile(path, kMaxCredentialFile);
  if (content.ok()) return content;
  return absl::Status(content.status().code(), fmt::format("{}: {}", source, ToStd(content.status().message())));
}

// gRPC answers without words where nobody serves a call.
std::string WordsOf(const absl::Status& status) {
  return std::string(status.message().empty() ? absl::StatusCodeToString(status.code()) : ToStd(status.message()));
}

// What a failed connection means that will fail again however often it is tried; empty: it may heal. These are the
// words of OpenSSL and of gRPC's check of the name.
std::string WillNotHeal(const absl::Status& status, const Endpoint& endpoint) {
  // Every coordinator answers what its version is.
  if (absl::IsUnimplemented(status)) {
    return fmt::format(
        "expected its client listener (--client-listen, port {} by default), found another listener of wsfleet, or "
        "another gRPC server; check {}",
        kClientPort, endpoint.source);
  }
  const std::string found = WordsOf(status);
  // The second: an authority of the same name with another key.
  if (found.find("certificate verify failed") != std::string::npos ||
      found.find("asn1 encoding routines") != std::string::npos) {
    return endpoint.ca_file.empty()
               ? "its certificate is of none of the system's authorities, and no --ca was given; --ca FILE names its "
                 "own"
               : fmt::format("its certificate is not of the authority in {} ({}), or is not valid now",
                             endpoint.ca_file, endpoint.ca_source);
  }
  if (found.find("not in peer certificate") != std::string::npos) {
    return "its certificate is for other names than this host; use one of them as the address";
  }
  if (found.find("wrong version number") != std::string::npos) {
    return "what listens there does not speak TLS; is this the client listener (--client-listen)?";
  }
  return {};
}

}  // namespace

absl::StatusOr<std::unique_ptr<CoordinatorClient>> CoordinatorClient::Open(const Endpoint& endpoint) {
  std::string ca_pem, token = endpoint.token;
  if (!endpoint.ca_file.empty()) {
    auto read = ReadCredential(endpoint.ca_file, endpoint.ca_source);
    if (!read.ok()) return read.status();
    ca_pem = *std::move(read);
    if (ca_pem.find(kBeginCertificate) == std::string::npos) {
      return absl::InvalidArgumentError(fmt::format("{}: {} has no certificate; expected PEM with {}",
                                                    endpoint.ca_source, endpoint.ca_file, kBeginCertificate));
    }
  }
  if (!endpoint.token_file.empty() && token.empty()) {
    auto read = ReadCredential(endpoint.token_file, endpoint.token_source);
    if (!read.ok()) return read.status();
    token = *std::move(read);
  }
  while (!token.empty() && (token.back() == '\n' || token.back() == '\r' || token.back() == ' ')) token.pop_back();
  return std::unique_ptr<CoordinatorClient>(new CoordinatorClient(endpoint, std::move(ca_pem), std::move(token)));
}

CoordinatorClient::CoordinatorClient(Endpoint endpoint, std::string ca_pem, std::string token)
    : endpoint_(std::move(endpoint)),
      addresses_(SplitAddresses(endpoint_.address)),
      ca_pem_(std::move(ca_pem)),
      token_(std::move(token)),
      address_(addresses_.front()) {}

CoordinatorClient::Peer& CoordinatorClient::Current() {
  const std::lock_guard lock(mutex_);
  Peer& peer = peers_[address_];
  if (peer.channel == nullptr) {
    peer.channel = OpenChannel(address_, ca_pem_);
    peer.jobs = v1::Jobs::NewStub(peer.channel);
    peer.fleets = v1::Fleets::NewStub(peer.channel);
    peer.schedules = v1::Schedules::NewStub(peer.channel);
    peer.identities = v1::AgentIdentities::NewStub(peer.channel);
    peer.tokens = v1::Tokens::NewStub(peer.channel);
    peer.audit = v1::Audit::NewStub(peer.channel);
  }
  return peer;
}

void CoordinatorClient::Reroute(const absl::Status& status) {
  const std::lock_guard lock(mutex_);
  const auto redirect = wire::RedirectOf(status);
  // An older epoch is that of who does not know yet.
  if (redirect && redirect->ownership_epoch() >= epoch_ && !redirect->address().empty() &&
      redirect->address() != address_) {
    epoch_ = redirect->ownership_epoch();
    address_ = redirect->address();
    return;
  }
  next_ = (next_ + 1) % addresses_.size();
  address_ = addresses_[next_];
}

void CoordinatorClient::Prepare(grpc::ClientContext& context) const {
  if (!token_.empty()) context.AddMetadata("authorization", "Bearer " + token_);
}

void CoordinatorClient::Prepare(grpc::ClientContext& context, absl::Duration limit) const {
  Prepare(context);
  context.set_deadline(Deadline(limit));
}

absl::Status CoordinatorClient::Call(absl::Duration limit,
                                     const std::function<grpc::Status(grpc::ClientContext&)>& call,
                                     Repetition repetition) {
  const absl::Time end = absl::Now() + kRetryLimit;
  for (absl::Duration pause = absl::Milliseconds(50);; pause = std::min(pause * 2, absl::Seconds(1))) {
    absl::Status status = absl::UnavailableError(fmt::format("no connection to {}", endpoint_.address));
    // A call that finds a connection may have been taken by the time that this breaks.
    if (repetition == Repetition::kAlways || AwaitConnection(absl::Seconds(1))) {
      grpc::ClientContext context;
      Prepare(context, limit);
      status = wire::FromGrpc(call(context));
      const bool may_repeat = repetition == Repetition::kAlways || wire::RedirectOf(status);
      if (!absl::IsUnavailable(status) || !may_repeat) return status;
    }
    if (absl::Now() + pause >= end) return status;
    Reroute(status);
    AwaitChange(pause);
  }
}

absl::StatusOr<v1::VersionReply> CoordinatorClient::Connect(
    const std::function<void(const std::string& why)>& on_waiting) {
  const absl::Time end = absl::Now() + kConnectLimit;
  absl::Status found = absl::UnavailableError(fmt::format("no answer within {}", DurationText(kConnectLimit)));
  std::size_t tried = 0, in_vain = 0;
  while (true) {
    grpc::ClientContext context;
    Prepare(context, end - absl::Now());
    v1::VersionReply reply;
    const absl::Status status = wire::FromGrpc(fleets().Version(&context, v1::VersionRequest(), &reply));
    if (status.ok()) return reply;
    if (absl::IsDeadlineExceeded(status)) return Unreachable(found);
    if (!absl::IsUnavailable(status) && !absl::IsUnimplemented(status)) return status;
    found = status;
    // Another address may be better; none that is tried a second time.
    if (!WillNotHeal(found, endpoint_).empty() && ++in_vain == addresses_.size()) return Unreachable(found);
    if (absl::Now() >= end) return Unreachable(found);
    Reroute(status);
    // Each address once at first.
    if (++tried < addresses_.size()) continue;
    if (tried == addresses_.size()) on_waiting(WordsOf(found));
    AwaitChange(std::min(end - absl::Now(), absl::Seconds(1)));
  }
}

void CoordinatorClient::AwaitChange(absl::Duration limit) {
  // The channel knows when it tries to connect again.
  const std::shared_ptr<grpc::Channel> channel = Current().channel;
  channel->WaitForStateChange(channel->GetState(true), Deadline(limit));
}

bool CoordinatorClient::AwaitConnection(absl::Duration limit) {
  return Current().channel->WaitForConnected(Deadline(limit));
}

absl::Status CoordinatorClient::Unreachable(const absl::Status& status) const {
  const std::string found = WordsOf(status);
  if (const std::string why = WillNotHeal(status, endpoint_); !why.empty()) {
    return absl::UnavailableError(
        fmt::format("the coordinator at {} cannot be reached (address of {}): {}\n  found: {}", endpoint_.address,
                    endpoint_.source, why, Printable(found)));
  }
  // Its own words: it was reached, and cannot judge the token.
  if (found.find("keys of issuer") != std::string::npos) {
    return absl::UnavailableError(
        fmt::format("the coordinator at {} cannot say who you are (address of {})\n"
                    "  found: {}\n"
                    "  check: does the issuer of your token answer the coordinator (keys in its --oidc file)?",
                    endpoint_.address, endpoint_.source, Printable(found)));
  }
  return absl::UnavailableError(
      fmt::format("the coordinator at {} cannot be reached (address of {})\n"
                  "  found: {}\n"
                  "  check: does wsfleet-coordinator run, and is this its client listener (--client-listen)?\n"
                  "         is {} the authority of its certificate? is the host that of the certificate?\n"
                  "         (a wrong certificate, none, and plain text may all look like \"Socket closed\")",
                  endpoint_.address, endpoint_.source, Printable(found),
                  endpoint_.ca_file.empty() ? "one of the system's authorities" : endpoint_.ca_file));
}

absl::StatusOr<std::unique_ptr<CoordinatorClient>> ConnectTo(const Endpoint& endpoint, bool quiet) {
  auto client = CoordinatorClient::Open(endpoint);
  if (!client.ok()) return client.status();
  struct stat facts{};
  if (!quiet && stat(endpoint.token_file.c_str(), &facts) == 0 && (facts.st_mode & S_IROTH) != 0) {
    fmt::print(stderr, "warning: everybody on this machine may read the token in {0}: chmod o= {0}\n",
               Printable(endpoint.token_file));
  }
  const auto version = (*client)->Connect([&](const std::string& why) {
    if (quiet) return;
    fmt::print(stderr, "no answer from {} yet ({}); trying for {}\n", endpoint.address, Printable(why),
               DurationText(kConnectLimit));
  });
  if (!version.ok()) return version.status();
  return client;
}

}  // namespace wsfleet::cli
