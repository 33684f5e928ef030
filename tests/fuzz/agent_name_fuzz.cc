#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "core/base/agent_name.h"
#include "core/base/identifier.h"

// The URI of a certificate that some authority has signed: it names one agent, in names that are safe to show and to
// store, or none. What is accepted is written in one way only, so that two spellings never name the same agent.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace wsfleet;
  const std::string_view uri(reinterpret_cast<const char*>(data), size);
  const auto name = ParseAgentUri(uri);
  if (!name.ok()) return 0;
  if (AgentUri(*name) != uri) std::abort();
  if (!IsIdentifier(name->fleet.value()) || !IsIdentifier(name->region.value()) || !IsPoolName(name->pool.value())) {
    std::abort();
  }
  if (name->instance.empty()) return 0;
  if (!IsInstanceOf(name->pool, name->instance)) std::abort();
  if (!IsIdentifier(AgentIdOf(name->pool, name->instance).value())) std::abort();
  return 0;
}
