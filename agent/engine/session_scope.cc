#include "agent/engine/session_scope.h"

#include "absl/random/random.h"
#include "absl/time/clock.h"
#include "fmt/format.h"

namespace wsfleet::engine {
namespace {

// RFC 9562, 5.4.
std::string RandomUuid() {
  std::string hex = RandomHex(16);
  hex[12] = '4';
  hex[16] = "89ab"[hex[16] & 3];
  return fmt::format("{}-{}-{}-{}-{}", hex.substr(0, 8), hex.substr(8, 4), hex.substr(12, 4), hex.substr(16, 4),
                     hex.substr(20));
}

constexpr std::string_view kSecretPrefix = "secret.";
constexpr std::string_view kDataPrefix = "data.";

using UsedSecrets = std::map<std::string, const HostList*, std::less<>>;

absl::Status NotForHost(std::string_view secret, std::string_view host, const HostList& hosts) {
  return absl::PermissionDeniedError(fmt::format(
      "secret {} may not be sent to {}; its operator allows {}. A session that uses it may speak with no other host",
      secret, host, hosts.text()));
}

absl::Status CheckAll(const UsedSecrets& used, std::string_view host) {
  for (const auto& [name, hosts] : used) {
    if (!hosts->Allows(host)) return NotForHost(name, host, *hosts);
  }
  return absl::OkStatus();
}

}  // namespace

std::string RandomHex(std::size_t bytes) {
  thread_local absl::BitGen random;
  std::string out;
  for (std::size_t i = 0; i < bytes; ++i) out += fmt::format("{:02x}", absl::Uniform<unsigned>(random, 0, 256));
  return out;
}

absl::StatusOr<boost::json::value> SessionScope::Lookup(std::string_view name) const {
  if (name.starts_with("env.")) {
    const auto found = facts_.variables->env.find(name.substr(4));
    if (found != facts_.variables->env.end()) return boost::json::value(found->second);
    return absl::NotFoundError(
        fmt::format("environment variable {} is not set where the run was submitted", name.substr(4)));
  }
  if (name.starts_with(kSecretPrefix)) {
    return UseSecret(name.substr(kSecretPrefix.size()));
  }
  if (name.starts_with(kDataPrefix)) return LookupColumn(name.substr(kDataPrefix.size()));
  if (name == "session.id") return boost::json::value(facts_.session_id);
  if (name == "session.index") return boost::json::value(facts_.session_index);
  if (name == "region") return boost::json::value(facts_.agent->region.value());
  if (name == "agent") return boost::json::value(facts_.agent->id.value());
  if (name == "uuid") return boost::json::value(RandomUuid());
  if (name == "now")
    return boost::json::value(absl::FormatTime("%Y-%m-%d%ET%H:%M:%E3SZ", absl::Now(), absl::UTCTimeZone()));
  if (name == "now.ms") return boost::json::value(absl::ToUnixMillis(absl::Now()));
  return LookupVariable(name);
}

absl::StatusOr<const GivenSecret*> SessionScope::FindSecret(std::string_view name) const {
  const auto found = facts_.secrets->find(name);
  if (found != facts_.secrets->end()) return &found->second;
  return absl::NotFoundError(WhyMissing(name, *facts_.unread_secrets, facts_.is_scheduled));
}

absl::StatusOr<boost::json::value> SessionScope::UseSecret(std::string_view name) const {
  const auto secret = FindSecret(name);
  if (!secret.ok()) return secret.status();
  const HostList& hosts = (*secret)->hosts;
  if (!facts_.target_host.empty() && !hosts.Allows(facts_.target_host)) {
    return NotForHost(name, facts_.target_host, hosts);
  }
  for (const std::string& host : connected_) {
    if (!hosts.Allows(host)) return NotForHost(name, host, hosts);
  }
  used_.emplace(name, &hosts);
  return boost::json::value((*secret)->value.Reveal());
}

absl::Status SessionScope::CheckHost(std::string_view host) const { return CheckAll(used_, host); }

absl::StatusOr<boost::json::value> ProxyScope::Lookup(std::string_view name) const {
  if (!name.starts_with(kSecretPrefix)) return session_.Lookup(name);
  const std::string_view secret_name = name.substr(kSecretPrefix.size());
  const auto secret = session_.FindSecret(secret_name);
  if (!secret.ok()) return secret.status();
  used_.emplace(secret_name, &(*secret)->hosts);
  return boost::json::value((*secret)->value.Reveal());
}

absl::Status ProxyScope::CheckHost(std::string_view proxy) const {
  if (auto status = session_.CheckHost(proxy); !status.ok()) return status;
  return CheckAll(used_, proxy);
}

absl::StatusOr<boost::json::value> SessionScope::LookupColumn(std::string_view column) const {
  if (facts_.data == nullptr) return absl::NotFoundError("this suite has no data");
  if (!row_) {
    auto row = facts_.data->Next();
    if (!row.ok()) return row.status();
    row_ = *std::move(row);
  }
  const auto* value = row_->if_contains(boost::json::string_view(column.data(), column.size()));
  if (value != nullptr) return *value;
  return absl::NotFoundError(fmt::format("data has no column \"{}\"", column));
}

absl::StatusOr<boost::json::value> SessionScope::LookupVariable(std::string_view name) const {
  for (const auto& [key, value] : facts_.planned->cell) {
    if (key == name) return value;
  }
  if (const auto captured = captures_.find(name); captured != captures_.end()) return captured->second;
  if (const auto given = facts_.variables->vars.find(name); given != facts_.variables->vars.end()) {
    return boost::json::value(given->second);
  }
  if (facts_.target != nullptr) {
    for (const auto& [key, value] : facts_.target->vars) {
      if (key == name) return Expand(value, *this);
    }
  }
  for (const auto& [key, value] : facts_.planned->suite->vars) {
    if (key == name) return Expand(value, *this);
  }
  return absl::NotFoundError(fmt::format("variable \"{}\" has no value here", name));
}

}  // namespace wsfleet::engine
