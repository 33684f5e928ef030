#include "core/access/records.h"

#include <algorithm>
#include <array>
#include <utility>

#include "core/job/job_id.h"

namespace wsfleet {
namespace {

template <typename Word, std::size_t size>
std::string_view NameIn(const std::array<std::pair<Word, std::string_view>, size>& words, Word word) {
  for (const auto& [known, name] : words) {
    if (known == word) return name;
  }
  return "";
}

template <typename Word, std::size_t size>
std::optional<Word> WordIn(const std::array<std::pair<Word, std::string_view>, size>& words, std::string_view name) {
  for (const auto& [word, known] : words) {
    if (known == name) return word;
  }
  return std::nullopt;
}

constexpr std::array<std::pair<Role, std::string_view>, 4> kRoles{{
    {Role::kViewer, "viewer"},
    {Role::kRunner, "runner"},
    {Role::kOperator, "operator"},
    {Role::kAdmin, "admin"},
}};
constexpr std::array<std::pair<AuditOutcome, std::string_view>, 3> kAuditOutcomes{{
    {AuditOutcome::kDone, "done"},
    {AuditOutcome::kDenied, "denied"},
    {AuditOutcome::kFailed, "failed"},
}};

// Kinds of classes, each with a fleet behind it.
constexpr std::string_view kRefused = "refused ", kIdle = "idle ", kRuns = "runs ", kChanges = "changes ";

std::string_view KindOf(const AuditRecord& record) {
  if (record.outcome == AuditOutcome::kDenied) return kRefused;
  if (record.outcome == AuditOutcome::kFailed || !record.changed) return kIdle;
  // What a runner may do as often as they like.
  const bool is_run = record.action.starts_with("runs.") || record.action == "schedules.trigger";
  return is_run ? kRuns : kChanges;
}

constexpr std::array<std::string_view, 6> kEndingHarm{"fleet.stop",    "fleet.resume",  "fleet.policy.set",
                                                      "tokens.revoke", "agents.revoke", "agents.join-token.revoke"};

}  // namespace

std::string_view RoleName(Role role) { return NameIn(kRoles, role); }
std::optional<Role> ParseRole(std::string_view name) { return WordIn(kRoles, name); }

std::string_view AuditOutcomeName(AuditOutcome outcome) { return NameIn(kAuditOutcomes, outcome); }
std::optional<AuditOutcome> ParseAuditOutcome(std::string_view name) { return WordIn(kAuditOutcomes, name); }

std::string AuditClassOf(const AuditRecord& record) {
  if (record.principal.empty() && record.outcome != AuditOutcome::kDone) return "unknown";
  return std::string(KindOf(record)) + record.fleet.value();
}

bool IsClassOfChanges(std::string_view name) {
  return name.empty() || name.starts_with(kChanges) || name.starts_with(kRuns);
}

bool EndsHarm(std::string_view action) { return std::ranges::find(kEndingHarm, action) != kEndingHarm.end(); }

TokenId TokenIdOf(std::uint64_t random) {
  std::string id = JobIdOf(random).value();
  id.front() = 't';
  return TokenId(std::move(id));
}

}  // namespace wsfleet
