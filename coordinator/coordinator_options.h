#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "coordinator/access/audit_log.h"
#include "coordinator/logs/log_permissions.h"
#include "coordinator/retention_settings.h"
#include "core/base/ids.h"
#include "core/policy/fleet_policy.h"

namespace wsfleet {
class SecretSources;
}
namespace wsfleet::monitoring {
class Metrics;
}

namespace wsfleet::coordinator {

struct CoordinatorOptions {
  std::string agent_listen = "127.0.0.1:7420";
  std::string client_listen = "127.0.0.1:7421";
  std::string enrol_listen;                         // where processes become agents; empty: nowhere
  std::string store = ":memory:";                   // or the path of a SQLite file, or postgres://…
  std::string replica;                              // of this process; empty: random
  std::string advertise_agents, advertise_clients;  // where others send whom this one's fleets are for; may be empty
  std::string state_directory;                      // of the secrets' key and of the own authority; empty: the store's
  std::string certificate, key, client_ca;          // of both listeners; client_ca: of the agents' certificates
  std::string development_ca;                       // directory of an ephemeral authority in place of the three
  bool own_ca = false;  // an authority of its own signs agents' certificates, and its own if none is given
  std::vector<std::string> server_names;  // in that one; empty: loopback, and the host's name
  absl::Duration agent_certificate_life = absl::Hours(24);
  absl::Duration tls_reload = absl::Seconds(10);  // how often the files of certificates are looked at
  bool unnamed_agents = false;                    // a certificate of client_ca is enough, whatever it names
  bool plaintext = false;                         // no TLS at all
  std::string client_token_file;
  std::shared_ptr<const SecretSources> secrets;  // that runs get without their submitters; null: none
  std::string oidc_file;                         // of issuers whose tokens are taken, too; empty: none
  FleetName fleet{"default"};
  absl::Duration lease_time = absl::Seconds(90);
  std::uint32_t max_attempts = 3;
  absl::Duration peer_limit = absl::Seconds(20);  // how long a client or an agent may keep its stream waiting
  std::optional<FleetPolicy> policy;              // of fleets that were given none; absent: by where the listeners are
  LogPermissions logs;
  RetentionSettings retention;
  monitoring::Metrics* metrics = nullptr;  // where it counts; null: nowhere. Outlives the coordinator.
  AuditLog::Settings audit;
};

// Where the own authority keeps its files.
std::string AuthorityDirectory(const std::string& state_directory);

}  // namespace wsfleet::coordinator
