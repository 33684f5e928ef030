#include <algorithm>
#include <set>
#include <tuple>
#include <utility>

#include "core/verdict/summary.h"
#include "fmt/format.h"

// Whose fault a failure is, from which regions, agents and vantages saw it and which did not.
namespace wsfleet {
namespace {

using Signature = std::tuple<std::string, std::string, Phase, FailureClass>;  // suite, scenario, phase, class

struct Sighting {
  const RegionResult* region = nullptr;
  const CaseResult* result = nullptr;
};

// Agents that do not say where they stand are each a vantage of their own only as far as their names differ.
std::string VantageOf(const RegionResult& region) {
  return region.vantage.empty() ? region.agent.value() : region.vantage;
}

std::vector<RegionName> RegionsOf(const std::vector<Sighting>& sightings) {
  std::set<RegionName> regions;
  for (const Sighting& sighting : sightings) regions.insert(sighting.region->region);
  return {regions.begin(), regions.end()};
}

std::string Join(const std::vector<RegionName>& regions) {
  std::string out;
  for (std::size_t i = 0; i < regions.size(); ++i) {
    if (i > 0) out += i + 1 == regions.size() ? " and " : ", ";
    out += regions[i].value();
  }
  return out;
}

std::vector<Sighting> WherePassed(std::span<const RegionResult> regions, const Signature& signature,
                                  std::uint32_t repeat) {
  std::vector<Sighting> passed;
  for (const RegionResult& region : regions) {
    for (const CaseResult& result : region.cases) {
      if (result.outcome == Outcome::kPassed && result.suite == std::get<0>(signature) &&
          WithoutRound(result.scenario, repeat) == std::get<1>(signature)) {
        passed.push_back({&region, &result});
      }
    }
  }
  return passed;
}

// One agent failed where another agent of the same region passed, and it failed nowhere else.
const RegionResult* LoneAgent(const std::vector<Sighting>& failed, const std::vector<Sighting>& passed) {
  const RegionResult* lone = failed.front().region;
  for (const Sighting& sighting : failed) {
    if (sighting.region->agent != lone->agent) return nullptr;
  }
  for (const Sighting& sighting : passed) {
    if (sighting.region->region == lone->region && sighting.region->agent != lone->agent) return lone;
  }
  return nullptr;
}

// A vantage that saw both, so that it is not the path that makes the difference; empty if there is none.
std::string SharedVantage(const std::vector<Sighting>& failed, const std::vector<Sighting>& passed) {
  std::set<std::string> good;
  for (const Sighting& sighting : passed) good.insert(VantageOf(*sighting.region));
  for (const Sighting& sighting : failed) {
    if (good.contains(VantageOf(*sighting.region))) return VantageOf(*sighting.region);
  }
  return {};
}

// How many sessions failed, of how many, in all tries.
struct Rate {
  std::uint64_t failed = 0, all = 0;
};

Rate RateOf(const CaseResult& result) {
  // Where it is not said how many sessions of an earlier try failed, all did: else there would be no other try.
  const std::uint32_t unsaid = (std::max(result.tries, 1U) - 1) * result.sessions;
  const EarlierSessions earlier = result.earlier_sessions.value_or(EarlierSessions{unsaid, unsaid});
  const std::uint32_t last = result.outcome == Outcome::kPassed ? 0 : std::max(result.failed_sessions, 1U);
  return {std::uint64_t{earlier.failed} + last, std::uint64_t{earlier.all} + result.sessions};
}

Rate RateOf(const std::vector<Sighting>& failed, const std::vector<Sighting>& passed) {
  Rate rate;
  const auto add = [&](const std::vector<Sighting>& sightings) {
    for (const Sighting& sighting : sightings) {
      const Rate one = RateOf(*sighting.result);
      rate.failed += one.failed;
      rate.all += one.all;
    }
  };
  add(failed);
  add(passed);
  return rate;
}

// Sessions failed and succeeded within the same try.
bool FailedInPart(const Sighting& sighting) {
  return sighting.result->failed_sessions > 0 && sighting.result->failed_sessions < sighting.result->sessions;
}

// Whether it saw this failure come and go by itself: in part of its sessions, or in some of its tries.
bool SawBoth(const Sighting& sighting, const Signature& signature) {
  if (FailedInPart(sighting)) return true;
  const CaseResult& result = *sighting.result;
  const Rate rate = RateOf(result);
  if (rate.failed == 0 || rate.failed >= rate.all) return false;
  const auto is_this = [&](const Failure& failure) {
    return failure.phase == std::get<2>(signature) && failure.failure_class == std::get<3>(signature);
  };
  // Older agents do not say what a try that was followed by a pass has found.
  return result.outcome == Outcome::kPassed
             ? result.earlier_failures.empty() || std::ranges::any_of(result.earlier_failures, is_this)
             : std::ranges::all_of(result.earlier_failures, is_this);
}

// Where that was; empty if nowhere.
std::string VantageThatSawBoth(const std::vector<Sighting>& failed, const std::vector<Sighting>& passed,
                               const Signature& signature) {
  for (const auto* sightings : {&failed, &passed}) {
    for (const Sighting& sighting : *sightings) {
      if (SawBoth(sighting, signature)) return VantageOf(*sighting.region);
    }
  }
  return {};
}

// The one credential that every case that failed was turned away with and that was let in nowhere, while at each
// endpoint that turned it away another one was let in; empty if there is none.
struct CredentialFinding {
  std::string turned_away, let_in;
};
CredentialFinding BlamedCredential(const std::vector<Sighting>& failed, std::span<const RegionResult> regions) {
  std::set<std::string> accepted;
  std::map<std::string, std::string> let_in;  // by endpoint
  for (const RegionResult& region : regions) {
    for (const CaseResult& result : region.cases) {
      for (const CredentialUse& use : result.credentials) {
        if (!use.accepted) continue;
        accepted.insert(use.name);
        let_in.emplace(use.endpoint, use.name);
      }
    }
  }
  CredentialFinding finding;
  for (const Sighting& sighting : failed) {
    if (sighting.result->credentials.empty()) return {};
    for (const CredentialUse& use : sighting.result->credentials) {
      const auto other = let_in.find(use.endpoint);
      const bool another_one = !finding.turned_away.empty() && finding.turned_away != use.name;
      if (another_one || other == let_in.end() || accepted.contains(use.name)) return {};
      finding = {use.name, other->second};
    }
  }
  return finding;
}

// What a credential can be the reason for: being turned away.
bool MayBeTheCredential(FailureClass failure) {
  return failure == FailureClass::kAuth || failure == FailureClass::kUpgradeRefused4xx ||
         failure == FailureClass::kUpgradeRefused5xx || failure == FailureClass::kHttpStatus ||
         failure == FailureClass::kClose;
}

void AddPeers(AttributedFailure& failure, const std::vector<Sighting>& failed, const std::vector<Sighting>& passed) {
  const auto peers = [](const std::vector<Sighting>& sightings) {
    std::set<std::string> addresses;
    for (const Sighting& sighting : sightings) {
      if (!sighting.result->proof.peer_address.empty()) addresses.insert(sighting.result->proof.peer_address);
    }
    return addresses;
  };
  const std::set<std::string> bad = peers(failed), good = peers(passed);
  if (bad.empty() || good.empty() || bad == good) return;
  failure.rests_on.push_back(
      {fmt::format("path or endpoint {}: where it passed, {} answered", *bad.begin(), *good.begin())});
}

Attribution Intermittent(AttributedFailure& failure, std::string_view who, const std::vector<Sighting>& failed,
                         const std::vector<Sighting>& passed) {
  const Rate rate = RateOf(failed, passed);
  failure.rests_on.push_back(
      {fmt::format("{} saw it fail and pass: {} of {} sessions failed", who, rate.failed, rate.all)});
  return Attribution::kIntermittent;
}

Attribution Undetermined(AttributedFailure& failure, std::string why) {
  failure.rests_on.push_back({why});
  failure.undetermined_for = std::move(why);
  return Attribution::kUndetermined;
}

// Nobody passed: whether it is the target, or the way to it from where the agents stand.
Attribution DecideByVantages(AttributedFailure& failure, const std::string& vantage) {
  failure.rests_on.push_back(
      {fmt::format("it passed nowhere; {} vantage{} saw it", failure.vantages, failure.vantages == 1 ? "" : "s")});
  if (failure.failure_class == FailureClass::kProxy) {
    return Undetermined(failure, "the proxy says nothing of the target behind it");
  }
  if (!IsSilence(failure.failure_class)) {
    failure.rests_on.push_back({"the target itself answered so"});
    return Attribution::kTarget;
  }
  if (failure.vantages >= 2) return Attribution::kTarget;
  return Undetermined(failure, failure.agents > 1
                                   ? fmt::format("all {} agents stand on one host, {}", failure.agents, vantage)
                                   : "one agent alone cannot tell the target from the way to it");
}

Attribution Decide(AttributedFailure& failure, const Signature& signature, const std::vector<Sighting>& failed,
                   const std::vector<Sighting>& passed, std::span<const RegionResult> regions) {
  const auto is_limit = [](const Sighting& sighting) { return sighting.result->failure->beyond_limit; };
  if (std::ranges::all_of(failed, is_limit)) {
    return Undetermined(failure, "what came goes beyond a limit, as the message says, so nobody can judge it");
  }
  if (failure.failure_class == FailureClass::kConfig || failure.failure_class == FailureClass::kGuard) {
    return Attribution::kConfiguration;
  }
  if (failure.failure_class == FailureClass::kAgent) return Attribution::kSingleAgent;
  if (IsOurs(failure.failure_class)) return Undetermined(failure, "it says nothing of the target");
  if (MayBeTheCredential(failure.failure_class)) {
    const CredentialFinding finding = BlamedCredential(failed, regions);
    if (!finding.turned_away.empty()) {
      failure.rests_on.push_back(
          {fmt::format("credential {} was turned away each time, while {} was let in at the same place",
                       finding.turned_away, finding.let_in)});
      return Attribution::kConfiguration;
    }
  }
  if (std::ranges::all_of(failed, FailedInPart)) return Intermittent(failure, "each try", failed, passed);
  // What comes and goes at one place is not explained by the way from another one.
  if (const std::string both = VantageThatSawBoth(failed, passed, signature); !both.empty()) {
    return Intermittent(failure, fmt::format("vantage {}", both), failed, passed);
  }
  if (!passed.empty()) {
    failure.rests_on.push_back({fmt::format("it passed in {}", Join(RegionsOf(passed)))});
    if (const RegionResult* lone = LoneAgent(failed, passed)) {
      failure.rests_on.push_back(
          {fmt::format("agent {} alone in {} saw it", lone->agent.value(), lone->region.value())});
      return Attribution::kSingleAgent;
    }
    if (const std::string both = SharedVantage(failed, passed); !both.empty()) {
      return Intermittent(failure, fmt::format("vantage {}", both), failed, passed);
    }
    AddPeers(failure, failed, passed);
    return Attribution::kRegionPath;
  }
  return DecideByVantages(failure, VantageOf(*failed.front().region));
}

}  // namespace

std::string WithoutRound(const std::string& scenario, std::uint32_t repeat) {
  if (repeat <= 1) return scenario;
  const std::size_t mark = scenario.rfind(" #");
  const bool round = mark != std::string::npos && mark + 2 < scenario.size() &&
                     scenario.find_first_not_of("0123456789", mark + 2) == std::string::npos;
  return round ? scenario.substr(0, mark) : scenario;
}

std::vector<AttributedFailure> Attribute(std::span<const RegionResult> regions, std::uint32_t repeat) {
  std::map<Signature, std::vector<Sighting>> failures;
  std::vector<Signature> order;  // as first seen: that of the plan
  for (const RegionResult& region : regions) {
    for (const CaseResult& result : region.cases) {
      const bool bad = result.outcome == Outcome::kFailed || result.outcome == Outcome::kInconclusive;
      if (!bad || !result.failure) continue;
      const Signature signature{result.suite, WithoutRound(result.scenario, repeat), result.failure->phase,
                                result.failure->failure_class};
      std::vector<Sighting>& sightings = failures[signature];
      if (sightings.empty()) order.push_back(signature);
      sightings.push_back({&region, &result});
    }
  }
  std::vector<AttributedFailure> attributed;
  for (const Signature& signature : order) {
    const std::vector<Sighting>& failed = failures[signature];
    AttributedFailure& failure = attributed.emplace_back();
    std::tie(failure.suite, failure.scenario, failure.phase, failure.failure_class) = signature;
    failure.regions = RegionsOf(failed);
    failure.rests_on.push_back(
        {fmt::format("{} in {}", FailureClassName(failure.failure_class), Join(failure.regions))});
    std::set<std::string> agents, vantages;
    for (const Sighting& sighting : failed) {
      agents.insert(sighting.region->agent.value());
      vantages.insert(VantageOf(*sighting.region));
    }
    failure.agents = agents.size();
    failure.vantages = vantages.size();
    failure.attribution = Decide(failure, signature, failed, WherePassed(regions, signature, repeat), regions);
  }
  return attributed;
}

}  // namespace wsfleet
