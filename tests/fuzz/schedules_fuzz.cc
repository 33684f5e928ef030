#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "core/base/source.h"
#include "core/schedule/parse_schedules.h"

// Any bytes as a file of schedules: parsing never throws, crashes or runs away; what is accepted has times, what is not
// says why.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const wsfleet::SchedulesResult result = wsfleet::ParseSchedules("fuzz.yaml", text);
  if (result.schedules.empty() && result.diagnostics.empty()) std::abort();
  for (const wsfleet::Diagnostic& diagnostic : result.diagnostics) {
    wsfleet::RenderDiagnostic(diagnostic, {{"fuzz.yaml", text}});
  }
  for (const wsfleet::ScheduleText& schedule : result.schedules) {
    if (!wsfleet::TickRule::Of(schedule.spec.timing).ok()) std::abort();
  }
  return 0;
}
