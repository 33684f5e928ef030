#include "coordinator/security_event.h"

#include "core/base/text.h"
#include "spdlog/spdlog.h"

namespace wsfleet::coordinator {

void SecurityEvents::Record(const SecurityEvent& event) const {
  spdlog::log(event.outcome.ok() ? spdlog::level::info : spdlog::level::warn,
              "audit action={} fleet={} subject={} peer={} details=\"{}\" code={} reason=\"{}\"", event.action,
              Printable(event.fleet.value()), Printable(event.subject), event.peer, Printable(event.details),
              absl::StatusCodeToString(event.outcome.code()), Printable(ToStd(event.outcome.message())));
}

}  // namespace wsfleet::coordinator
