#include "coordinator/logs/server_logs.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "absl/time/clock.h"
#include "boost/asio/post.hpp"
#include "coordinator/clock.h"
#include "coordinator/logs/log_file.h"
#include "coordinator/logs/logged_run.h"
#include "coordinator/logs/loki.h"
#include "core/base/text.h"
#include "core/scenario/plan.h"
#include "fmt/format.h"
#include "proto/wire/bundle.h"
#include "spdlog/spdlog.h"

namespace wsfleet::coordinator {
namespace {

constexpr std::uint64_t kMaxTail = 1 << 20;
constexpr std::size_t kMaxExcerpts = 8;  // of a failure, those that the agent fetched included
// A session's clock and the log's writer are not exact.
constexpr absl::Duration kMargin = absl::Seconds(2);
// Logs are written a little after what they tell of.
constexpr absl::Duration kPauses[] = {absl::Milliseconds(100), absl::Milliseconds(300), absl::Milliseconds(600),
                                      absl::Seconds(1)};

bool IsAtCoordinator(const LogSource& source) { return !source.http.has_value(); }

bool WantsLines(const CaseResult& result) { return result.outcome == Outcome::kFailed && result.failure.has_value(); }

// What names an error is often written after the line with the trace id.
bool IsEnough(const LogExcerpt& excerpt, std::size_t round) {
  return NamesAnError(excerpt) || (excerpt.same_request && round >= 2);
}

// What was added to the file since it had the old size.
std::string_view NewOf(const FileTail& tail, std::optional<std::uint64_t> old_size) {
  const std::uint64_t end = tail.offset + tail.text.size();
  // Shorter than it was: it was begun anew.
  const std::uint64_t begin = old_size.value_or(end) > end ? 0 : old_size.value_or(end);
  const std::uint64_t skip = begin - std::min(begin, tail.offset);
  return std::string_view(tail.text).substr(std::min<std::uint64_t>(skip, tail.text.size()));
}

// Lines with the trace id may be anywhere in what was read; others must be new.
LogExcerpt PickFrom(std::string_view all, std::string_view added, const LogWindow& window) {
  LogExcerpt excerpt = PickLogLines(all, window.trace_id, window.start, window.end);
  return excerpt.same_request ? excerpt : PickLogLines(added, "", window.start, window.end);
}

std::string NameOf(const LogSource& source) {
  return source.file.empty() ? fmt::format("loki {}", source.query.source_text())
                             : fmt::format("file {}", source.file.source_text());
}

// The target may have written it there.
LogExcerpt NotShown(const LogSource& source) {
  LogExcerpt excerpt;
  excerpt.source = NameOf(source);
  excerpt.problem = "not shown: the run uses a secret that this coordinator does not know, and could not take out";
  return excerpt;
}

}  // namespace

ServerLogs::ServerLogs(FleetName fleet, LogPermissions permissions, store::JobReader& jobs, store::BundleStore& bundles,
                       const SecretBox& secrets, const FleetSecrets* kept)
    : fleet_(std::move(fleet)),
      permissions_(std::move(permissions)),
      jobs_(jobs),
      bundles_(bundles),
      secrets_(secrets),
      kept_(kept),
      threads_(2) {}

ServerLogs::~ServerLogs() { Stop(); }

bool ServerLogs::AreWantedBy(const Suite& suite) { return std::ranges::any_of(suite.evidence.logs, IsAtCoordinator); }

bool ServerLogs::Post(std::function<void()> task) {
  {
    const std::lock_guard lock(mutex_);
    if (stopped_) return false;
  }
  if (queued_.fetch_add(1) >= kMaxQueued) {
    --queued_;
    return false;
  }
  boost::asio::post(threads_, [this, task = std::move(task)] {
    task();
    --queued_;
  });
  return true;
}

void ServerLogs::Stop() {
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
  }
  changed_.notify_all();
  threads_.join();
}

