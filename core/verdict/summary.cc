#include "core/verdict/summary.h"

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "fmt/format.h"
#include "fmt/ranges.h"

namespace wsfleet {
namespace {

constexpr std::array<std::pair<JobVerdict, std::string_view>, 5> kVerdicts{{{JobVerdict::kPassed, "passed"},
                                                                            {JobVerdict::kFailed, "failed"},
                                                                            {JobVerdict::kInconclusive, "inconclusive"},
                                                                            {JobVerdict::kTimedOut, "timed out"},
                                                                            {JobVerdict::kCancelled, "cancelled"}}};

void Add(Counts& counts, const CaseResult& result) {
  switch (result.outcome) {
    case Outcome::kPassed:
      ++counts.passed;
      break;
    case Outcome::kFailed:
      ++counts.failed;
      break;
    case Outcome::kInconclusive:
      ++counts.inconclusive;
      break;
    case Outcome::kSkipped:
      ++counts.skipped;
      break;
  }
  if (result.flaky) ++counts.flaky;
}

Outcome OutcomeOf(const Counts& counts, bool missing) {
  if (counts.failed > 0) return Outcome::kFailed;
  if (counts.inconclusive > 0 || missing) return Outcome::kInconclusive;
  return counts.passed > 0 ? Outcome::kPassed : Outcome::kSkipped;
}

// Of the agents of one region whose results are missing so many are told of.
constexpr std::size_t kMaxReasonsOfRegion = 3;

// "us-east-1: agent us-1 was lost (4 of 10 cases have no result)". Why the whole run ended is not said again.
std::string MissingReason(const RegionResult& region, const Ending& ending) {
  const std::size_t planned = region.cases.size() + region.missing.size();
  if (!ending.why.empty() && region.missing_reason == ending.why) {
    return fmt::format("{}: {} of {} cases have no result", region.region.value(), region.missing.size(), planned);
  }
  const std::string why = region.missing_reason.empty() ? "results are missing" : region.missing_reason;
  return fmt::format("{}: {} ({} of {} cases have no result)", region.region.value(), why, region.missing.size(),
                     planned);
}

// Which reasons to skip there were, most frequent first: "env-missing (STAGING_URL is not set)".
std::string SkipReasons(std::span<const RegionResult> regions) {
  std::map<std::string, int> counted;
  for (const RegionResult& region : regions) {
    for (const CaseResult& result : region.cases) {
      if (result.outcome != Outcome::kSkipped) continue;
      const std::string name(SkipReasonName(result.skip_reason));
      ++counted[result.skip_detail.empty() ? name : fmt::format("{} ({})", name, result.skip_detail)];
    }
  }
  std::vector<std::pair<int, std::string>> ordered;
  for (const auto& [text, count] : counted) ordered.emplace_back(-count, text);
  std::ranges::sort(ordered);
  std::string out;
  for (const auto& [count, text] : ordered) {
    if (!out.empty()) out += ", ";
    out += text;
  }
  return out;
}

// "config: agents chose different targets for suite: local in us, stage in eu", for each suite of which that is so. One
// target may have another address in each region; one without a name is its address.
std::vector<std::string> DifferentTargets(std::span<const RegionResult> regions) {
  std::map<std::string, std::map<std::string, std::set<std::string>>> chosen;  // by suite and target: in which regions
  for (const RegionResult& region : regions) {
    for (const CaseResult& result : region.cases) {
      const std::string& target = result.target_name.empty() ? result.target : result.target_name;
      if (result.outcome == Outcome::kSkipped || target.empty()) continue;
      chosen[result.suite][target].insert(region.region.value());
    }
  }
  std::vector<std::string> out;
  for (const auto& [suite, targets] : chosen) {
    if (targets.size() < 2) continue;
    std::string list;
    for (const auto& [target, where] : targets) {
      list += fmt::format("{}{} in {}", list.empty() ? "" : ", ", target, fmt::join(where, " and "));
    }
    out.push_back(fmt::format("config: agents chose different targets for {}: {}", suite, list));
  }
  return out;
}

struct RegionTally {
  Counts counts;
  std::size_t agents = 0;
  std::size_t incomplete = 0;  // of them

