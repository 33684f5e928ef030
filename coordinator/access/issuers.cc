#include "coordinator/access/issuers.h"

#include <algorithm>
#include <filesystem>
#include <utility>

#include "coordinator/oidc/claims.h"
#include "coordinator/oidc/jwt.h"
#include "coordinator/oidc/parse_issuers.h"
#include "coordinator/private_file.h"
#include "core/base/source.h"
#include "core/base/text.h"
#include "fmt/format.h"
#include "spdlog/spdlog.h"

namespace wsfleet::coordinator {
namespace {

absl::StatusOr<std::vector<oidc::Issuer>> ParseFile(const std::string& file, const std::string& text) {
  auto result = oidc::ParseIssuers(file, text);
  std::string problems;
  for (const Diagnostic& diagnostic : result.diagnostics) {
    problems += "\n" + RenderDiagnostic(diagnostic, {{file, text}});
  }
  if (result.issuers.empty()) return absl::InvalidArgumentError(fmt::format("{} is not followed:{}", file, problems));
  if (!problems.empty()) spdlog::warn("oidc file has warnings:{}", problems);
  return std::move(result.issuers);
}

// Paths in the file are from where it is.
oidc::KeyLocation FromFolderOf(const std::string& file, oidc::KeyLocation location) {
  for (std::string* path : {&location.file, &location.ca_file}) {
    if (!path->empty()) *path = (std::filesystem::path(file).parent_path() / *path).string();
  }
  return location;
}

absl::Status NotOf(std::string_view issuer) {
  return absl::UnauthenticatedError(
      fmt::format("of issuer \"{}\", which is none of those that it knows (--oidc)", Printable(Excerpt(issuer, 100))));
}

absl::StatusOr<Caller> CallerOf(const oidc::Issuer& issuer, std::shared_ptr<const VerifiedToken> token,
                                absl::Time now) {
  auto person = oidc::Judge(issuer, token->claims, now);
  if (!person.ok()) return person.status();
  Caller caller;
  caller.name = std::move(person->name);
  caller.identity = std::move(person->identity);
  caller.grants = std::move(person->grants);
  caller.expires = person->expires;
  caller.verified = std::move(token);
  return caller;
}

absl::Status CheckAlgorithm(const oidc::Issuer& issuer, oidc::Algorithm algorithm) {
  if (std::ranges::find(issuer.algorithms, algorithm) != issuer.algorithms.end()) return absl::OkStatus();
  return absl::UnauthenticatedError(fmt::format("signed by {}, which issuer \"{}\" does not sign by (algorithms)",
                                                oidc::AlgorithmName(algorithm), issuer.name));
}

}  // namespace

absl::StatusOr<std::unique_ptr<Issuers>> Issuers::Start(Settings settings) {
  std::unique_ptr<Issuers> issuers(new Issuers(std::move(settings)));
  if (auto status = issuers->Follow(); !status.ok()) return status;
  issuers->thread_ = std::thread([&issuers = *issuers] { issuers.Main(); });
  return issuers;
}

Issuers::~Issuers() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void Issuers::Main() {
  std::unique_lock lock(mutex_);
  absl::Status last;
  while (!wake_.wait_for(lock, absl::ToChronoMilliseconds(settings_.look), [this] { return stopping_; })) {
    lock.unlock();
    const absl::Status status = Follow();
    if (!status.ok() && status != last) spdlog::error("oidc file not followed reason=\"{}\"", ToStd(status.message()));
    last = status;
    lock.lock();
  }
}

absl::Status Issuers::Follow() {
  auto text = ReadSmallFile(settings_.file);
  if (!text.ok()) return text.status();
  if (*text == text_) return absl::OkStatus();
  text_ = *std::move(text);
  auto parsed = ParseFile(settings_.file, text_);
  if (!parsed.ok()) return parsed.status();
  auto next = std::make_shared<ByIssuer>();
  const auto known = Current();
  for (oidc::Issuer& issuer : *parsed) {
    issuer.keys = FromFolderOf(settings_.file, std::move(issuer.keys));
    const auto before = known->find(issuer.issuer);
    auto keys = before != known->end() && before->second.keys->location() == issuer.keys
                    ? before->second.keys
                    : std::make_shared<KeySource>(issuer.name, issuer.keys, settings_.pace);
    next->emplace(issuer.issuer, Known{issuer, std::move(keys)});
  }
  spdlog::info("oidc file is followed file={} issuers={}", settings_.file, next->size());
  {
    const std::lock_guard lock(known_mutex_);
    known_ = next;
  }
  // Here, not where a call lets go of the last reference: it blocks.
  for (const auto& [name, gone] : *known) {
    const auto still = next->find(name);
    if (still == next->end() || still->second.keys != gone.keys) gone.keys->Stop();
  }
  return absl::OkStatus();
}

std::shared_ptr<const Issuers::ByIssuer> Issuers::Current() const {
  const std::lock_guard lock(known_mutex_);
  return known_;
}

absl::StatusOr<Caller> Issuers::Find(std::string_view token, absl::Time now) const {
  auto jwt = oidc::ReadJwt(token);
  if (!jwt.ok()) return jwt.status();
  const auto* claim = jwt->claims.if_contains("iss");
  const std::string issuer = claim != nullptr && claim->is_string() ? std::string(claim->get_string()) : std::string();
  const auto known = Current();
  const auto found = known->find(issuer);
  if (found == known->end()) return NotOf(issuer);
  const auto& [settings, source] = found->second;
  if (auto status = CheckAlgorithm(settings, jwt->algorithm); !status.ok()) return status;
  const auto keys = source->Get();
  if (!keys.ok()) return keys.status();
  const auto key = (*keys)->Find(jwt->algorithm, jwt->key_id);
  if (absl::IsNotFound(key.status())) {
    if (auto status = source->LookForMore(jwt->key_id.value_or("")); !status.ok()) return status;
    return absl::UnauthenticatedError(
        fmt::format("that is signed with a key that issuer \"{}\" does not have", settings.name));
  }
  if (!key.ok()) return key.status();
  if (!key->HasSigned(jwt->signed_part, jwt->signature)) {
    return absl::UnauthenticatedError(fmt::format("whose signature is not that of issuer \"{}\"", settings.name));
  }
  return CallerOf(
      settings,
      std::make_shared<const VerifiedToken>(issuer, key->thumbprint(), jwt->algorithm, std::move(jwt->claims)), now);
}

absl::StatusOr<Caller> Issuers::Recheck(const std::shared_ptr<const VerifiedToken>& token, absl::Time now) const {
  const auto known = Current();
  const auto found = known->find(token->issuer);
  if (found == known->end()) return NotOf(token->issuer);
  if (auto status = CheckAlgorithm(found->second.issuer, token->algorithm); !status.ok()) return status;
  const auto keys = found->second.keys->Get();
  if (!keys.ok()) return keys.status();
  if (!(*keys)->Contains(token->thumbprint)) {
    return absl::UnauthenticatedError(
        fmt::format("that is signed with a key that issuer \"{}\" has withdrawn", found->second.issuer.name));
  }
  return CallerOf(found->second.issuer, token, now);
}

}  // namespace wsfleet::coordinator
