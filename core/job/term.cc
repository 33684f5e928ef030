#include "core/job/term.h"

#include <algorithm>

#include "core/base/text.h"
#include "fmt/format.h"

namespace wsfleet {
namespace {

bool IsPlaceByte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
}

absl::Status Refuse(std::string_view text, std::string_view why) {
  return absl::InvalidArgumentError(fmt::format("term \"{}\": {}", Excerpt(text, Term::kMaxBytes), why));
}

}  // namespace

absl::StatusOr<Term> Term::Parse(std::string_view text) {
  if (text.size() > kMaxBytes) return Refuse(text, fmt::format("expected at most {} bytes", kMaxBytes));
  if (text.starts_with('@')) return Refuse(text, "not in this version; name regions or agents");
  Term term;
  term.text_ = text;
  std::vector<std::string> parts(1);
  for (const char c : text) {
    if (c == '+') {
      parts.emplace_back();
      continue;
    }
    const bool glob_in_place = c == '*' && parts.size() == 1;
    if (!IsPlaceByte(c) && !glob_in_place) {
      return Refuse(text, "expected a region (eu-west-1, eu-*), a region and labels (us-east+arm64), or an agent's id");
    }
    parts.back() += c;
  }
  if (std::ranges::any_of(parts, &std::string::empty)) return Refuse(text, "a part of it is empty");
  term.place_ = parts.front();
  term.labels_.assign(parts.begin() + 1, parts.end());
  return term;
}

Term Term::OfRegion(const RegionName& region) {
  Term term;
  term.text_ = region.value();
  term.place_ = region.value();
  return term;
}

Term Term::OfAgent(const AgentId& agent) { return OfRegion(RegionName(agent.value())); }

bool Term::MatchesRegion(const RegionName& region) const {
  return has_glob() ? GlobMatches(place_, region.value()) : place_ == region.value();
}

bool Term::Matches(const AgentRecord& agent) const {
  if (agent.id.value() != place_ && !MatchesRegion(agent.region)) return false;
  return std::ranges::all_of(labels_, [&](const std::string& wanted) {
    return std::ranges::any_of(agent.labels, [&](const auto& label) { return label.second == wanted; });
  });
}

}  // namespace wsfleet
