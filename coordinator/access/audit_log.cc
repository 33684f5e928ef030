#include "coordinator/access/audit_log.h"

#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "coordinator/clock.h"
#include "core/base/text.h"
#include "fmt/format.h"
#include "spdlog/spdlog.h"

namespace wsfleet::coordinator {
namespace {

constexpr std::size_t kMaxStored = 512;      // in one transaction
constexpr std::size_t kMaxCounted = 10'000;  // classes and callers in a window
constexpr int kMaxSteps = 100;               // of a sweep
constexpr absl::Duration kRetry = absl::Seconds(1);
constexpr absl::Duration kKeepGoneTokens = absl::Hours(24 * 30);

}  // namespace

AuditLog::AuditLog(store::AuditStore& store, store::TokenStore& tokens, Settings settings)
    : store_(store), tokens_(tokens), settings_(settings), swept_(SteadyNow()), thread_([this] { Main(); }) {}

AuditLog::~AuditLog() { Stop(); }

void AuditLog::Stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void AuditLog::Add(AuditRecord record) {
  for (std::string* text : {&record.principal, &record.peer, &record.object, &record.detail}) {
    if (text->size() > AuditRecord::kMaxTextBytes) *text = Excerpt(*text, AuditRecord::kMaxTextBytes);
    // A database keeps no other text.
    if (!IsValidUtf8(*text) || text->find('\0') != std::string::npos) *text = Printable(*text);
  }
  {
    const std::lock_guard lock(mutex_);
    if (IsClassOfChanges(AuditClassOf(record)) || IsOfTheFew(record, SteadyNow())) {
      if (!queue_.Push(std::move(record))) ++left_out_;
    } else {
      ++left_out_;
    }
  }
  wake_.notify_one();
}

absl::Status AuditLog::CheckRoom(const AuditRecord& change) {
  absl::Status status;
  {
    const std::lock_guard lock(mutex_);
    status = queue_.CheckRoom(change);
  }
  if (status.ok()) return status;
  if (const auto left_out = refusals_.Take(SteadyNow())) {
    spdlog::warn("change refused, the audit log is full action={} fleet={} principal={} reason=\"{}\"{}", change.action,
                 change.fleet.value(), Printable(change.principal), ToStd(status.message()),
                 *left_out == 0 ? "" : fmt::format(" left_out={}", *left_out));
  }
  return status;
}

bool AuditLog::IsOfTheFew(const AuditRecord& record, SteadyTime now) {
  if (now - window_ >= kIdleWindow) {
    window_ = now;
    idle_.clear();
  }
  std::string name = AuditClassOf(record);
  if (idle_.size() < kMaxCounted) name += " of " + AuditCallerOf(record);
  return ++idle_[name] <= kMaxIdle;
}

// Any loss is reported.
void AuditLog::NoteLeftOut(SteadyTime now) {
  if (left_out_ == 0) return;
  if (now - window_ < kIdleWindow && !stopping_) return;
  AuditRecord record;
  record.at = absl::Now();
  record.action = "audit.left-out";
  record.outcome = AuditOutcome::kFailed;
  record.detail = fmt::format("{} records more than are taken down", left_out_);
  if (queue_.Push(std::move(record))) left_out_ = 0;
}

void AuditLog::Main() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    wake_.wait_for(lock, absl::ToChronoMilliseconds(kIdleWindow), [this] { return stopping_ || queue_.size() > 0; });
    // What comes meanwhile goes into the same transaction.
    wake_.wait_for(lock, absl::ToChronoMilliseconds(settings_.gathering),
                   [this] { return stopping_ || queue_.size() >= kMaxStored; });
    NoteLeftOut(SteadyNow());
    lock.unlock();
    const bool stored = StoreSome();
    Sweep();
    lock.lock();
    if (!stored) wake_.wait_for(lock, absl::ToChronoMilliseconds(kRetry), [this] { return stopping_; });
  }
  NoteLeftOut(SteadyNow());
  bool goes_on = queue_.size() > 0;
  lock.unlock();
  while (goes_on) {
    goes_on = StoreSome();
    const std::lock_guard relock(mutex_);
    goes_on = goes_on && queue_.size() > 0;
  }
}

bool AuditLog::StoreSome() {
  std::vector<AuditRecord> records;
  {
    const std::lock_guard lock(mutex_);
    records = queue_.Front(kMaxStored);
  }
  if (records.empty()) return true;
  const absl::Status status = store_.AppendAudit(records);
  if (status.ok() == failing_) {
    failing_ = !status.ok();
    if (failing_) {
      spdlog::error("audit log not stored reason=\"{}\"", ToStd(status.message()));
    } else {
      spdlog::info("audit log is stored again");
    }
  }
  // What failed stays for the next time. If it was stored in spite of it, it is there twice, which is better than
  // never.
  if (!status.ok()) return false;
  const std::lock_guard lock(mutex_);
  queue_.Pop(records.size());
  return true;
}

void AuditLog::Sweep() {
  if (SteadyNow() - swept_ < settings_.sweeping) return;
  swept_ = SteadyNow();
  const absl::Time now = absl::Now();
  for (int step = 0; step < kMaxSteps; ++step) {
    const auto removed = store_.RemoveAudit(now - settings_.keep, settings_.limits);
    if (!removed.ok()) {
      spdlog::warn("audit log not swept reason=\"{}\"", ToStd(removed.status().message()));
      break;
    }
    if (*removed == 0) break;
  }
  if (const auto status = tokens_.RemoveTokens(now - kKeepGoneTokens); !status.ok()) {
    spdlog::warn("tokens not removed reason=\"{}\"", ToStd(status.message()));
  }
}

}  // namespace wsfleet::coordinator
