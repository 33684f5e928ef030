#include "tests/faults/checker/witness.h"

#include <utility>

#include "absl/time/clock.h"
#include "cli/run/job_feed.h"
#include "core/base/text.h"
#include "proto/wire/enums.h"

namespace wsfleet::testing {
namespace {

constexpr absl::Duration kSubmitLimit = absl::Minutes(2);
constexpr absl::Duration kReconnectLimit = absl::Minutes(2);
constexpr absl::Duration kCancelLimit = absl::Seconds(30);

cli::Endpoint EndpointOf(const RealFleet& fleet) {
  cli::Endpoint endpoint;
  endpoint.address = fleet.client_addresses();
  endpoint.ca_file = (fleet.directory().path() / "ca" / "ca.pem").string();
  endpoint.token_file = (fleet.directory().path() / "ca" / "token").string();
  endpoint.source = "the test";
  return endpoint;
}

Testimony::Event EventOf(const v1::JobEvent& message) {
  Testimony::Event event;
  event.number = message.number();
  if (message.has_result()) {
    const v1::ShardCaseResult& result = message.result();
    event.kind = JobEventRecord::Kind::kResult;
    event.shard = result.shard();
    event.case_id = result.result().case_id();
    event.attempt = result.attempt();
    const auto outcome = wire::FromWire(result.result().outcome());
    event.outcome = std::string(outcome.ok() ? OutcomeName(*outcome) : "unknown");
  } else if (message.has_job()) {
    event.verdict = message.job().verdict();
  } else {
    event.kind = JobEventRecord::Kind::kNote;
    event.text = message.note();
  }
  return event;
}

}  // namespace

Witness::Witness(const RealFleet& fleet, Bundle bundle, std::vector<std::string> from)
    : bundle_(std::move(bundle)),
      from_(std::move(from)),
      client_(cli::CoordinatorClient::Open(EndpointOf(fleet)).value()) {}

absl::StatusOr<JobId> Witness::Submit(const RunKey& key) {
  cli::SubmitOptions options;
  options.spec.key = key;
  options.spec.from = from_;
  options.spec.agents_wait = absl::Minutes(2);
  const absl::Time end = absl::Now() + kSubmitLimit;
  while (true) {
    const auto submitted = cli::Submit(*client_, bundle_, options);
    if (submitted.ok()) return JobId(submitted->job);
    const bool may_try = absl::IsUnavailable(submitted.status()) || absl::IsDeadlineExceeded(submitted.status()) ||
                         absl::IsResourceExhausted(submitted.status());
    if (!may_try || absl::Now() > end) return submitted.status();
  }
}

void Witness::Follow(const JobId& job, Testimony& testimony) {
  cli::JobFeed feed(*client_, job.value(), kReconnectLimit);
  while (true) {
    const cli::JobFeed::Item item = feed.Next();
    if (const auto* ended = std::get_if<cli::JobFeed::Ended>(&item)) {
      if (!ended->status.ok()) testimony.trouble = std::string(ToStd(ended->status.message()));
      return;
    }
    const auto* event = std::get_if<v1::JobEvent>(&item);
    if (event == nullptr) continue;
    if (event->has_job() && !event->job().verdict().empty()) testimony.verdict = event->job().verdict();
    if (event->number() != 0) testimony.events.push_back(EventOf(*event));
  }
}

absl::Status Witness::Cancel(const JobId& job) {
  return cli::CancelJob(*client_, job.value(), "a race", "the witness", kCancelLimit).status();
}

Testimony Witness::Run(const RunKey& key) {
  Testimony testimony;
  testimony.key = key;
  const auto job = Submit(key);
  if (!job.ok()) {
    testimony.trouble = std::string(ToStd(job.status().message()));
    return testimony;
  }
  testimony.acknowledged.push_back(*job);
  Follow(*job, testimony);
  // The key is that of this run for as long as it is kept.
  const auto again = Submit(key);
  if (again.ok()) testimony.acknowledged.push_back(*again);
  return testimony;
}

}  // namespace wsfleet::testing
