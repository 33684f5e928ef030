#include "coordinator/access/token_registry.h"

#include <utility>

#include "absl/strings/escaping.h"
#include "absl/time/clock.h"
#include "coordinator/clock.h"
#include "coordinator/oidc/jwt.h"
#include "coordinator/secret_text.h"
#include "core/base/text.h"
#include "fmt/format.h"
#include "spdlog/spdlog.h"

namespace wsfleet::coordinator {
namespace {

constexpr std::string_view kPrefix = "wsf_";  // so that scanners for leaked secrets can know it
constexpr std::string_view kScheme = "Bearer ";
constexpr std::size_t kMaxTokenBytes = oidc::kMaxJwtBytes;

absl::Status Refused(std::string_view found) {
  return absl::UnauthenticatedError(
      fmt::format("expected a token of this coordinator, found {}; check --token-file, WSFLEET_TOKEN_FILE or "
                  "WSFLEET_TOKEN, or ask an admin of the fleet for one (`wsfleet tokens create`)",
                  found));
}

absl::Status RefusedJwt(std::string_view found) {
  return absl::UnauthenticatedError(
      fmt::format("expected a token of this coordinator or of an issuer that it knows, found a JWT {}; get a new one "
                  "from its issuer",
                  found));
}

}  // namespace

absl::StatusOr<NewToken> MakeToken() {
  const auto random = RandomBytes(32);
  if (!random.ok()) return random.status();
  std::string encoded;
  absl::WebSafeBase64Escape(*random, &encoded);
  while (encoded.ends_with('=')) encoded.pop_back();
  NewToken token{std::string(kPrefix) + encoded, ""};
  token.digest = Sha256Hex(token.secret);
  return token;
}

TokenRegistry::TokenRegistry(store::TokenStore& store, Settings settings)
    : store_(store),
      settings_(std::move(settings)),
      bootstrap_digest_(settings_.bootstrap.empty() ? "" : Sha256Hex(settings_.bootstrap)) {}

TokenRegistry::~TokenRegistry() { Stop(); }

absl::Status TokenRegistry::Begin() {
  if (auto status = Reload(); !status.ok()) return status;
  thread_ = std::thread([this] { Main(); });
  return absl::OkStatus();
}

void TokenRegistry::Stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void TokenRegistry::Main() {
  std::unique_lock lock(mutex_);
  bool failing = false;
  while (!wake_.wait_for(lock, absl::ToChronoMilliseconds(settings_.interval), [this] { return stopping_; })) {
    lock.unlock();
    const absl::Status status = ReloadIf(When::kChanged);
    if (status.ok() == failing) {
      failing = !status.ok();
      if (failing) {
        spdlog::error("tokens not read reason=\"{}\"", ToStd(status.message()));
      } else {
        spdlog::info("tokens are read again");
      }
    }
    lock.lock();
  }
}

absl::Status TokenRegistry::Reload() { return ReloadIf(When::kAlways); }

absl::Status TokenRegistry::ReloadIf(When when) {
  const std::lock_guard reading(reading_);
  const SteadyTime before = SteadyNow();
  // First the number: what changes between the two is read again.
  const auto version = store_.TokensVersion();
  if (!version.ok()) return version.status();
  auto tokens = std::make_shared<ByDigest>();
  const bool is_new = when == When::kAlways || *version != version_;
  if (is_new) {
    auto unrevoked = store_.UnrevokedTokens();
    if (!unrevoked.ok()) return unrevoked.status();
    for (TokenRecord& token : *unrevoked) tokens->emplace(token.digest, std::move(token));
    version_ = *version;
  }
  const std::lock_guard lock(known_mutex_);
  known_.read = before;
  if (is_new) known_.tokens = std::move(tokens);
  return absl::OkStatus();
}

absl::StatusOr<Caller> TokenRegistry::Find(std::string_view authorization) const {
  if (authorization.empty()) {
    if (settings_.anyone_is_admin) return Caller{"anyone", {}, {}, {std::nullopt, Role::kAdmin}};
    return Refused("none");
  }
  if (!authorization.starts_with(kScheme)) return Refused("an authorization that does not begin with \"Bearer \"");
  const std::string_view secret = authorization.substr(kScheme.size());
  if (secret.empty() || secret.size() > kMaxTokenBytes) return Refused("one that is empty or too long");
  const std::string digest = Sha256Hex(secret);
  if (!bootstrap_digest_.empty() && digest == bootstrap_digest_) {
    return Caller{"bootstrap", {}, {}, {std::nullopt, Role::kAdmin}};
  }
  // One of ours has no dots; so a store that cannot be asked does not matter to the others.
  return oidc::LooksLikeJwt(secret) ? FindIssued(secret) : FindStored(digest);
}

absl::StatusOr<Caller> TokenRegistry::FindIssued(std::string_view token) const {
  if (settings_.issuers == nullptr) return RefusedJwt("and it knows no issuers (--oidc)");
  auto caller = settings_.issuers->Find(token, absl::Now());
  return absl::IsUnauthenticated(caller.status()) ? RefusedJwt(ToStd(caller.status().message())) : caller;
}

absl::StatusOr<Caller> TokenRegistry::Recheck(const Caller& caller) const {
  if (caller.verified != nullptr) {
    auto again = settings_.issuers->Recheck(caller.verified, absl::Now());
    return absl::IsUnauthenticated(again.status()) ? RefusedJwt(ToStd(again.status().message())) : again;
  }
  return caller.digest.empty() ? caller : FindStored(caller.digest);
}

absl::StatusOr<Caller> TokenRegistry::FindStored(const std::string& digest) const {
  Known known;
  {
    const std::lock_guard lock(known_mutex_);
    known = known_;
  }
  const auto found = known.tokens->find(digest);
  if (found == known.tokens->end()) return Refused("one that it does not know, or that was revoked");
  if (SteadyNow() - known.read > kMaxAge) {
    return absl::UnavailableError("the coordinator cannot read which tokens were revoked; try again");
  }
  const TokenRecord& token = found->second;
  if (!token.IsGood(absl::Now())) {
    return Refused(fmt::format("\"{}\", which expired at {}", token.name, UtcText(token.expires)));
  }
  return Caller{token.name, token.id, digest, {token.fleet, token.role}, token.expires};
}

}  // namespace wsfleet::coordinator