bool ServerLogs::Pause(absl::Duration duration) {
  std::unique_lock lock(mutex_);
  return !changed_.wait_for(lock, absl::ToChronoNanoseconds(duration), [this] { return stopped_.load(); });
}

void ServerLogs::OnAssigned(const JobId& job, const JobSpec& spec) {
  if (!spec.server_logs) return;
  {
    const std::lock_guard lock(mutex_);
    if (runs_.contains(job) || !reading_.insert(job).second) return;
  }
  const bool posted = Post([this, job, spec] {
    const auto run = Read(spec);
    if (run != nullptr) {
      // One that is not there yet is empty.
      for (const std::string& path : run->Files()) run->NoteSize(path, SteadyNow(), SizeOfFile(path).value_or(0));
    }
    Remember(job, run);
  });
  if (!posted) Remember(job, nullptr);
}

void ServerLogs::AddTo(fleet::ResultsReceived event, Done done) {
  const bool wants = std::ranges::any_of(event.results, WantsLines);
  const auto shared = std::make_shared<fleet::ResultsReceived>(std::move(event));
  const bool posted = wants && Post([this, shared, done, queued = SteadyNow()] {
                        // Others were slow, or it stops: this one does not wait for its lines as well.
                        const bool late = stopped_ || SteadyNow() - queued > kLimitPerRun;
                        const JobId& job = shared->shard.job;
                        if (const auto run = late ? nullptr : Find(job)) {
                          for (CaseResult& result : shared->results) Fill(job, *run, result);
                        }
                        done(std::move(*shared));
                      });
  if (!posted) done(std::move(*shared));
}

std::shared_ptr<LoggedRun> ServerLogs::Find(const JobId& job) {
  {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return stopped_ || !reading_.contains(job); });
    if (const auto found = runs_.find(job); found != runs_.end()) return found->second;
  }
  // Of a run that another process of ours has begun.
  const auto view = jobs_.GetJob(fleet_, job);
  if (!view.ok()) return nullptr;
  auto run = view->job.spec.server_logs ? Read(view->job.spec) : nullptr;
  Remember(job, run);
  return run;
}

std::shared_ptr<LoggedRun> ServerLogs::Read(const JobSpec& spec) {
  const auto canonical = bundles_.GetBundle(spec.bundle);
  if (!canonical.ok()) return nullptr;
  const auto bundle = wire::ParseCanonicalForm(*canonical);
  if (!bundle.ok()) return nullptr;
  const ResolveResult resolved = Resolve(*bundle, spec.selection, spec.variables);
  if (resolved.plan == nullptr) return nullptr;
  return std::make_shared<LoggedRun>(*resolved.plan, spec.variables, kLimitPerRun, kMaxCasesPerRun);
}

void ServerLogs::Remember(const JobId& job, std::shared_ptr<LoggedRun> run) {
  const std::lock_guard lock(mutex_);
  reading_.erase(job);
  changed_.notify_all();
  if (!runs_.emplace(job, std::move(run)).second) return;
  order_.push_back(job);
  if (order_.size() <= kMaxRuns) return;
  runs_.erase(order_.front());
  order_.erase(order_.begin());
}

std::optional<Redactor> ServerLogs::RedactorOf(const JobId& job, const LoggedSuite& suite) {
  const auto view = jobs_.GetJob(fleet_, job);
  if (!view.ok()) return std::nullopt;
  const auto secrets = secrets_.Open(SecretOwner::Of(fleet_, job, view->job.spec), view->job.spec.sealed_secrets);
  if (!secrets.ok()) return std::nullopt;
  Redactor redactor(suite.evidence.redact);
  for (const auto& [name, secret] : *secrets) redactor.AddSecret(secret.value.Reveal());
  const std::vector<std::string>& others = view->job.spec.secrets_of_fleet;
  const GivenSecrets kept = kept_ == nullptr ? GivenSecrets() : kept_->ReadNow(fleet_, others).values;
  for (const auto& [name, secret] : kept) redactor.AddSecret(secret.value.Reveal());
  if (kept.size() < others.size()) return std::nullopt;
  return redactor;
}

