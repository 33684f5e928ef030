#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "core/base/ids.h"

namespace wsfleet {

using PoolName = NameId<struct PoolNameTag>;  // agents that were let in by the same order, in one region of a fleet

// What a certificate says of an agent. Replicas of one deployment are instances of one pool.
struct AgentName {
  FleetName fleet;
  RegionName region;
  PoolName pool;
  std::string instance;  // empty, in a certificate that replicas share: any of the pool

  friend bool operator==(const AgentName&, const AgentName&) = default;
};

// 1 to 63 letters, digits, '_' or '-'. No dot, so that an agent's id has one reading.
bool IsPoolName(std::string_view text);

// Whether it may stand for an instance in the id of an agent of this pool: an identifier, and the id is one too.
bool IsInstanceOf(const PoolName& pool, std::string_view instance);

// "POOL.INSTANCE": what the agent is called in its fleet.
AgentId AgentIdOf(const PoolName& pool, std::string_view instance);

// "spiffe://wsfleet/fleet/F/region/R/pool/P/instance/I", without the last two where the name has no instance. The form
// of SPIFFE-ID, section 2.
std::string AgentUri(const AgentName& name);
inline constexpr std::string_view kAgentUriScheme = "spiffe://wsfleet/";

// The reverse. INVALID_ARGUMENT: what was expected, and what was found.
absl::StatusOr<AgentName> ParseAgentUri(std::string_view uri);

}  // namespace wsfleet