  void AddMissing(const RegionResult& region, const Ending& ending, std::vector<std::string>& reasons) {
    if (++incomplete <= kMaxReasonsOfRegion) reasons.push_back(MissingReason(region, ending));
  }
};

JobVerdict Judge(const std::map<RegionName, Outcome>& regions, const Counts& counts,
                 std::optional<std::uint32_t> require, const Ending& ending) {
  const auto with = [&](Outcome wanted) {
    return static_cast<std::size_t>(
        std::ranges::count(regions, wanted, [](const auto& entry) { return entry.second; }));
  };
  const std::size_t required = require.value_or(regions.size());
  if (ending.cancelled) return JobVerdict::kCancelled;
  const std::size_t lacking = required > regions.size() ? required - regions.size() : 0;
  if (with(Outcome::kFailed) > regions.size() + lacking - required) return JobVerdict::kFailed;
  if (ending.deadline_passed) return JobVerdict::kTimedOut;
  if (counts.passed == 0 || with(Outcome::kPassed) < required) return JobVerdict::kInconclusive;
  return JobVerdict::kPassed;
}

}  // namespace

std::string_view JobVerdictName(JobVerdict verdict) {
  for (const auto& [known, name] : kVerdicts) {
    if (known == verdict) return name;
  }
  return "inconclusive";
}

std::optional<JobVerdict> ParseJobVerdict(std::string_view name) {
  for (const auto& [verdict, known] : kVerdicts) {
    if (known == name) return verdict;
  }
  return std::nullopt;
}

JobSummary Summarise(std::span<const RegionResult> regions, std::optional<std::uint32_t> require, const Ending& ending,
                     std::uint32_t repeat) {
  JobSummary summary;
  std::map<RegionName, RegionTally> tallies;
  for (const RegionResult& region : regions) {
    RegionTally& tally = tallies[region.region];
    ++tally.agents;
    for (const CaseResult& result : region.cases) {
      Add(tally.counts, result);
      Add(summary.counts, result);
    }
    if (region.missing.empty() && region.missing_reason.empty()) continue;
    summary.counts.inconclusive += static_cast<std::uint32_t>(region.missing.size());
    tally.AddMissing(region, ending, summary.reasons);
  }
  for (const auto& [region, tally] : tallies) {
    summary.regions[region] = OutcomeOf(tally.counts, tally.incomplete > 0);
    if (tally.incomplete <= kMaxReasonsOfRegion) continue;
    summary.reasons.push_back(fmt::format("{}: results of {} more of its {} agents are missing", region.value(),
                                          tally.incomplete - kMaxReasonsOfRegion, tally.agents));
  }

  summary.verdict = Judge(summary.regions, summary.counts, require, ending);
  // Passes of two targets are a pass of neither; a failure is one wherever it happened.
  for (std::string& reason : DifferentTargets(regions)) {
    if (summary.verdict == JobVerdict::kPassed) summary.verdict = JobVerdict::kInconclusive;
    summary.reasons.push_back(std::move(reason));
  }
  summary.failures = Attribute(regions, repeat);
  for (const auto& [so, words] :
       {std::pair(ending.cancelled, "the run was cancelled"), {ending.deadline_passed, "the run's deadline passed"}}) {
    if (so && ending.why.empty()) summary.reasons.insert(summary.reasons.begin(), words);
  }
  if (!ending.why.empty()) summary.reasons.insert(summary.reasons.begin(), ending.why);
  if (summary.counts.passed == 0 && summary.counts.skipped > 0 && summary.counts.failed == 0) {
    summary.reasons.push_back(fmt::format("nothing passed; skipped: {}", SkipReasons(regions)));
  }
  if (require.value_or(0) > summary.regions.size()) {
    summary.reasons.push_back(
        fmt::format("{} regions were required to pass, and the run had {}", *require, summary.regions.size()));
  }
  return summary;
}

int ExitCode(JobVerdict verdict) {
  switch (verdict) {
    case JobVerdict::kPassed:
      return 0;
    case JobVerdict::kFailed:
      return 1;
    case JobVerdict::kInconclusive:
      return 3;
    case JobVerdict::kTimedOut:
      return 124;
    case JobVerdict::kCancelled:
      return 130;
  }
  return 3;
}

}  // namespace wsfleet
