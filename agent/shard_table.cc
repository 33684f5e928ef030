#include "agent/shard_table.h"

#include <algorithm>
#include <utility>

#include "agent/assigned_limits.h"
#include "agent/clock.h"
#include "boost/asio/post.hpp"
#include "core/base/text.h"
#include "core/scenario/plan.h"
#include "fmt/format.h"
#include "proto/wire/convert.h"
#include "proto/wire/limits.h"
#include "proto/wire/secrets.h"
#include "spdlog/spdlog.h"

namespace wsfleet::agent {
namespace {

constexpr int kMaxBatchResults = 64;
constexpr std::size_t kMaxBatchBytes = wire::kMaxResultBytes;
// So long a result waits at most for a batch with others.
constexpr absl::Duration kMaxPending = absl::Seconds(1);
constexpr absl::Duration kProgressInterval = absl::Milliseconds(200);

engine::RunId RunOf(LeaseId lease) { return engine::RunId(lease.value()); }

// Shards are numbered from 1. A coordinator of an earlier version does not say how many there are.
DataPart PartOf(const v1::Assignment& assignment) {
  const std::uint64_t before = std::max<std::uint64_t>(assignment.shard(), 1) - 1;
  return {before, std::max(assignment.shards(), before + 1)};
}

}  // namespace

ShardTable::ShardTable(boost::asio::io_context& strand, engine::Engine& engine, BundleSource& bundles, Spool& spool,
                       std::uint32_t max_shards, std::vector<engine::TargetGuard::Rule> own_rules, Outputs outputs,
                       OwnSecret own_secret)
    : strand_(strand),
      engine_(engine),
      bundles_(bundles),
      spool_(spool),
      max_shards_(max_shards),
      own_rules_(std::move(own_rules)),
      outputs_(std::move(outputs)),
      own_secret_(std::move(own_secret)) {}

void ShardTable::RestoreInterrupted() {
  for (const v1::ResultBatch* batch : spool_.FirstOfEachLease()) {
    LeasedShard& shard = shards_[LeaseId(batch->lease())];
    shard.assignment.set_lease(batch->lease());
    shard.assignment.set_job(batch->job());
    shard.assignment.set_shard(batch->shard());
    shard.assignment.set_attempt(batch->attempt());
    shard.lease_end = SteadyTime::Infinite();
    shard.stage = Stage::kFinished;
    shard.interrupted = true;
    shard.end = v1::SHARD_END_INTERRUPTED;
  }
}

// Of each shard, a batch that fills and one case that is under way.
std::size_t ShardTable::ReserveBytes() const { return 2 * kMaxBatchBytes * max_shards_; }

void ShardTable::Assign(v1::Assignment assignment, SteadyTime lease_end) {
  const LeaseId lease(assignment.lease());
  // First, so that none stay where they came in.
  auto secrets = wire::TakeSecrets(assignment);
  if (shards_.contains(lease)) return;  // a repetition
  if (!secrets.ok()) return Refuse(lease, std::string(ToStd(secrets.status().message())));
  if (shards_.size() >= max_shards_) {
    Refuse(lease, fmt::format("it already runs {} shards", shards_.size()));
    return;
  }
  spdlog::info("shard assigned job={} shard={} attempt={} lease={}", assignment.job(), assignment.shard(),
               assignment.attempt(), lease.value());
  LeasedShard& shard = shards_[lease];
  shard.secrets = *std::move(secrets);
  shard.lease_end = lease_end;
  if (!assignment.bundle_content().empty()) {
    bundles_.Offer(BundleDigest(assignment.bundle().digest()), assignment.bundle_content());
    assignment.clear_bundle_content();
  }
  shard.assignment = std::move(assignment);
  Fetch(lease, shard);
}

void ShardTable::Fetch(LeaseId lease, LeasedShard& shard) {
  shard.fetch_failed = false;
  bundles_.Get(BundleDigest(shard.assignment.bundle().digest()),
               [this, lease](const auto& bundle) { OnBundle(lease, bundle); });
}

void ShardTable::FetchAgain() {
  for (auto& [lease, shard] : shards_) {
    if (shard.fetch_failed && shard.stage == Stage::kPreparing) Fetch(lease, shard);
  }
}

void ShardTable::OnBundle(LeaseId lease, const absl::StatusOr<std::shared_ptr<const Bundle>>& bundle) {
  const auto found = shards_.find(lease);
  if (found == shards_.end() || found->second.stage != Stage::kPreparing) return;
  // That says nothing of the bundle, and the lease may last: who refuses a shard is not asked again.
  if (absl::IsUnavailable(bundle.status()) || absl::IsCancelled(bundle.status())) {
    spdlog::warn("bundle not fetched yet lease={} reason=\"{}\"", lease.value(), ToStd(bundle.status().message()));
    found->second.fetch_failed = true;
    return;
  }
  if (!bundle.ok()) {
    Refuse(lease, fmt::format("its bundle could not be fetched: {}", ToStd(bundle.status().message())));
    Remove(lease);
    return;
  }
  found->second.bundle = *bundle;
  RunIfReady(lease, found->second);
}

void ShardTable::RunIfReady(LeaseId lease, LeasedShard& shard) {
  if (shard.stage != Stage::kPreparing || shard.bundle == nullptr || shard.lease_end <= BootTime()) return;
  const std::shared_ptr<const Bundle> bundle = std::exchange(shard.bundle, nullptr);
  Run(lease, shard, *bundle);
  outputs_.on_changed();
}

void ShardTable::Run(LeaseId lease, LeasedShard& shard, const Bundle& bundle) {
  const auto selection = wire::FromWire(shard.assignment.selection());
  const auto variables = wire::FromWire(shard.assignment.variables());
  if (!selection.ok() || !variables.ok()) {
    const absl::Status& status = selection.ok() ? variables.status() : selection.status();
    Refuse(lease, std::string(ToStd(status.message())));
    Remove(lease);
    return;
  }
  ResolveResult resolved = Resolve(bundle, *selection, *variables);
  if (!resolved.plan) {
    const std::string reason =
        resolved.diagnostics.empty() ? "its plan cannot be resolved" : resolved.diagnostics.front().message;
    Refuse(lease, fmt::format("this agent does not accept the bundle: {}", reason));
    Remove(lease);
    return;
  }
  auto guard = GuardOf(shard.assignment, own_rules_);
  if (!guard.ok()) {
    Refuse(lease, std::string(ToStd(guard.status().message())));
    Remove(lease);
    return;
  }
  engine::ShardRun run;
  run.id = RunOf(lease);
  run.guard = *std::move(guard);
  run.share = ShareOf(shard.assignment.share());
  run.data = PartOf(shard.assignment);
  run.is_scheduled = shard.assignment.is_scheduled();
  run.plan = std::move(resolved.plan);
  run.variables = *variables;
  run.secrets = std::exchange(shard.secrets, {});
  for (const std::string& name : shard.assignment.unread_secrets()) run.unread_secrets[name] = "the coordinator";
  AddOwnSecrets(run);
  for (const std::string& id : shard.assignment.finished_cases()) run.skip_cases.emplace_back(id);
  run.session_prefix = fmt::format("{}-{}-{}", shard.assignment.job(), shard.assignment.shard(), lease.value());
  shard.stage = Stage::kRunning;

  engine::ShardObserver observer;
  observer.on_result = [this, lease](engine::RunId, CaseResult result) {
    boost::asio::post(strand_, [this, lease, result = std::move(result)] { OnResult(lease, result); });
  };
  observer.on_progress = [this, lease](engine::RunId, std::string_view case_id, std::string_view step) {
    boost::asio::post(strand_, [this, lease, case_id = std::string(case_id), step = std::string(step)] {
      OnProgress(lease, case_id, step);
    });
  };
  observer.on_done = [this, lease](engine::RunId, engine::ShardEnding ending) {
    boost::asio::post(strand_, [this, lease, ending] { OnEngineDone(lease, ending); });
  };
  engine_.Start(std::move(run), std::move(observer));
}

void ShardTable::AddOwnSecrets(engine::ShardRun& run) const {
  if (!own_secret_) return;
  for (const std::string& name : run.plan->secrets) {
    if (run.secrets.contains(name)) continue;
    auto secret = own_secret_(name);
    if (secret.ok()) {
      run.secrets.emplace(name, *std::move(secret));
    } else if (!absl::IsNotFound(secret.status())) {
      run.unread_secrets[name] = "the agent";
      spdlog::warn("secret not read secret={} reason=\"{}\"", name, ToStd(secret.status().message()));
    }
  }
}

void ShardTable::Refuse(LeaseId lease, std::string reason) {
  spdlog::warn("assignment refused lease={} reason=\"{}\"", lease.value(), reason);
  v1::AgentMessage message;
  message.mutable_assignment_refused()->set_lease(lease.value());
  message.mutable_assignment_refused()->set_reason(std::move(reason));
  outputs_.send(std::move(message));
}

void ShardTable::OnResult(LeaseId lease, const CaseResult& result) {
  const auto found = shards_.find(lease);
  if (found == shards_.end() || found->second.abandoned) return;
  LeasedShard& shard = found->second;
  v1::CaseResult proto = wire::ToWire(result);
  wire::FitResult(proto, kMaxBatchBytes);
  const std::size_t bytes = proto.ByteSizeLong();
  if (shard.pending.results_size() == kMaxBatchResults || shard.pending_bytes + bytes > kMaxBatchBytes) {
    if (!SpoolPending(lease, shard)) return;
  }
  const SteadyTime now = BootTime();
  if (shard.pending.results_size() == 0) shard.pending_since = now;
  *shard.pending.add_results() = std::move(proto);
  shard.pending_bytes += bytes;
  if (now - shard.pending_since >= kMaxPending && !SpoolPending(lease, shard)) return;
  outputs_.on_results();
}

void ShardTable::OnProgress(LeaseId lease, std::string case_id, std::string step) {
  const auto found = shards_.find(lease);
  if (found == shards_.end()) return;
  const SteadyTime now = BootTime();
  if (now - found->second.last_progress < kProgressInterval) return;
  found->second.last_progress = now;
  v1::AgentMessage message;
  message.mutable_progress()->set_lease(lease.value());
  message.mutable_progress()->set_case_id(std::move(case_id));
  message.mutable_progress()->set_step(std::move(step));
  outputs_.send(std::move(message));
}

void ShardTable::OnEngineDone(LeaseId lease, engine::ShardEnding ending) {
  const auto found = shards_.find(lease);
  if (found == shards_.end()) return;
  LeasedShard& shard = found->second;
  if (shard.abandoned) {
    Remove(lease);
    return;
  }
  // A run that was complete before it heard of the wish to stop is complete.
  if (ending == engine::ShardEnding::kCompleted) shard.end = v1::SHARD_END_COMPLETED;
  shard.stage = Stage::kFinished;
  SpoolPending(lease, shard);
  spdlog::info("shard ran job={} shard={} lease={} cases={} unacknowledged_batches={}", shard.assignment.job(),
               shard.assignment.shard(), lease.value(), shard.reported_cases, spool_.UnackedOf(lease));
  outputs_.on_results();
  ReportFinished(false);
}

bool ShardTable::SpoolPending(LeaseId lease, LeasedShard& shard) {
  const auto cases = static_cast<std::uint32_t>(shard.pending.results_size());
  if (cases == 0) return true;
  shard.pending.set_lease(lease.value());
  shard.pending.set_job(shard.assignment.job());
  shard.pending.set_shard(shard.assignment.shard());
  shard.pending.set_attempt(shard.assignment.attempt());
  const bool kept = spool_.Add(std::exchange(shard.pending, {}));
  shard.pending_bytes = 0;
  if (kept) {
    shard.reported_cases += cases;
    return true;
  }
  // Nothing is lost for the job: cases without a committed result run again elsewhere.
  spdlog::error("spool full, shard given back lease={} spooled_bytes={} dropped_results={}", lease.value(),
                spool_.bytes(), cases);
  Stop(lease, shard, v1::SHARD_END_RELEASED);
  return false;
}

void ShardTable::Flush() {
  for (auto& [lease, shard] : shards_) {
    if (!shard.abandoned) SpoolPending(lease, shard);
  }
}

void ShardTable::Stop(LeaseId lease, LeasedShard& shard, v1::ShardEnd end) {
  switch (shard.stage) {
    case Stage::kPreparing:
      shard.secrets.clear();
      shard.end = end;
      shard.stage = Stage::kFinished;
      if (shard.abandoned) {
        boost::asio::post(strand_, [this, lease] { Remove(lease); });
      } else {
        ReportFinished(false);
      }
      break;
    case Stage::kRunning:
      shard.end = end;
      shard.stage = Stage::kStopping;
      engine_.Cancel(RunOf(lease), end == v1::SHARD_END_CANCELLED ? engine::AfterCancel::kNeverRun
                                                                  : engine::AfterCancel::kRunElsewhere);
      break;
    case Stage::kStopping:
      break;
    case Stage::kFinished:
      if (shard.abandoned) boost::asio::post(strand_, [this, lease] { Remove(lease); });
      break;
  }
}

void ShardTable::Abandon(LeaseId lease, std::string_view reason) {
  const auto found = shards_.find(lease);
  if (found == shards_.end() || found->second.abandoned) return;
  spdlog::warn("shard abandoned job={} shard={} lease={} reason=\"{}\"", found->second.assignment.job(),
               found->second.assignment.shard(), lease.value(), reason);
  found->second.abandoned = true;
  Stop(lease, found->second, v1::SHARD_END_CANCELLED);
}

void ShardTable::Cancel(LeaseId lease, std::string_view reason) {
  const auto found = shards_.find(lease);
  if (found == shards_.end() || found->second.stage == Stage::kStopping || found->second.stage == Stage::kFinished) {
    return;
  }
  spdlog::info("shard cancelled job={} shard={} lease={} reason=\"{}\"", found->second.assignment.job(),
               found->second.assignment.shard(), lease.value(), reason);
  Stop(lease, found->second, v1::SHARD_END_CANCELLED);
}

void ShardTable::CancelAll(std::string_view reason) {
  for (const auto& [lease, shard] : shards_) Cancel(lease, reason);
}

void ShardTable::ReleaseAll() {
  for (auto& [lease, shard] : shards_) {
    if (!shard.abandoned) Stop(lease, shard, v1::SHARD_END_RELEASED);
  }
}

void ShardTable::Renew(LeaseId lease, SteadyTime lease_end) {
  const auto found = shards_.find(lease);
  if (found == shards_.end()) return;
  found->second.lease_end = std::max(found->second.lease_end, lease_end);
  RunIfReady(lease, found->second);
}

bool ShardTable::IsAtStake(const LeasedShard& shard) { return !shard.abandoned && shard.stage == Stage::kRunning; }

void ShardTable::ExpireLeases(SteadyTime now) {
  for (auto& [lease, shard] : shards_) {
    if (!IsAtStake(shard) || shard.lease_end > now) continue;
    spdlog::warn("shard stopped job={} shard={} lease={} reason=\"the lease ended, and no coordinator had renewed it\"",
                 shard.assignment.job(), shard.assignment.shard(), lease.value());
    Stop(lease, shard, v1::SHARD_END_EXPIRED);
  }
}

std::optional<SteadyTime> ShardTable::EarliestLeaseEnd() const {
  std::optional<SteadyTime> earliest;
  for (const auto& [lease, shard] : shards_) {
    if (IsAtStake(shard) && (!earliest || shard.lease_end < *earliest)) earliest = shard.lease_end;
  }
  return earliest;
}

void ShardTable::ReportFinished(bool again) {
  for (auto& [lease, shard] : shards_) {
    if (shard.stage != Stage::kFinished || shard.abandoned || (shard.reported && !again)) continue;
    if (spool_.UnackedOf(lease) > 0 || shard.pending.results_size() > 0) continue;
    shard.reported = true;
    v1::AgentMessage message;
    v1::ShardDone* done = message.mutable_shard_done();
    done->set_lease(lease.value());
    done->set_job(shard.assignment.job());
    done->set_shard(shard.assignment.shard());
    done->set_attempt(shard.assignment.attempt());
    done->set_end(shard.end);
    done->set_reported_cases(shard.reported_cases);
    outputs_.send(std::move(message));
  }
}

void ShardTable::OnShardDoneAck(LeaseId lease) {
  const auto found = shards_.find(lease);
  if (found != shards_.end() && found->second.reported) Remove(lease);
}

void ShardTable::Remove(LeaseId lease) {
  if (shards_.erase(lease) > 0) outputs_.on_changed();
}

std::vector<v1::HeldLease> ShardTable::Held() const {
  std::vector<v1::HeldLease> held;
  for (const auto& [lease, shard] : shards_) {
    if (shard.abandoned) continue;
    v1::HeldLease& entry = held.emplace_back();
    entry.set_lease(lease.value());
    entry.set_job(shard.assignment.job());
    entry.set_shard(shard.assignment.shard());
    entry.set_unacked_batches(spool_.UnackedOf(lease));
    entry.set_interrupted(shard.interrupted);
  }
  return held;
}

}  // namespace wsfleet::agent
