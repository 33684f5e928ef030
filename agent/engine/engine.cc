#include "agent/engine/engine.h"

#include <algorithm>
#include <atomic>
#include <map>
#include <thread>

#include "agent/engine/name_resolver.h"
#include "agent/engine/shard_runner.h"
#include "agent/engine/steady_clock.h"
#include "boost/asio/co_spawn.hpp"
#include "boost/asio/detached.hpp"
#include "boost/asio/executor_work_guard.hpp"
#include "boost/asio/io_context.hpp"
#include "boost/asio/post.hpp"
#include "boost/asio/steady_timer.hpp"

namespace wsfleet::engine {
namespace {

constexpr std::chrono::milliseconds kLagInterval{100};
constexpr int kLagWindow = 50;  // intervals: 5 s

}  // namespace

// The engine's thread and what lives on it.
class Engine::Loop {
 public:
  Loop(AgentFacts facts, EngineOptions options)
      : facts_(std::move(facts)),
        options_(std::move(options)),
        traffic_(options_.traffic),
        context_(1),
        work_(context_.get_executor()),
        slots_(context_.get_executor(), options_.max_sessions),
        lag_timer_(context_) {
    if (!options_.name_servers.empty()) {
      NameResolver::Of(context_.get_executor()).UseServers(options_.name_servers);
    }
    surroundings_.traffic = &traffic_;
    held_.most = options_.max_held_bytes;
    surroundings_.held = &held_;
    surroundings_.slots = &slots_;
    WatchLag();
    thread_ = std::thread([this] { context_.run(); });
  }

  ~Loop() {
    boost::asio::post(context_, [this] {
      stopping_ = true;
      lag_timer_.cancel();
      for (const auto& [id, runner] : runners_) runner->Cancel(AfterCancel::kRunElsewhere);
      NameResolver::Of(context_.get_executor()).Stop();
      work_.reset();
    });
    thread_.join();
  }

  void Start(ShardRun run, ShardObserver observer) {
    boost::asio::post(context_, [this, run = std::move(run), observer = std::move(observer)]() mutable {
      const RunId id = run.id;
      const auto on_done = observer.on_done;
      observer.on_done = [this, on_done](RunId ended, ShardEnding ending) {
        runners_.erase(ended);
        on_done(ended, ending);
      };
      auto runner = std::make_shared<ShardRunner>(context_.get_executor(), facts_, surroundings_, std::move(run),
                                                  std::move(observer));
      runners_[id] = runner;
      if (stopping_) runner->Cancel(AfterCancel::kRunElsewhere);
      boost::asio::co_spawn(context_, runner->Run(), boost::asio::detached);
    });
  }

  void Cancel(RunId id, AfterCancel after) {
    boost::asio::post(context_, [this, id, after] {
      const auto found = runners_.find(id);
      if (found != runners_.end()) found->second->Cancel(after);
    });
  }

  void Hold(bool hold) {
    boost::asio::post(context_, [this, hold] {
      surroundings_.hold = hold;
      for (const auto& [id, runner] : runners_) runner->OnHoldChanged();
    });
  }

  void SetClockAhead(absl::Duration ahead) {
    boost::asio::post(context_, [this, ahead] { surroundings_.clock_ahead = ahead; });
  }

  const Traffic& traffic() const { return traffic_; }

  Health health() const {
    Health health;
    health.loop_lag = absl::Microseconds(lag_microseconds_.load());
    health.open_sessions = open_sessions_.load();
    health.open_sockets = health.open_sessions;
    return health;
  }

 private:
  // How late a timer fires is how late everything else is.
  void WatchLag() {
    const SteadyTime due = SteadyNow() + absl::FromChrono(kLagInterval);
    lag_timer_.expires_after(kLagInterval);
    lag_timer_.async_wait([this, due](const boost::system::error_code& error) {
      if (error || stopping_) return;
      lags_[next_lag_++ % kLagWindow] = absl::ToInt64Microseconds(SteadyNow() - due);
      lag_microseconds_ = *std::max_element(std::begin(lags_), std::end(lags_));
      surroundings_.loop_lag = absl::Microseconds(lag_microseconds_.load());
      std::uint32_t sessions = 0;
      for (const auto& [id, runner] : runners_) sessions += runner->open_sessions();
      open_sessions_ = sessions;
      WatchLag();
    });
  }

  const AgentFacts facts_;
  const EngineOptions options_;
  Traffic traffic_;
  HeldBytes held_;
  Surroundings surroundings_;
  boost::asio::io_context context_;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  SessionSlots slots_;
  boost::asio::steady_timer lag_timer_;
  std::map<RunId, std::shared_ptr<ShardRunner>> runners_;
  std::int64_t lags_[kLagWindow] = {};
  std::size_t next_lag_ = 0;
  bool stopping_ = false;
  std::atomic<std::int64_t> lag_microseconds_{0};
  std::atomic<std::uint32_t> open_sessions_{0};
  std::thread thread_;
};

Engine::Engine(AgentFacts facts, EngineOptions options)
    : loop_(std::make_unique<Loop>(std::move(facts), std::move(options))) {}
Engine::~Engine() = default;

void Engine::Start(ShardRun run, ShardObserver observer) { loop_->Start(std::move(run), std::move(observer)); }
void Engine::Cancel(RunId run, AfterCancel after) { loop_->Cancel(run, after); }
void Engine::Hold(bool hold) { loop_->Hold(hold); }
void Engine::SetClockAhead(absl::Duration ahead) { loop_->SetClockAhead(ahead); }
Engine::Health Engine::health() const { return loop_->health(); }
const Traffic& Engine::traffic() const { return loop_->traffic(); }

}  // namespace wsfleet::engine
