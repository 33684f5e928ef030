#include "agent/engine/shard_runner.h"

#include <algorithm>

#include "absl/cleanup/cleanup.h"
#include "absl/random/random.h"
#include "absl/time/clock.h"
#include "agent/engine/case_judgement.h"
#include "agent/engine/steady_clock.h"
#include "boost/asio/as_tuple.hpp"
#include "boost/asio/co_spawn.hpp"
#include "boost/asio/detached.hpp"
#include "boost/asio/steady_timer.hpp"
#include "boost/asio/use_awaitable.hpp"
#include "core/base/text.h"
#include "fmt/format.h"

namespace wsfleet::engine {
namespace {

constexpr absl::Duration kSaturated = absl::Milliseconds(50);
constexpr absl::Duration kClocksMayDiffer = absl::Seconds(2);
constexpr absl::Duration kProgressInterval = absl::Milliseconds(100);
constexpr absl::Duration kLogLimit = absl::Seconds(10);
constexpr std::uint32_t kMaxLoggedCases = 8;  // of a shard

bool RunTogether(const Suite& one, const Suite& other) {
  return &one == &other || (!one.folder.empty() && one.folder == other.folder);
}

CaseResult Skipped(CaseResult result, const std::pair<SkipReason, std::string>& reason) {
  result.outcome = Outcome::kSkipped;
  result.skip_reason = reason.first;
  result.skip_detail = reason.second;
  return result;
}

}  // namespace

ShardRunner::ShardRunner(boost::asio::any_io_executor executor, const AgentFacts& agent,
                         const Surroundings& surroundings, ShardRun run, ShardObserver observer)
    : executor_(std::move(executor)),
      agent_(agent),
      surroundings_(surroundings),
      run_(std::move(run)),
      observer_(std::move(observer)),
      share_(run_.share, SteadyNow()),
      next_turn_(executor_),
      may_begin_(executor_, boost::asio::steady_timer::time_point::max()) {
  absl::BitGen random;
  for (const auto& suite : run_.plan->suites) {
    if (suite->data != nullptr)
      data_.emplace(suite.get(), DataCursor(*suite->data, run_.data, absl::Uniform<std::uint64_t>(random)));
  }
  for (const auto& [name, secret] : run_.secrets) redactor_.AddSecret(secret.value.Reveal());
}

void ShardRunner::Cancel(AfterCancel after) {
  cancelled_ = true;
  after_cancel_ = after;
  may_begin_.cancel();
  next_turn_.cancel();
  surroundings_.slots->Wake();
  for (Session* session : sessions_) session->Cancel();
}

boost::asio::awaitable<void> ShardRunner::Run() {
  const std::shared_ptr<ShardRunner> self = shared_from_this();
  std::vector<const PlannedCase*> together;
  for (const PlannedCase& planned : run_.plan->cases) {
    if (!together.empty() && !RunTogether(*together.front()->suite, *planned.suite)) {
      std::vector<const PlannedCase*> ready = std::exchange(together, {});
      co_await RunTiers(std::move(ready));
    }
    if (std::ranges::find(run_.skip_cases, planned.id) == run_.skip_cases.end()) together.push_back(&planned);
  }
  if (!together.empty()) co_await RunTiers(std::move(together));
  observer_.on_done(run_.id, cancelled_ ? ShardEnding::kCancelled : ShardEnding::kCompleted);
}

boost::asio::awaitable<void> ShardRunner::AwaitPermission() {
  while (surroundings_.hold && !cancelled_) {
    co_await may_begin_.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
  }
}

boost::asio::awaitable<void> ShardRunner::RunTiers(std::vector<const PlannedCase*> cases) {
  std::map<const Suite*, ChosenTarget> targets;
  std::map<const Suite*, const PlannedCase*> last;
  for (const PlannedCase* planned : cases) last[planned->suite] = planned;
  std::optional<std::uint32_t> failed_tier;
  for (const PlannedCase* planned : cases) {
    co_await AwaitPermission();
    if (cancelled_) co_return;
    const Suite& suite = *planned->suite;
    const bool stopped = failed_tier && planned->tier > *failed_tier;
    CaseResult result;
    try {
      if (!stopped && !targets.contains(&suite)) {
        ChosenTarget choice = co_await ChooseTarget(suite, *planned);
        targets.emplace(&suite, std::move(choice));
      }
      const ChosenTarget& chosen = targets[&suite];
      if (stopped) {
        const std::pair<SkipReason, std::string> reason{SkipReason::kTierFailed,
                                                        fmt::format("tier {} failed", *failed_tier)};
        result = Skipped(NewResult(*planned, chosen), reason);
      } else {
        result = co_await RunCase(*planned, chosen);
      }
      // Results of two revisions are none of either: the last one says so.
      if (planned == last[&suite] && !cancelled_) co_await JudgeRevision(*planned, chosen, result);
    } catch (const std::exception& error) {
      result = NewResult(*planned, targets[&suite]);
      result.failure = Unforeseen(error);
    }
    // What the target has done is not undone by the end of the run.
    const bool is_known = after_cancel_ == AfterCancel::kNeverRun && result.outcome == Outcome::kFailed;
    if (cancelled_ && !is_known) co_return;
    const bool counts =
        result.outcome == Outcome::kFailed && suite.stop_on_failure && planned->tier <= *suite.stop_on_failure;
    if (counts && !failed_tier) failed_tier = planned->tier;
    JudgeClock(result);
    // Sessions have redacted what they know to be theirs; of the rest nothing is forgotten so.
    redactor_.Apply(result);
    observer_.on_result(run_.id, std::move(result));
  }
}

boost::asio::awaitable<CaseResult> ShardRunner::RunCase(const PlannedCase& planned, const ChosenTarget& chosen) {
  CaseResult result = NewResult(planned, chosen);
  const SteadyTime began = SteadyNow();
  if (planned.scenario->skip) {
    const std::pair<SkipReason, std::string> reason{SkipReason::kDisabled, *planned.scenario->skip};
    co_return Skipped(std::move(result), reason);
  }
  Obstacle obstacle = chosen.obstacle;
  if (!obstacle.any()) obstacle = co_await FirstUnmet(planned.scenario->requirements, planned, chosen);
  if (obstacle.skip) co_return Skipped(std::move(result), *obstacle.skip);
  if (obstacle.failure) {
    result.failure = std::move(obstacle.failure);
    co_return result;
  }
  for (std::uint32_t attempt = 1; attempt <= planned.scenario->retries + 1 && !cancelled_; ++attempt) {
    std::vector<SessionOutcome> outcomes = co_await RunSessions(planned, chosen);
    const std::size_t unfinished = std::erase_if(outcomes, [](const auto& outcome) { return outcome.cancelled; });
    CaseResult tried = NewResult(planned, chosen);
    Judge(tried, std::move(outcomes));
    JudgeSaturation(tried);
    tried.tries = attempt;
    const bool again = MayRunAgain(tried);
    if (unfinished == 0 || tried.outcome == Outcome::kFailed) result = AfterTry(std::move(result), std::move(tried));
    if (unfinished > 0 && result.failure) {
      result.failure->notes.push_back(
          {fmt::format("try {}", attempt),
           fmt::format("the run ended before {} of {} sessions", unfinished, planned.scenario->concurrent)});
    }
    if (!again) break;
  }
  result.flaky = result.outcome == Outcome::kPassed && result.tries > 1;
  result.duration = SteadyNow() - began;
  if (result.outcome == Outcome::kFailed) co_await AddServerLogs(planned, chosen, result);
  co_return result;
}

boost::asio::awaitable<void> ShardRunner::AddServerLogs(const PlannedCase& planned, const ChosenTarget& chosen,
                                                        CaseResult& result) {
  const std::vector<LogSource>& sources = planned.suite->evidence.logs;
  const bool any = std::ranges::any_of(sources, [](const LogSource& source) { return source.http.has_value(); });
  if (!any || logged_cases_ == kMaxLoggedCases) co_return;
  ++logged_cases_;
  const LogWindow window{result.failure->evidence.trace_id, result.started, result.started + result.duration};
  const SteadyTime until = SteadyNow() + kLogLimit;
  for (const LogSource& source : sources) {
    if (!source.http || cancelled_) continue;
    auto session = std::make_shared<Session>(executor_, FactsOf(planned, chosen, 0), chosen.base);
    sessions_.insert(session.get());  // so that a cancellation reaches it
    const auto leave = absl::MakeCleanup([this, &session] { sessions_.erase(session.get()); });
    LogExcerpt excerpt = co_await session->FetchLog(*source.http, window, until);
    result.failure->evidence.logs.push_back(std::move(excerpt));
  }
}

boost::asio::awaitable<void> ShardRunner::AwaitTurn() {
  const SteadyTime turn = share_.NextSession(SteadyNow());
  if (cancelled_ || turn <= SteadyNow()) co_return;
  next_turn_.expires_at(ToChrono(turn));
  co_await next_turn_.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
}

boost::asio::awaitable<std::vector<SessionOutcome>> ShardRunner::RunSessions(const PlannedCase& planned,
                                                                             const ChosenTarget& chosen) {
  const std::uint32_t count = planned.scenario->concurrent;
  struct Round {
    explicit Round(const boost::asio::any_io_executor& executor) : done(executor) {}
    std::vector<SessionOutcome> outcomes;
    std::uint32_t left = 0;
    boost::asio::steady_timer done;
  };
  SessionSlots& slots = *surroundings_.slots;
  if (!slots.MayHold(count)) {
    SessionOutcome outcome;
    outcome.failure.emplace().failure_class = FailureClass::kAgent;
    outcome.failure->message = slots.TooMany(count);
    co_return std::vector<SessionOutcome>(count, outcome);
  }
  const SessionSlots::Taken taken = co_await slots.Take(count, cancelled_);
  auto round = std::make_shared<Round>(executor_);
  round->outcomes.resize(count);
  round->left = count;
  round->done.expires_at(std::chrono::steady_clock::time_point::max());
  for (std::uint32_t i = 0; i < count; ++i) {
    co_await AwaitTurn();
    auto session = std::make_shared<Session>(executor_, FactsOf(planned, chosen, i), chosen.base);
    // One session speaks for all of a case.
    if (i == 0) session->OnStep([this, &planned](std::string_view step) { ReportStep(planned, step); });
    sessions_.insert(session.get());
    if (cancelled_) session->Cancel();
    const auto run_one = [](std::shared_ptr<ShardRunner> self, std::shared_ptr<Round> all, std::shared_ptr<Session> one,
                            std::uint32_t index) -> boost::asio::awaitable<void> {
      SessionOutcome outcome;
      try {
        outcome = co_await one->Run();
      } catch (const std::exception& error) {
        outcome.failure = Unforeseen(error);
      }
      self->sessions_.erase(one.get());
      all->outcomes[index] = std::move(outcome);
      if (--all->left == 0) all->done.cancel();
    };
    boost::asio::co_spawn(executor_, run_one(shared_from_this(), round, session, i), boost::asio::detached);
  }
  while (round->left > 0) co_await round->done.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
  co_return std::move(round->outcomes);
}

void ShardRunner::JudgeSaturation(CaseResult& result) const {
  if (!result.failure || result.failure->failure_class != FailureClass::kLatency) return;
  if (surroundings_.loop_lag < kSaturated) return;
  result.failure->failure_class = FailureClass::kAgent;
  result.failure->message = fmt::format("the agent was saturated, its event loop late by up to {}: {}",
                                        FormatElapsed(surroundings_.loop_lag), result.failure->message);
  result.outcome = Outcome::kInconclusive;
}

void ShardRunner::JudgeClock(CaseResult& result) const {
  const absl::Duration ahead = surroundings_.clock_ahead;
  if (absl::AbsDuration(ahead) <= kClocksMayDiffer) return;
  // Whole seconds, so that results of one agent have one warning. First: the wire takes so many and no more.
  const absl::Duration shown = absl::Trunc(absl::AbsDuration(ahead) + absl::Milliseconds(500), absl::Seconds(1));
  result.warnings.insert(
      result.warnings.begin(),
      fmt::format("the clock of agent {} is {} {} the coordinator's: whether this was before or after what other "
                  "agents saw is uncertain",
                  agent_.id.value(), FormatElapsed(shown), ahead > absl::ZeroDuration() ? "ahead of" : "behind"));
}

void ShardRunner::ReportStep(const PlannedCase& planned, std::string_view step) {
  // A loop of thousands of steps is not thousands of messages.
  const SteadyTime now = SteadyNow();
  if (!observer_.on_progress || (progress_of_ == &planned && now - last_progress_ < kProgressInterval)) return;
  progress_of_ = &planned;
  last_progress_ = now;
  observer_.on_progress(run_.id, planned.id.value(), step);
}

SessionFacts ShardRunner::FactsOf(const PlannedCase& planned, const ChosenTarget& chosen, std::uint64_t index) {
  SessionFacts facts;
  facts.agent = &agent_;
  facts.surroundings = &surroundings_;
  facts.planned = &planned;
  facts.target = chosen.target ? &*chosen.target : nullptr;
  if (chosen.target) facts.target_host = chosen.base.host;
  facts.variables = &run_.variables;
  facts.secrets = &run_.secrets;
  facts.unread_secrets = &run_.unread_secrets;
  facts.redactor = &redactor_;
  facts.guard = &run_.guard;
  facts.share = &share_;
  const auto data = data_.find(planned.suite);
  facts.data = data == data_.end() ? nullptr : &data->second;
  facts.is_scheduled = run_.is_scheduled;
  facts.session_id = fmt::format("{}-{}", run_.session_prefix, ++next_session_);
  facts.session_index = index;
  return facts;
}

CaseResult ShardRunner::NewResult(const PlannedCase& planned, const ChosenTarget& chosen) const {
  CaseResult result;
  result.case_id = planned.id;
  result.suite = planned.suite->name;
  result.scenario = planned.id.value().substr(std::min(planned.id.value().size(), planned.suite->name.size() + 1));
  result.started = absl::Now();
  result.revision = chosen.revision;
  if (chosen.target) {
    result.target = chosen.base.Origin();
    result.target_name = chosen.target->name;
  }
  return result;
}

}  // namespace wsfleet::engine
