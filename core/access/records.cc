#include "core/access/records.h"

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

}  // namespace

std::string_view RoleName(Role role) { return NameIn(kRoles, role); }
std::optional<Role> ParseRole(std::string_view name) { return WordIn(kRoles, name); }

std::string_view AuditOutcomeName(AuditOutcome outcome) { return NameIn(kAuditOutcomes, outcome); }
std::optional<AuditOutcome> ParseAuditOutcome(std::string_view name) { return WordIn(kAuditOutcomes, name); }

std::string AuditClassOf(const AuditRecord& record) {
  if (record.principal.empty() && record.outcome != AuditOutcome::kDone) return "unknown";
  return record.outcome == AuditOutcome::kDenied ? "refused " + record.fleet.value() : "";
}

TokenId TokenIdOf(std::uint64_t random) {
  std::string id = JobIdOf(random).value();
  id.front() = 't';
  return TokenId(std::move(id));
}

}  // namespace wsfleet
