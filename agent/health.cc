#include "agent/health.h"

#include <sys/resource.h>

#include "agent/clock.h"
#include "proto/wire/convert.h"

namespace wsfleet::agent {
namespace {

absl::Duration CpuTime() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return absl::DurationFromTimeval(usage.ru_utime) + absl::DurationFromTimeval(usage.ru_stime);
}

}  // namespace

HealthMeter::HealthMeter() : last_read_(BootTime()), last_cpu_(CpuTime()) {}

v1::AgentHealth HealthMeter::Read(const engine::Engine& engine) {
  const SteadyTime now = BootTime();
  const absl::Duration cpu = CpuTime();
  const absl::Duration elapsed = now - last_read_;
  const engine::Engine::Health loop = engine.health();
  v1::AgentHealth health;
  if (elapsed > absl::ZeroDuration()) health.set_cpu(absl::FDivDuration(cpu - last_cpu_, elapsed));
  *health.mutable_loop_lag() = wire::ToWire(loop.loop_lag);
  health.set_open_sockets(loop.open_sockets);
  health.set_open_sessions(loop.open_sessions);
  last_read_ = now;
  last_cpu_ = cpu;
  return health;
}

}  // namespace wsfleet::agent
