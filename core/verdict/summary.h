#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/base/ids.h"
#include "core/verdict/result.h"

// From case results to the verdict of a job: one truth table, in one place.
namespace wsfleet {

struct Counts {
  std::uint32_t passed = 0, failed = 0, inconclusive = 0, skipped = 0, flaky = 0;
  std::uint32_t total() const { return passed + failed + inconclusive + skipped; }
};

// What is known of one region when the shard of an agent there has ended. Several of one region are several agents.
struct RegionResult {
  RegionName region;
  AgentId agent;        // that ran it last; empty if none did
  std::string vantage;  // agents of one vantage are one observation
  std::vector<CaseResult> cases;
  std::vector<CaseId> missing;  // planned, and without a result
  std::string missing_reason;   // "no agent within 30s", "agent eu-1 was lost 3 times"
};

struct Observation {
  std::string text;  // "upgrade-refused-5xx in eu-west-1, us-east-1 and ap-south-1"
};

struct AttributedFailure {
  std::string suite;
  std::string scenario;  // without its round
  Phase phase = Phase::kNone;
  FailureClass failure_class = FailureClass::kNone;
  std::vector<RegionName> regions;
  Attribution attribution = Attribution::kUndetermined;
  std::vector<Observation> rests_on;
  std::size_t agents = 0, vantages = 0;  // that saw it
  std::string undetermined_for;          // why nobody is meant: "all 3 agents stand on one host, vm"
};

enum class JobVerdict { kPassed, kFailed, kInconclusive, kTimedOut, kCancelled };
std::string_view JobVerdictName(JobVerdict verdict);
std::optional<JobVerdict> ParseJobVerdict(std::string_view name);

// How the run ended apart from its results.
struct Ending {
  bool deadline_passed = false;
  bool cancelled = false;
  std::string why = {};  // in the words of who ended it; empty: it is not known
};

struct JobSummary {
  JobVerdict verdict = JobVerdict::kInconclusive;
  Counts counts;  // a planned case without a result is inconclusive
  std::map<RegionName, Outcome> regions;
  std::vector<AttributedFailure> failures;
  std::vector<std::string> reasons;  // why it is not a pass: "us-east-1: no agent within 30s"; "every case was skipped"
};

// `require`: how many regions must pass; absent: all. `repeat`: of the run's selection. A region is all of its agents
// together. region: any failed → failed; else any inconclusive or missing → inconclusive; else any passed → passed;
// else skipped. job: cancelled → kCancelled; more regions failed than `require` leaves room for → kFailed; deadline →
// kTimedOut; too few regions passed → kInconclusive; nothing passed at all → kInconclusive; agents chose different
// targets for one suite → kInconclusive; else kPassed.
JobSummary Summarise(std::span<const RegionResult> regions, std::optional<std::uint32_t> require, const Ending& ending,
                     std::uint32_t repeat = 1);

// Exit code of ux.md: 0, 1, 3, 124, 130.
int ExitCode(JobVerdict verdict);

// The name of the scenario that a case is of. Where each case runs `repeat` times, more than once, "name #2" is its
// second round; else that is a name like any other.
std::string WithoutRound(const std::string& scenario, std::uint32_t repeat);

// Who a failure is attributed to, from which regions and vantages saw what. Pure. Rounds of one scenario are the same
// seen again.
std::vector<AttributedFailure> Attribute(std::span<const RegionResult> regions, std::uint32_t repeat = 1);

}  // namespace wsfleet
