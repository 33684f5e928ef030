#include "coordinator/oidc/claims.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <vector>

#include "core/base/text.h"
#include "fmt/format.h"

namespace wsfleet::oidc {
namespace {

constexpr std::size_t kMaxSubjectBytes = 255;  // OpenID Connect Core, 2
constexpr std::size_t kMaxNameBytes = 100;
constexpr double kLastSecond = 253402300799;  // of the year 9999

absl::Status BadClaims(std::string_view what) { return absl::UnauthenticatedError(ToAbsl(what)); }

const boost::json::value* ClaimAt(const boost::json::object& claims, const ClaimPath& path) {
  const boost::json::object* object = &claims;
  const boost::json::value* value = nullptr;
  for (const std::string& member : path) {
    if (object == nullptr) return nullptr;
    value = object->if_contains(member);
    if (value == nullptr) return nullptr;
    object = value->if_object();
  }
  return value;
}

std::optional<std::string> TextAt(const boost::json::object& claims, const ClaimPath& path) {
  const auto* value = ClaimAt(claims, path);
  if (value == nullptr || !value->is_string()) return std::nullopt;
  return std::string(value->get_string());
}

// The texts of a list; a text alone is a list of one. Nothing if there is something else in it.
std::optional<std::vector<std::string>> TextsAt(const boost::json::object& claims, const ClaimPath& path) {
  const auto* value = ClaimAt(claims, path);
  if (value == nullptr) return std::nullopt;
  if (value->is_string()) return std::vector<std::string>{std::string(value->get_string())};
  if (!value->is_array()) return std::nullopt;
  std::vector<std::string> texts;
  for (const auto& element : value->get_array()) {
    if (!element.is_string()) return std::nullopt;
    texts.emplace_back(element.get_string());
  }
  return texts;
}

enum class Need { kNeeded, kMayLack };

// Seconds since 1970, also with a fraction (RFC 7519, 2). Absent: there is no such claim, and need not be.
absl::StatusOr<std::optional<absl::Time>> TimeAt(const boost::json::object& claims, const std::string& name,
                                                 Need need) {
  const auto* value = claims.if_contains(name);
  if (value == nullptr && need == Need::kMayLack) return std::optional<absl::Time>();
  boost::json::error_code error;
  const double seconds = value != nullptr && value->is_number() ? value->to_number<double>(error) : -1;
  if (!error && seconds >= 0 && seconds <= kLastSecond) {
    return std::optional(absl::UnixEpoch() + absl::Seconds(seconds));
  }
  return BadClaims(fmt::format("whose \"{}\" is {}, expected seconds since 1970", name,
                               value == nullptr ? "missing" : "something else"));
}

absl::StatusOr<absl::Time> CheckTimes(const Issuer& issuer, const boost::json::object& claims, absl::Time now) {
  const auto expires = TimeAt(claims, "exp", Need::kNeeded), not_before = TimeAt(claims, "nbf", Need::kMayLack),
             issued = TimeAt(claims, "iat", Need::kMayLack);
  for (const auto* time : {&expires, &not_before, &issued}) {
    if (!time->ok()) return time->status();
  }
  const absl::Time end = **expires;
  if (now >= end + issuer.leeway) {
    return BadClaims(fmt::format("of issuer \"{}\" that expired at {}", issuer.name, UtcText(end)));
  }
  for (const auto& [claim, time] : {std::pair("nbf", *not_before), {"iat", *issued}}) {
    if (!time || *time <= now + issuer.leeway) continue;
    return BadClaims(
        fmt::format("of issuer \"{}\" that is not good before {} (\"{}\"), and it is {}; do the clocks agree?",
                    issuer.name, UtcText(*time), claim, UtcText(now)));
  }
  if (end > now + issuer.max_life + issuer.leeway) {
    return BadClaims(fmt::format("of issuer \"{}\" that is good until {}, longer than max_life {}", issuer.name,
                                 UtcText(end), DurationText(issuer.max_life)));
  }
  return end;
}

absl::Status CheckAudience(const Issuer& issuer, const boost::json::object& claims) {
  const auto found = TextsAt(claims, {"aud"});
  if (!found) return BadClaims("without an audience (\"aud\")");
  for (const std::string& audience : *found) {
    if (std::ranges::find(issuer.audiences, audience) != issuer.audiences.end()) return absl::OkStatus();
  }
  return BadClaims(
      fmt::format("of issuer \"{}\" for another audience than {}", issuer.name, fmt::join(issuer.audiences, " or ")));
}

// It goes into the audit log and tells people apart: what could be cut or shown in another way is no name.
absl::StatusOr<std::string> SubjectOf(const boost::json::object& claims) {
  const auto subject = TextAt(claims, {"sub"});
  if (subject && !subject->empty() && subject->size() <= kMaxSubjectBytes && Printable(*subject) == *subject) {
    return *subject;
  }
  return BadClaims(fmt::format("without a subject (\"sub\") of 1 to {} printable bytes", kMaxSubjectBytes));
}

Grants GrantsOf(const Issuer& issuer, const boost::json::object& claims) {
  Grants grants;
  const auto groups = TextsAt(claims, issuer.groups_claim);
  if (!groups) return grants;
  for (const Issuer::Mapping& mapping : issuer.roles) {
    if (std::ranges::find(*groups, mapping.group) != groups->end()) grants.Add(mapping.fleet, mapping.role);
  }
  return grants;
}

}  // namespace

absl::StatusOr<Person> Judge(const Issuer& issuer, const boost::json::object& claims, absl::Time now) {
  if (TextAt(claims, {"iss"}) != issuer.issuer) return BadClaims("of another issuer");
  if (auto status = CheckAudience(issuer, claims); !status.ok()) return status;
  const auto expires = CheckTimes(issuer, claims, now);
  if (!expires.ok()) return expires.status();
  // Who presents one of these must show a key besides (RFC 7800); as a bearer's it may be stolen.
  if (claims.contains("cnf")) return BadClaims("that is bound to a key of who it was made for (\"cnf\")");
  const auto subject = SubjectOf(claims);
  if (!subject.ok()) return subject.status();
  Person person;
  const std::string shown = TextAt(claims, issuer.name_claim).value_or(*subject);
  person.name =
      fmt::format("{} ({})", Printable(Excerpt(shown.empty() ? *subject : shown, kMaxNameBytes)), issuer.name);
  person.identity = fmt::format("{} {}", issuer.issuer, *subject);
  person.grants = GrantsOf(issuer, claims);
  person.expires = *expires;
  return person;
}

}  // namespace wsfleet::oidc
