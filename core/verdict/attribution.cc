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

std::vector<Sighting> WherePassed(std::span<const RegionResult> regions, const Signature& signature) {
  std::vector<Sighting> passed;
  for (const RegionResult& region : regions) {
    for (const CaseResult& result : region.cases) {
      if (result.outcome == Outcome::kPassed && result.suite == std::get<0>(signature) &&
          result.scenario == std::get<1>(signature)) {
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
  for (const Sighting& bad : failed) {
    for (const Sighting& good : passed) {
      if (VantageOf(*bad.region) == VantageOf(*good.region)) return VantageOf(*bad.region);
    }
  }
  return {};
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

Attribution Decide(AttributedFailure& failure, const std::vector<Sighting>& failed,
                   const std::vector<Sighting>& passed) {
  if (failure.failure_class == FailureClass::kConfig || failure.failure_class == FailureClass::kGuard) {
    return Attribution::kConfiguration;
  }
  if (failure.failure_class == FailureClass::kAgent) return Attribution::kSingleAgent;
  if (IsOurs(failure.failure_class)) return Attribution::kUndetermined;
  if (!passed.empty()) {
    failure.rests_on.push_back({fmt::format("it passed in {}", Join(RegionsOf(passed)))});
    if (const RegionResult* lone = LoneAgent(failed, passed)) {
      failure.rests_on.push_back(
          {fmt::format("agent {} alone in {} saw it", lone->agent.value(), lone->region.value())});
      return Attribution::kSingleAgent;
    }
    if (const std::string both = SharedVantage(failed, passed); !both.empty()) {
      failure.rests_on.push_back({fmt::format("vantage {} saw it fail and pass", both)});
      return Attribution::kIntermittent;
    }
    AddPeers(failure, failed, passed);
    return Attribution::kRegionPath;
  }
  std::set<std::string> vantages;
  for (const Sighting& sighting : failed) vantages.insert(VantageOf(*sighting.region));
  failure.rests_on.push_back(
      {fmt::format("it passed nowhere; {} vantage{} saw it", vantages.size(), vantages.size() == 1 ? "" : "s")});
  if (!IsSilence(failure.failure_class)) {
    failure.rests_on.push_back({"the target itself answered so"});
    return Attribution::kTarget;
  }
  return vantages.size() >= 2 ? Attribution::kTarget : Attribution::kUndetermined;
}

}  // namespace

std::vector<AttributedFailure> Attribute(std::span<const RegionResult> regions) {
  std::map<Signature, std::vector<Sighting>> failures;
  std::vector<Signature> order;  // as first seen: that of the plan
  for (const RegionResult& region : regions) {
    for (const CaseResult& result : region.cases) {
      const bool bad = result.outcome == Outcome::kFailed || result.outcome == Outcome::kInconclusive;
      if (!bad || !result.failure) continue;
      const Signature signature{result.suite, result.scenario, result.failure->phase, result.failure->failure_class};
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
    failure.attribution = Decide(failure, failed, WherePassed(regions, signature));
  }
  return attributed;
}

}  // namespace wsfleet
