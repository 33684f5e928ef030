#include "coordinator/fleets.h"

#include <future>
#include <utility>

#include "fmt/format.h"

namespace wsfleet::coordinator {

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
  return absl::NotFoundError(fmt::format("no fleet \"{}\"; there is {}", fleet, known));
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
