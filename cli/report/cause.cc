#include "cli/report/cause.h"

#include <algorithm>
#include <map>
#include <tuple>

#include "cli/report/tries.h"
#include "core/base/text.h"
#include "fmt/format.h"

namespace wsfleet::cli {
namespace {

constexpr std::size_t kMaxCasesNamed = 3;

// The members that say what happened, and the place where it must be the same too.
using CauseKey =
    std::tuple<Outcome, Phase, FailureClass, std::string, std::string, SkipReason, Attribution, std::string>;

bool StandsAlone(const CaseResult& result) {
  if (!result.failure) return result.outcome != Outcome::kSkipped;
  return result.failure->phase == Phase::kMessage || result.failure->phase == Phase::kClose;
}

CauseKey KeyOf(const RunRecord& record, const CaseResult& result) {
  const bool has_place = result.failure && result.failure->range.known();
  const std::string place = !StandsAlone(result) ? ""
                            : has_place          ? ToString(result.failure->range)
                                                 : result.case_id.value();
  if (!result.failure)
    return {result.outcome,    Phase::kNone,       FailureClass::kNone, result.skip_detail,
            TriesText(result), result.skip_reason, Attribution::kNone,  place};
  const Failure& failure = *result.failure;
  const Evidence& evidence = failure.evidence;
  const std::string answer = fmt::format("{} {}", evidence.status.value_or(0), evidence.body_excerpt);
  const AttributedFailure* attributed = AttributionOf(record, result);
  return {result.outcome,
          failure.phase,
          failure.failure_class,
          WithoutTimes(failure.message),
          answer,
          SkipReason::kNone,
          attributed != nullptr ? attributed->attribution : Attribution::kNone,
          place};
}

}  // namespace

std::vector<Cause> Causes(const RunRecord& record, const std::vector<Finding>& findings) {
  std::vector<Cause> causes;
  std::map<CauseKey, std::size_t> places;
  for (const Finding& finding : findings) {
    const auto [place, is_new] = places.emplace(KeyOf(record, *finding.result), causes.size());
    if (is_new) causes.emplace_back();
    causes[place->second].findings.push_back(&finding);
  }
  return causes;
}

CauseLogs LogsOf(const Cause& cause) {
  const auto rank = [](const std::vector<LogExcerpt>& logs) {
    int best = 0;
    for (const LogExcerpt& log : logs) {
      if (!log.lines.empty()) best = std::max(best, log.same_request ? 2 : 1);
    }
    return best;
  };
  const CaseResult* of = &cause.result();
  std::string region;
  for (const Finding* finding : cause.findings) {
    for (const Finding::Seen& seen : finding->seen) {
      if (!seen.result->failure || rank(seen.result->failure->evidence.logs) <= rank(of->failure->evidence.logs))
        continue;
      of = seen.result;
      region = Printable(seen.shard->region.value());
    }
  }
  CauseLogs logs{&of->failure->evidence.logs, {}};
  if (of != &cause.result()) logs.whose = fmt::format("{} › {} in {}", of->suite, of->scenario, region);
  return logs;
}

std::string CaseList(const Cause& cause) {
  std::vector<std::string> names;
  for (const Finding* finding : cause.findings) {
    std::string name = fmt::format("{} › {}", finding->result->suite, finding->result->scenario);
    // One case may have several findings: another message in each region.
    if (std::ranges::find(names, name) == names.end()) names.push_back(std::move(name));
  }
  const std::size_t shown = std::min(names.size(), kMaxCasesNamed);
  std::string out =
      fmt::format("{}", fmt::join(names.begin(), names.begin() + static_cast<std::ptrdiff_t>(shown), ", "));
  return names.size() == shown ? out : out + fmt::format(" and {} more", names.size() - shown);
}

std::string RegionList(const Cause& cause) {
  std::vector<std::string> regions;
  for (const Finding* finding : cause.findings) {
    for (const std::string& region : finding->regions) {
      if (std::ranges::find(regions, region) == regions.end()) regions.push_back(region);
    }
  }
  return fmt::format("{}", fmt::join(regions, ", "));
}

}  // namespace wsfleet::cli
