#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "cli/config/context_file.h"
#include "cli/config/environment.h"

// Where the coordinator is and how to prove oneself to it: flags, then WSFLEET_*, then ./wsfleet.yaml, then
// $XDG_CONFIG_HOME/wsfleet/config.yaml.
namespace wsfleet::cli {

inline constexpr int kClientPort = 7421;  // that of --client-listen, unless told otherwise

struct ConnectionFlags {
  std::string context;
  std::string coordinator;
  std::string ca_file;
  std::string token_file;
  std::string fleet;
};

struct Endpoint {
  std::string address;  // host:port, several with commas between them; empty: none is configured
  std::string ca_file;
  std::string token_file;
  std::string token;  // over token_file
  std::string fleet = "default";
  // Who named them: "--coordinator", "WSFLEET_CA", "context staging of ./wsfleet.yaml".
  std::string source, ca_source, token_source, fleet_source;
};

// The files that are read, in the order in which they win. `dev` is what `wsfleet dev` leaves for other terminals.
struct ConfigPaths {
  std::string project;
  std::string user;
  std::string dev;
  bool user_is_named = false;  // by WSFLEET_CONFIG: whoever names a file has one
};
ConfigPaths FindConfigPaths(const Environment& environment);

// "a, b:1" → "a:7421,b:1". A host alone means the usual client listener; gRPC would try port 443 of it. Names in a
// scheme of gRPC's ("unix:…") are left to it. INVALID_ARGUMENT: what is not host:port, with who named it (`source`).
absl::StatusOr<std::string> ParseAddresses(const std::string& addresses, std::string_view source);

// An endpoint without an address if nothing is configured. Credentials of a file go only to the address that stands
// beside them: whoever gives the address by a flag or WSFLEET_COORDINATOR gives the authority and the token, too.
// INVALID_ARGUMENT: a file or an address that cannot be understood. NOT_FOUND: no such context, with those that there
// are; no such file, where WSFLEET_CONFIG names it.
absl::StatusOr<Endpoint> FindEndpoint(const ConnectionFlags& flags, const Environment& environment,
                                      const ConfigPaths& paths);

// INVALID_ARGUMENT: somebody named a fleet, a token or an authority, but no coordinator, and so means one: what runs on
// this machine instead would prove nothing.
absl::Status CheckNoneIsMeant(const Endpoint& endpoint, const Environment& environment);

// All contexts, with the file of each; a name that stands in two files is that of the first.
struct KnownContext {
  Context context;
  std::string file;
  bool is_current = false;
};
absl::StatusOr<std::vector<KnownContext>> ListContexts(const ConnectionFlags& flags, const Environment& environment,
                                                       const ConfigPaths& paths);

}  // namespace wsfleet::cli
