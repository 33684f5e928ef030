#include <utility>

#include "boost/asio/post.hpp"
#include "coordinator/fleet_host.h"
#include "core/base/text.h"
#include "fmt/format.h"
#include "proto/wire/bundle.h"
#include "proto/wire/limits.h"
#include "spdlog/spdlog.h"

// What an agent is told to run, and the secrets that go along.
namespace wsfleet::coordinator {

void FleetHost::On(const fleet::SendAssignment& effect) {
  auto secrets =
      secrets_.Open(SecretOwner::Of(name(), effect.lease.shard.job, *effect.spec), effect.spec->sealed_secrets);
  if (!secrets.ok()) return Withhold(effect.lease, ToStd(secrets.status().message()));
  FleetSecrets* const kept = settings_.secrets;
  const AgentSink* const sink = streams_.SinkOf(effect.stream);
  // An agent that does not mind where they go is not given them.
  const bool wants = !effect.spec->secrets_of_fleet.empty() && sink != nullptr && sink->keeps_secret_hosts;
  if (kept == nullptr || kept->empty() || !wants) return Assign(effect, {*std::move(secrets), {}});
  auto all = std::make_shared<KeptSecrets>(KeptSecrets{*std::move(secrets), {}});
  const bool posted = kept->Read(name(), effect.spec->secrets_of_fleet, [this, effect, all](KeptSecrets read) {
    all->values.merge(std::move(read.values));
    all->unread = std::move(read.unread);
    boost::asio::post(strand_, [this, effect, all] { Assign(effect, std::move(*all)); });
  });
  if (!posted) Withhold(effect.lease, "too many leases wait for the secrets that this coordinator keeps");
}

void FleetHost::Assign(const fleet::SendAssignment& effect, KeptSecrets secrets) {
  // The stream may have ended while they were read. The agent shows at its next hello what it holds.
  const AgentSink* const sink = streams_.SinkOf(effect.stream);
  if (sink == nullptr) return;
  if (!secrets.values.empty() && !sink->is_private) {
    return Withhold(effect.lease, fmt::format("agent {} is connected in plain text, and not on this machine",
                                              effect.lease.agent.value()));
  }
  v1::CoordinatorMessage message = ToMessage(effect, Times(), secrets.values);
  for (std::string& name : secrets.unread) message.mutable_assignment()->add_unread_secrets(std::move(name));
  if (const std::size_t bytes = message.ByteSizeLong(); bytes > wire::kMaxMessageBytes) {
    return Withhold(effect.lease, fmt::format("with them an assignment takes {} bytes, the limit is {}", bytes,
                                              wire::kMaxMessageBytes));
  }
  spdlog::info("shard assigned job={} shard={} lease={} attempt={} agent={}", effect.lease.shard.job.value(),
               effect.lease.shard.index.value(), effect.lease.id.value(), effect.lease.attempt,
               effect.lease.agent.value());
  logs_.OnAssigned(effect.lease.shard.job, *effect.spec);
  streams_.NoteLease(effect.stream, effect.lease.id, effect.lease.shard);
  // A round trip less for the agent, and thousands of calls less where a whole fleet gets the same.
  if (effect.spec->bundle_bytes <= wire::kMaxInlineBundleBytes &&
      streams_.NoteBundle(effect.stream, effect.spec->bundle)) {
    const Bundles::Canonical canonical = bundles_.Find(effect.spec->bundle);
    if (canonical != nullptr) message.mutable_assignment()->set_bundle_content(*canonical);
  }
  streams_.Send(effect.stream, std::move(message));
}

void FleetHost::Withhold(const LeaseRecord& lease, std::string_view why) {
  spdlog::error("shard not sent job={} shard={} lease={} reason=secret-lost detail=\"{}\"", lease.shard.job.value(),
                lease.shard.index.value(), lease.id.value(), why);
  Apply(fleet::SecretLost{lease.id, std::string(why)});
}

}  // namespace wsfleet::coordinator
