#include "coordinator/access/audit_log.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "coordinator/clock.h"
#include "core/base/text.h"
#include "fmt/format.h"
#include "spdlog/spdlog.h"

namespace wsfleet::coordinator {
namespace {

constexpr std::size_t kMaxStored = 512;  // in one transaction
constexpr int kMaxSteps = 100;           // of a sweep
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
    const bool is_denial = record.outcome == AuditOutcome::kDenied;
    if (is_denial && !MayDeny(AuditClassOf(record), SteadyNow())) return;
    if (queue_.size() < kMaxQueued) {
      queue_.push_back(std::move(record));
    } else {
      ++left_out_;
    }
  }
  wake_.notify_one();
}

bool AuditLog::IsFull() const {
  const std::lock_guard lock(mutex_);
  return queue_.size() >= kMaxQueued;
}

bool AuditLog::MayDeny(const std::string& name, SteadyTime now) {
  if (now - window_ >= kDenialWindow) {
    window_ = now;
    denials_.clear();
  }
  if (++denials_[name] <= kMaxDenials) return true;
  ++left_out_;
  return false;
}

// Any loss is reported.
void AuditLog::NoteLeftOut(SteadyTime now) {
  if (left_out_ == 0 || queue_.size() >= kMaxQueued) return;
  if (now - window_ < kDenialWindow && !stopping_) return;
  AuditRecord record;
  record.at = absl::Now();
  record.action = "audit.left-out";
  record.outcome = AuditOutcome::kFailed;
  record.detail = fmt::format("{} records more than are taken down", std::exchange(left_out_, 0));
  queue_.push_back(std::move(record));
}

void AuditLog::Main() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    wake_.wait_for(lock, absl::ToChronoMilliseconds(kDenialWindow), [this] { return stopping_ || !queue_.empty(); });
    // What comes meanwhile goes into the same transaction.
    wake_.wait_for(lock, absl::ToChronoMilliseconds(settings_.gathering), [this] { return stopping_; });
    NoteLeftOut(SteadyNow());
    lock.unlock();
    const bool stored = StoreSome();
    Sweep();
    lock.lock();
    if (!stored) wake_.wait_for(lock, absl::ToChronoMilliseconds(kRetry), [this] { return stopping_; });
  }
  NoteLeftOut(SteadyNow());
  bool goes_on = !queue_.empty();
  lock.unlock();
  while (goes_on) {
    goes_on = StoreSome();
    const std::lock_guard relock(mutex_);
    goes_on = goes_on && !queue_.empty();
  }
}

bool AuditLog::StoreSome() {
  std::vector<AuditRecord> records;
  {
    const std::lock_guard lock(mutex_);
    records.assign(queue_.begin(), queue_.begin() + static_cast<std::ptrdiff_t>(std::min(queue_.size(), kMaxStored)));
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
  queue_.erase(queue_.begin(), queue_.begin() + static_cast<std::ptrdiff_t>(records.size()));
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