void ServerLogs::Fill(const JobId& job, LoggedRun& run, CaseResult& result) {
  const LoggedSuite* suite = run.Find(result.suite);
  if (!WantsLines(result) || suite == nullptr || !run.BeginCase()) return;
  const std::optional<Redactor> redactor = RedactorOf(job, *suite);
  const SteadyTime began = SteadyNow();
  std::vector<LogExcerpt>& logs = result.failure->evidence.logs;
  for (const LogSource& source : suite->evidence.logs) {
    if (!IsAtCoordinator(source) || logs.size() >= kMaxExcerpts) continue;
    LogExcerpt excerpt = redactor ? Fetch(run, source, result) : NotShown(source);
    if (redactor) redactor->Apply(excerpt);
    spdlog::debug("log read case={} source=\"{}\" lines={} problem=\"{}\"", result.case_id.value(), excerpt.source,
                  excerpt.lines.size(), excerpt.problem);
    logs.push_back(std::move(excerpt));
  }
  run.Spend(SteadyNow() - began);
}

LogExcerpt ServerLogs::Fetch(LoggedRun& run, const LogSource& source, const CaseResult& result) {
  const LoggedSuite& suite = *run.Find(result.suite);
  const SteadyTime arrived = SteadyNow();
  const absl::Time end = absl::Now() + kMargin;
  const LogWindow window{result.failure->evidence.trace_id, result.started - kMargin,
                         std::max(end, result.started + result.duration)};
  const bool is_file = !source.file.empty();
  LogExcerpt excerpt;
  excerpt.source = NameOf(source);
  const auto place = run.Expand(is_file ? source.file : source.loki, suite, window);
  const auto query = run.Expand(source.query, suite, window);
  if (!place.ok() || !query.ok()) {
    excerpt.problem = std::string(ToStd((place.ok() ? query : place).status().message()));
    return excerpt;
  }
  if (is_file ? !IsAllowedFile(*place, permissions_.files) : !IsAllowedUrl(*place, permissions_.urls)) {
    excerpt.problem = is_file ? "not there, or not allowed by the coordinator's operator (--evidence-file)"
                              : "not allowed by the coordinator's operator (--evidence-loki)";
    return excerpt;
  }
  const auto old_size = run.SizeAt(*place, arrived - result.duration - kMargin);
  const std::string source_text = excerpt.source;
  std::string added;
  for (std::size_t round = 0;; ++round) {
    const absl::Duration left = run.time_left() - (SteadyNow() - arrived);
    if (left <= absl::ZeroDuration()) break;
    absl::Status status;
    if (is_file) {
      const auto tail = ReadTail(*place, kMaxTail);
      status = tail.status();
      if (tail.ok()) {
        added = NewOf(*tail, old_size);
        excerpt = PickFrom(tail->text, added, window);
      }
    } else {
      const auto lines = AskLoki({*place, *query, window.start, window.end}, left, stopped_);
      status = lines.status();
      if (lines.ok()) {
        added = *lines;
        excerpt = PickFrom(added, added, window);
      }
    }
    // What was found before stays.
    if (excerpt.lines.empty()) excerpt.problem = std::string(ToStd(status.message()));
    if (!status.ok() || IsEnough(excerpt, round) || round == std::size(kPauses) || !Pause(kPauses[round])) break;
  }
  excerpt = OrOfSameTime(std::move(excerpt), added, window.start, window.end);
  excerpt.source = source_text;
  excerpt.undated = false;  // a file's lines are new, and Loki was asked for this time
  if (is_file) run.NoteSize(*place, SteadyNow(), SizeOfFile(*place).value_or(0));
  if (excerpt.lines.empty() && excerpt.problem.empty()) excerpt.problem = "no lines of this time";
  return excerpt;
}

}  // namespace wsfleet::coordinator
