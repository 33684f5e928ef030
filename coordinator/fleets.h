#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "coordinator/fleet_host.h"
#include "coordinator/retention.h"

namespace wsfleet::coordinator {

// Every fleet that this process knows of, ours or not. They share a strand. Any thread; a host lives as long as this.
class Fleets {
 public:
  struct Settings {
    FleetName usual;  // that of a request that names none
    fleet::FleetSettings fleet;
    LogPermissions logs;
    RetentionSettings retention;
    monitoring::Metrics* metrics = nullptr;  // as FleetHostSettings
    FleetSecrets* secrets = nullptr;         // the same
  };
  // Of these, all outlive it.
  struct Stores {
    store::FleetStore& fleets;
    store::JobReader& jobs;
    store::BundleStore& bundles;
    Bundles& kept_bundles;
    store::RetentionStore& retention;
  };
  Fleets(boost::asio::io_context& context, Settings settings, Stores stores, const SecretBox& secrets);

  FleetStrand& strand() { return strand_; }
  const FleetName& usual() const { return settings_.usual; }
  // Of a fleet that was given none.
  const FleetPolicy& default_policy() const { return settings_.fleet.policy; }

  // Made if it is not known yet.
  FleetHost& Add(const FleetName& fleet);
  // As FleetHost::NoteStore(), of all of them.
  void NoteStore(const absl::Status& status);

  // Who may be an agent has changed: streams of those that would not be let in now end.
  void CheckAgents();

  // It is ours until then, at least: as FleetHost::Own(). What is not kept of it any more is removed meanwhile.
  void Own(const store::Ownership& ownership, SteadyTime until);

  // NOT_FOUND: with those that there are.
  absl::StatusOr<FleetHost*> Find(const std::string& fleet);

  // Brings the gauges of all fleets up to date, then answers on the strand with why nobody can be served: nothing if
  // any fleet of ours is, or if none is ours and the store answers.
  void Report(std::function<void(std::vector<std::string>)> answer);

  // Ends streams and requests of all of them; returns when nothing runs on the strand any more for them.
  void StopHosts();
  // After that: finishes what is being committed or read.
  void StopThreads();

 private:
  struct Unit {
    Unit(const FleetStrand& strand, const FleetName& name, const Settings& settings, const Stores& stores,
         const SecretBox& secrets)
        : logs(name, settings.logs, stores.jobs, stores.bundles, secrets, settings.secrets),
          retention(name, stores.retention, settings.retention),
          host(strand, {name, settings.fleet, settings.metrics, settings.secrets}, stores.fleets, secrets,
               stores.kept_bundles, logs) {}
    ServerLogs logs;
    Retention retention;
    FleetHost host;  // last: its store's thread works for the retention
  };

  Unit& AddUnit(const FleetName& fleet);
  std::vector<Unit*> All();

  const Settings settings_;
  const Stores stores_;
  const SecretBox secrets_;
  FleetStrand strand_;
  std::mutex mutex_;
  std::map<FleetName, std::unique_ptr<Unit>> units_;
};

}  // namespace wsfleet::coordinator
