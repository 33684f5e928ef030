#include "monitoring/port.h"

#include <chrono>
#include <mutex>
#include <optional>
#include <utility>

#include "core/base/text.h"
#include "fmt/format.h"

namespace wsfleet::monitoring {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kMaxWaiting = 256;

HttpReply Plain(unsigned status, std::string body) {
  HttpReply reply;
  reply.status = status;
  reply.body = std::move(body);
  return reply;
}

HttpReply Readiness(const std::vector<std::string>& obstacles) {
  if (obstacles.empty()) return Plain(200, "ready\n");
  std::string body = "not ready\n";
  for (const std::string& obstacle : obstacles) body += fmt::format("- {}\n", Printable(obstacle));
  return Plain(503, std::move(body));
}

}  // namespace

// What is asked of the program, and by whom. Any thread.
class Port::Questions : public std::enable_shared_from_this<Questions> {
 public:
  // The program's newest answer; called on the thread of that, or at once.
  using Then = std::function<void(const std::vector<std::string>& obstacles)>;

  Questions(Settings settings, const Metrics& metrics) : settings_(std::move(settings)), metrics_(metrics) {}

  void Attach(Ask ask) {
    const std::lock_guard lock(mutex_);
    ask_ = std::move(ask);
    asked_.reset();
    answered_.reset();
  }

  void Detach(std::string why) {
    const std::vector<std::string> obstacles{std::move(why)};
    std::vector<Then> waiting;
    {
      const std::lock_guard lock(mutex_);
      ask_ = nullptr;
      asked_.reset();
      obstacles_ = obstacles;
      waiting.swap(waiting_);
    }
    for (const Then& then : waiting) then(obstacles);
  }

  HttpServer::Late Serve(std::string_view path, HttpServer::Answer answer) {
    if (path == "/livez") {
      answer(Liveness());
    } else if (path == "/readyz") {
      Find([answer](const std::vector<std::string>& obstacles) { answer(Readiness(obstacles)); });
      return [] { return Plain(503, "not ready\n- the thread that decides did not answer in time\n"); };
    } else if (path == "/metrics") {
      Find([answer, this, self = shared_from_this()](const std::vector<std::string>&) { answer(Rendered()); });
      // Counters are right even so.
      return [this, self = shared_from_this()] { return Rendered(); };
    } else {
      answer(Plain(404, "expected /livez, /readyz or /metrics\n"));
    }
    return [] { return Plain(503, "not answered in time\n"); };
  }

 private:
  HttpReply Rendered() const {
    HttpReply reply = Plain(200, metrics_.Render());
    reply.content_type = Metrics::kContentType;
    return reply;
  }

  HttpReply Liveness() {
    {
      const std::lock_guard lock(mutex_);
      const absl::Duration silent = asked_ ? absl::FromChrono(Clock::now() - *asked_) : absl::ZeroDuration();
      if (silent > settings_.stuck) {
        return Plain(503, fmt::format("the thread that decides has not answered for {}\n", FormatElapsed(silent)));
      }
    }
    Find([](const auto&) {});
    return Plain(200, "alive\n");
  }

  void Find(Then then) {
    std::vector<std::string> known;
    {
      const std::lock_guard lock(mutex_);
      const bool fresh = answered_ && absl::FromChrono(Clock::now() - *answered_) < settings_.fresh;
      if (ask_ && !fresh) {
        // Those that have waited longest were given up by their connections.
        if (waiting_.size() == kMaxWaiting) waiting_.erase(waiting_.begin());
        waiting_.push_back(std::move(then));
        if (asked_) return;
        asked_ = Clock::now();
        // Under the mutex, so that nobody is asked after Detach().
        ask_([weak = weak_from_this(), round = ++round_](std::vector<std::string> obstacles) {
          if (const auto self = weak.lock()) self->OnAnswer(round, std::move(obstacles));
        });
        return;
      }
      known = obstacles_;
    }
    then(known);
  }

  void OnAnswer(std::uint64_t round, std::vector<std::string> obstacles) {
    std::vector<Then> waiting;
    {
      const std::lock_guard lock(mutex_);
      if (!ask_ || round != round_) return;
      asked_.reset();
      answered_ = Clock::now();
      obstacles_ = obstacles;
      waiting.swap(waiting_);
    }
    for (const Then& then : waiting) then(obstacles);
  }

  const Settings settings_;
  const Metrics& metrics_;
  std::mutex mutex_;
  Ask ask_;
  std::uint64_t round_ = 0;
  std::optional<Clock::time_point> asked_;  // and not answered
  std::optional<Clock::time_point> answered_;
  std::vector<std::string> obstacles_{"it is starting"};
  std::vector<Then> waiting_;
};

absl::StatusOr<std::unique_ptr<Port>> Port::Start(Settings settings, const Metrics& metrics) {
  auto questions = std::make_shared<Questions>(settings, metrics);
  std::unique_ptr<Port> port(new Port(questions));
  auto server = HttpServer::Start(
      settings.address,
      [questions](std::string_view path, HttpServer::Answer answer) {
        return questions->Serve(path, std::move(answer));
      },
      settings.http);
  if (!server.ok()) return server.status();
  port->server_ = *std::move(server);
  return port;
}

Port::~Port() { questions_->Detach("it is ending"); }

void Port::Attach(Ask ask) { questions_->Attach(std::move(ask)); }
void Port::Detach(std::string why) { questions_->Detach(std::move(why)); }

}  // namespace wsfleet::monitoring
