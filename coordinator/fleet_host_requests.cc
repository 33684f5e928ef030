#include <utility>

#include "boost/asio/post.hpp"
#include "coordinator/fleet_host.h"
#include "core/base/text.h"
#include "fmt/format.h"
#include "spdlog/spdlog.h"

// What clients ask of a fleet.
namespace wsfleet::coordinator {

void FleetHost::Submit(const JobId& proposed, JobSpec spec, SubmitAnswer answer) {
  boost::asio::post(strand_, [this, proposed, spec = std::move(spec), answer = std::move(answer)]() mutable {
    if (!machine_) return answer(NotHere(), {}, false);
    const auto request = requests_.Await(std::move(answer));
    if (!request) return;
    RunKey key = spec.key;
    ApplyWithKey(fleet::SubmitRequested{*request, proposed, std::move(spec)}, key);
  });
}

void FleetHost::Trigger(const JobId& proposed, const ScheduleName& schedule, RunKey key, SubmitAnswer answer) {
  boost::asio::post(strand_, [this, proposed, schedule, key = std::move(key), answer = std::move(answer)]() mutable {
    if (!machine_) return answer(NotHere(), {}, false);
    const auto request = requests_.Await(std::move(answer));
    if (request) ApplyWithKey(fleet::TriggerRequested{*request, proposed, schedule, key}, key);
  });
}

template <typename Event>
void FleetHost::ApplyWithKey(Event event, const RunKey& key) {
  if (key.empty()) return Apply(event);
  const fleet::RequestId request = event.request;
  // Behind the commits that are queued. Of those that follow, the machine hears after this.
  const bool taken = store_thread_.Run([this, ownership = *tenure_.ours, event = std::move(event), key]() mutable {
    boost::asio::post(strand_, [this, event = std::move(event), stored = store_.FindRun(ownership, key)]() mutable {
      // Meanwhile the machine may have been discarded, and whoever asked it been answered.
      if (!requests_.IsWaiting(event.request)) return;
      if (!stored.ok()) {
        const absl::Status& why = stored.status();
        return requests_.Answer(event.request, absl::IsAborted(why) ? absl::UnavailableError(why.message()) : why);
      }
      event.stored = *std::move(stored);
      Apply(event);
    });
  });
  if (!taken) requests_.Answer(request, absl::UnavailableError("the store's queue is full; try again"));
}

void FleetHost::AskSchedule(fleet::ScheduleRequest what, ScheduleAnswer answer) {
  boost::asio::post(strand_, [this, what = std::move(what), answer = std::move(answer)]() mutable {
    if (!machine_) {
      fleet::AnswerSchedule refusal;
      refusal.status = NotHere();
      return answer(refusal);
    }
    const auto request = requests_.AwaitSchedule(std::move(answer));
    if (request) Apply(fleet::ScheduleRequested{*request, std::move(what)});
  });
}

void FleetHost::SetPolicy(FleetPolicy policy, std::optional<std::uint64_t> expected_version, bool dry_run,
                          PolicyAnswer answer) {
  boost::asio::post(
      strand_, [this, policy = std::move(policy), expected_version, dry_run, answer = std::move(answer)]() mutable {
        if (!machine_) {
          fleet::AnswerSetPolicy refusal;
          refusal.status = NotHere();
          return answer(refusal);
        }
        const auto request = requests_.AwaitPolicy(std::move(answer));
        if (request) Apply(fleet::SetPolicy{*request, std::move(policy), expected_version, dry_run});
      });
}

void FleetHost::Cancel(const JobId& job, std::string reason, StatusAnswer answer) {
  boost::asio::post(strand_, [this, job, reason = std::move(reason), answer = std::move(answer)]() mutable {
    if (!machine_) return answer(NotHere());
    if (const auto status = recollection_.CheckNotAside(job); !status.ok()) return answer(status);
    const auto request = requests_.Await(std::move(answer));
    if (request) Apply(fleet::CancelRequested{*request, job, std::move(reason)});
  });
}

void FleetHost::SetDrained(std::vector<AgentId> agents, RegionName region, bool drained, StatusAnswer answer) {
  boost::asio::post(strand_, [this, agents = std::move(agents), region = std::move(region), drained,
                              answer = std::move(answer)]() mutable {
    if (!machine_) return answer(NotHere());
    const auto request = requests_.Await(std::move(answer));
    if (request) Apply(fleet::SetDrained{*request, std::move(agents), std::move(region), drained});
  });
}

void FleetHost::SetStopped(bool stopped, std::string by, std::string reason, StatusAnswer answer) {
  boost::asio::post(
      strand_, [this, stopped, by = std::move(by), reason = std::move(reason), answer = std::move(answer)]() mutable {
        if (!machine_) return answer(NotHere());
        const auto request = requests_.Await(std::move(answer));
        if (!request) return;
        spdlog::warn("fleet {} fleet={} by=\"{}\" reason=\"{}\"", stopped ? "stopped" : "resumed", name().value(),
                     Printable(by), Printable(reason));
        Apply(fleet::SetStopped{*request, stopped, std::move(by), std::move(reason)});
      });
}

void FleetHost::ListAgents(const fleet::AgentPlace& after, AgentsAnswer answer) {
  boost::asio::post(strand_, [this, after, answer = std::move(answer)] {
    if (!machine_) return answer(NotHere());
    std::vector<AgentListing> listings;
    for (fleet::AgentView& view : machine_->AgentsAfter(after, kMaxAgentsListed)) {
      listings.push_back(streams_.Listing(std::move(view)));
    }
    answer(std::move(listings));
  });
}

void FleetHost::FindAgent(const AgentId& id, AgentsAnswer answer) {
  boost::asio::post(strand_, [this, id, answer = std::move(answer)] {
    if (!machine_) return answer(NotHere());
    std::vector<AgentListing> listings;
    if (auto view = machine_->FindAgent(id)) listings.push_back(streams_.Listing(*std::move(view)));
    answer(std::move(listings));
  });
}

void FleetHost::CheckFetch(const AgentId& agent, const BundleDigest& bundle, StatusAnswer answer) {
  boost::asio::post(strand_, [this, agent, bundle, answer = std::move(answer)] {
    if (!machine_) return answer(NotHere());
    if (machine_->HasLeaseOn(agent, bundle)) return answer(absl::OkStatus());
    answer(absl::PermissionDeniedError(fmt::format("agent \"{}\" has no lease on a run of bundle {}",
                                                   Printable(agent.value()), Printable(bundle.value()))));
  });
}

}  // namespace wsfleet::coordinator
