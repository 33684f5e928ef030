#include "coordinator/identity/identities.h"

#include <utility>

#include "boost/asio/post.hpp"
#include "coordinator/identity/join_token.h"
#include "coordinator/tls/x509.h"
#include "core/base/text.h"
#include "fmt/format.h"
#include "spdlog/spdlog.h"

namespace wsfleet::coordinator {
namespace {

constexpr std::size_t kMaxRequestBytes = 16 * 1024;

absl::StatusOr<x509::Key> KeyOf(const std::string& request) {
  if (request.size() > kMaxRequestBytes) {
    return absl::InvalidArgumentError(
        fmt::format("request: expected at most {} bytes, found {}", kMaxRequestBytes, request.size()));
  }
  return x509::PublicKeyOf(request);
}

absl::Status WrongPlace(const store::JoinToken& token, std::string_view kind, const std::string& expected,
                        const std::string& found) {
  return absl::PermissionDeniedError(
      fmt::format("join token {} is for {} {}, the agent says {}; start it with --{} {}, or create a token for {} {}",
                  token.id, kind, expected, Excerpt(found, 128), kind, expected, kind, Excerpt(found, 128)));
}

}  // namespace

Identities::Identities(boost::asio::io_context& context, store::IdentityStore& store, IdentitySettings settings)
    : store_(store), settings_(std::move(settings)), timer_(context) {}

absl::Status Identities::Begin() {
  if (auto status = ReadRevocations(); !status.ok()) return status;
  boost::asio::post(timer_.get_executor(), [this] { RefreshLater(); });
  return absl::OkStatus();
}

void Identities::Stop() {
  stopped_ = true;
  enrolments_.Stop();
  keeping_.Stop();
}

void Identities::RefreshLater() {
  timer_.expires_after(absl::ToChronoNanoseconds(kRefreshInterval));
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (error || stopped_) return;
    const bool posted = keeping_.Post([this] {
      Refresh();
      boost::asio::post(timer_.get_executor(), [this] { RefreshLater(); });
    });
    if (!posted && !stopped_) RefreshLater();
  });
}

void Identities::Refresh() {
  absl::Status status = ReadRevocations();
  if (status.ok() && settings_.authority && !settings_.server_names.empty()) {
    status = settings_.authority->KeepServerCertificate(settings_.server_names, absl::Now()).status();
  }
  // Once, not every other second.
  if (!status.ok() && !failed_) {
    spdlog::error("identities not refreshed reason=\"{}\"", ToStd(status.message()));
  }
  failed_ = !status.ok();
}

absl::Status Identities::ReadRevocations() {
  const auto revocations = store_.ListRevocations();
  if (!revocations.ok()) return revocations.status();
  if (revocations_.Replace(*revocations) && settings_.on_changed) settings_.on_changed();
  return absl::OkStatus();
}

absl::StatusOr<store::JoinToken> Identities::FindToken(const Order& order) const {
  const auto text = ParseJoinToken(order.join_token);
  if (!text.ok()) return text.status();
  auto token = store_.FindJoinToken(text->id);
  if (absl::IsNotFound(token.status()) || (token.ok() && !HasHash(*text, token->hash))) {
    return absl::UnauthenticatedError(fmt::format(
        "no join token {} with this secret; `wsfleet agents join-token list` shows those that there are", text->id));
  }
  return token;
}

absl::StatusOr<Identities::Grant> Identities::Enrol(const Order& order, absl::Time now) {
  const auto token = FindToken(order);
  if (!token.ok()) return token.status();
  if (order.fleet != token->fleet) {
    return WrongPlace(*token, "fleet", token->fleet.value(), order.fleet.value());
  }
  if (order.region != token->region) {
    return WrongPlace(*token, "region", token->region.value(), order.region.value());
  }
  const auto key = KeyOf(order.request);
  if (!key.ok()) return key.status();
  if (!IsInstanceOf(token->pool, order.instance)) {
    return absl::InvalidArgumentError(fmt::format(
        "instance: expected letters, digits, '.', '_' or '-', with the pool's name \"{}\" at most 128 bytes, "
        "found \"{}\"",
        token->pool.value(), Excerpt(order.instance, 128)));
  }
  if (auto status = revocations_.Check(token->fleet, token->pool, order.instance); !status.ok()) return status;
  const std::string hash = x509::KeyHash(key->get());
  const auto counted = store_.UseJoinToken({token->id, hash, order.instance, now});
  if (!counted.ok()) return counted.status();
  auto grant = Issue(key->get(), {token->fleet, token->region, token->pool, order.instance}, now);
  if (grant.ok()) grant->is_new = *counted;
  return grant;
}

absl::StatusOr<Identities::Grant> Identities::Renew(const std::string& request, const Shown& shown, absl::Time now) {
  const AgentName& name = shown.name;
  if (auto status = revocations_.Check(name.fleet, name.pool, name.instance); !status.ok()) return status;
  const auto key = KeyOf(request);
  if (!key.ok()) return key.status();
  if (x509::KeyHash(key->get()) != shown.key_hash) {
    return absl::PermissionDeniedError(
        "request: expected the key of the certificate that was shown, found another; an agent keeps its key, and one "
        "with another key enrols with a join token");
  }
  auto grant = Issue(key->get(), name, now);
  if (!grant.ok()) return grant;
  // Asked after the next one was signed: a root that replaces others issues only once those are trusted no more.
  if (auto status = settings_.authority->CheckTrusted(shown.certificate); !status.ok()) return status;
  return grant;
}

absl::StatusOr<Identities::Grant> Identities::Issue(EVP_PKEY* key, const AgentName& name, absl::Time now) const {
  if (!settings_.authority) return absl::UnimplementedError("this coordinator has no authority of its own (--own-ca)");
  const auto certificate = settings_.authority->IssueToAgent(key, name, settings_.agent_life, now);
  if (!certificate.ok()) return certificate.status();
  Grant grant{.chain = certificate->chain, .trusted = "", .expires = certificate->expires, .name = name};
  if (settings_.server_names.empty()) return grant;
  auto trusted = settings_.authority->Trusted();
  if (!trusted.ok()) return trusted.status();
  grant.trusted = *std::move(trusted);
  return grant;
}

}  // namespace wsfleet::coordinator
