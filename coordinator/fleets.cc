#include "coordinator/fleets.h"

#include <future>
#include <string_view>
#include <utility>

#include "boost/asio/post.hpp"
#include "core/base/text.h"
#include "fmt/format.h"

namespace wsfleet::coordinator {
namespace {

std::string_view StateName(fleet::AgentView::State state) {
  switch (state) {
    case fleet::AgentView::State::kConnected:
      return "connected";
    case fleet::AgentView::State::kDraining:
      return "draining";
    case fleet::AgentView::State::kDrained:
      return "drained";
    case fleet::AgentView::State::kLost:
      return "lost";
    case fleet::AgentView::State::kQuarantined:
      return "quarantined";
  }
  return "";
}

}  // namespace

Fleets::Fleets(boost::asio::io_context& context, Settings settings, Stores stores, const SecretBox& secrets)
    : settings_(std::move(settings)), stores_(stores), secrets_(secrets), strand_(boost::asio::make_strand(context)) {}

FleetHost& Fleets::Add(const FleetName& fleet) { return AddUnit(fleet).host; }

void Fleets::Own(const store::Ownership& ownership, SteadyTime until) {
  Unit& unit = AddUnit(ownership.fleet);
  unit.host.Own(ownership, until);
  unit.retention.Visit(ownership, unit.host.store_thread());
}

Fleets::Unit& Fleets::AddUnit(const FleetName& fleet) {
  const std::lock_guard lock(mutex_);
  std::unique_ptr<Unit>& unit = units_[fleet];
  if (unit == nullptr) unit = std::make_unique<Unit>(strand_, fleet, settings_, stores_, secrets_);
  return *unit;
}

absl::StatusOr<FleetHost*> Fleets::Find(const std::string& fleet) {
  const std::lock_guard lock(mutex_);
  const auto found = units_.find(fleet.empty() ? settings_.usual : FleetName(fleet));
  if (found != units_.end()) return &found->second->host;
  std::string known;
  for (const auto& [name, unit] : units_) known += fmt::format("{}\"{}\"", known.empty() ? "" : ", ", name.value());
  return absl::NotFoundError(fmt::format("no fleet \"{}\"; there is {}", Printable(fleet), known));
}

std::vector<Fleets::Unit*> Fleets::All() {
  const std::lock_guard lock(mutex_);
  std::vector<Unit*> all;
  for (const auto& [name, unit] : units_) all.push_back(unit.get());
  return all;
}

void Fleets::NoteStore(const absl::Status& status) {
  for (Unit* unit : All()) unit->host.NoteStore(status);
}

void Fleets::CheckAgents() {
  boost::asio::post(strand_, [this] {
    for (Unit* unit : All()) unit->host.EndRefused();
  });
}

void Fleets::Report(std::function<void(std::vector<std::string>)> answer) {
  boost::asio::post(strand_, [this, answer = std::move(answer)] {
    std::map<monitoring::Metrics::Values, double> agents, waiting, stopped;
    std::vector<std::string> obstacles;
    bool any_serves = false;
    for (Unit* unit : All()) {
      const std::string& name = unit->host.name().value();
      const FleetStanding standing = unit->host.Standing();
      if (!standing.status.ok()) {
        obstacles.push_back(fmt::format("fleet {}: {}", name, ToStd(standing.status.message())));
      }
      if (!standing.ours || !standing.status.ok()) continue;
      any_serves = true;
      for (const auto& [place, count] : standing.census.agents) {
        agents[{name, place.first.value(), std::string(StateName(place.second))}] = static_cast<double>(count);
      }
      stopped[{name}] = standing.census.stopped ? 1 : 0;
      waiting[{name}] = static_cast<double>(standing.census.waiting);
    }
    if (monitoring::Metrics* const metrics = settings_.metrics) {
      metrics->SetAll(monitoring::Metric::kAgents, agents);
      metrics->SetAll(monitoring::Metric::kQueueDepth, waiting);
      metrics->SetAll(monitoring::Metric::kFleetStopped, stopped);
      // What has not risen yet can be seen to rise.
      for (const auto& [fleet, count] : waiting) metrics->Add(monitoring::Metric::kScheduleMissed, fleet, 0);
    }
    if (any_serves) obstacles.clear();
    answer(std::move(obstacles));
  });
}

void Fleets::StopHosts() {
  for (Unit* unit : All()) {
    std::promise<void> stopped;
    unit->host.Stop([&stopped] { stopped.set_value(); });
    stopped.get_future().wait();
  }
}

void Fleets::StopThreads() {
  for (Unit* unit : All()) {
    unit->logs.Stop();
    unit->host.store_thread().Stop();
  }
}

}  // namespace wsfleet::coordinator
