#include "cli/run/follow.h"

#include <poll.h>

#include <array>
#include <optional>

#include "absl/time/clock.h"
#include "cli/run/job_feed.h"
#include "cli/run/runs.h"
#include "cli/terminal/keyboard.h"
#include "core/base/text.h"
#include "fmt/format.h"

namespace wsfleet::cli {
namespace {

constexpr absl::Duration kReconnectLimit = absl::Seconds(60);
constexpr absl::Duration kCancelLimit = absl::Seconds(5);
constexpr absl::Duration kRedrawInterval = absl::Milliseconds(200);

class Follower {
 public:
  Follower(CoordinatorClient& client, const std::string& job, const FollowOptions& options, Progress& progress,
           Interrupt& interrupt)
      : client_(client),
        job_(job),
        options_(options),
        progress_(progress),
        interrupt_(interrupt),
        feed_(client, job, kReconnectLimit) {
    if (options.keys) keyboard_.emplace(interrupt);
  }

  absl::StatusOr<Followed> Run() {
    while (true) {
      Wait();
      while (auto item = feed_.Take()) {
        if (const auto* ended = std::get_if<JobFeed::Ended>(&*item)) return End(ended->status);
        Show(*item);
      }
      if (!cancelled_at_ && interrupt_.happened()) {
        if (!options_.cancel_on_interrupt) return Followed::kInterrupted;
        Cancel();
      }
      if (cancelled_at_ && absl::Now() - *cancelled_at_ > kCancelLimit) return Followed::kInterrupted;
      if (keyboard_ && keyboard_->Take() == 'd') return Followed::kDetached;
    }
  }

 private:
  // Until there is something to do.
  void Wait() {
    std::array<pollfd, 3> events{{{feed_.descriptor(), POLLIN, 0},
                                  {cancelled_at_ ? -1 : interrupt_.descriptor(), POLLIN, 0},
                                  {keyboard_ ? keyboard_->descriptor() : -1, POLLIN, 0}}};
    absl::Duration limit = absl::InfiniteDuration();
    if (progress_.live()) limit = kRedrawInterval;
    if (cancelled_at_) limit = std::min(limit, *cancelled_at_ + kCancelLimit - absl::Now() + absl::Milliseconds(1));
    const int timeout = limit == absl::InfiniteDuration()
                            ? -1
                            : static_cast<int>(absl::ToInt64Milliseconds(std::max(limit, absl::ZeroDuration())));
    if (poll(events.data(), events.size(), timeout) == 0) progress_.Redraw();
  }

  void Show(const JobFeed::Item& item) {
    if (const auto* broken = std::get_if<JobFeed::Broken>(&item)) {
      // One line for one outage, however often it is tried.
      if (!broken_) progress_.Say(fmt::format("the connection broke ({}); trying again", Printable(broken->why)));
      broken_ = true;
    } else {
      if (broken_) progress_.Say("connected again");
      broken_ = false;
      progress_.Show(std::get<v1::JobEvent>(item));
    }
  }

  void Cancel() {
    cancelled_at_ = absl::Now();
    const std::string why = interrupt_.signal_name();
    progress_.Say(fmt::format("cancelling run {} ({} again ends at once)", job_, why));
    const absl::Status status = CancelJob(client_, job_, why, "", kCancelLimit).status();
    if (!status.ok()) progress_.Say(fmt::format("it could not be cancelled: {}", ToStd(status.message())));
  }

  absl::StatusOr<Followed> End(const absl::Status& status) {
    if (status.ok()) return Followed::kToTheEnd;
    if (cancelled_at_) return Followed::kInterrupted;
    return status;
  }

  CoordinatorClient& client_;
  const std::string& job_;
  const FollowOptions& options_;
  Progress& progress_;
  Interrupt& interrupt_;
  JobFeed feed_;
  std::optional<Keyboard> keyboard_;
  std::optional<absl::Time> cancelled_at_;
  bool broken_ = false;
};

}  // namespace

absl::StatusOr<Followed> Follow(CoordinatorClient& client, const std::string& job, const FollowOptions& options,
                                Progress& progress, Interrupt& interrupt) {
  return Follower(client, job, options, progress, interrupt).Run();
}

}  // namespace wsfleet::cli
