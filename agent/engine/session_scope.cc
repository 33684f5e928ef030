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
  if (name.starts_with("secret.")) {
    const auto found = facts_.secrets->find(name.substr(7));
    if (found != facts_.secrets->end()) return boost::json::value(found->second);
    return absl::NotFoundError(
        fmt::format("secret {} was not given; pass --secret {}", name.substr(7), name.substr(7)));
  }
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
