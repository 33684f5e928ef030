#include "cli/run/job_feed.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <random>
#include <utility>

#include "core/base/text.h"
#include "fmt/format.h"
#include "proto/wire/convert.h"

namespace wsfleet::cli {
namespace {

constexpr std::size_t kMaxQueued = 256;
constexpr absl::Duration kReconnectSlice = absl::Milliseconds(200);
constexpr int kSlicesOfAnAddress = 5;
constexpr std::chrono::milliseconds kFirstBackoff{100};
constexpr std::chrono::milliseconds kMaxBackoff{3000};

// What a coordinator that restarts, or a path to it, may answer; anything else it means.
bool MayComeBack(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kDeadlineExceeded:
    case absl::StatusCode::kCancelled:
    case absl::StatusCode::kInternal:
    case absl::StatusCode::kUnknown:
    case absl::StatusCode::kAborted:
    case absl::StatusCode::kResourceExhausted:
      return true;
    default:
      return false;
  }
}

}  // namespace

JobFeed::JobFeed(CoordinatorClient& client, std::string job, absl::Duration reconnect_limit, Clock clock)
    : client_(client),
      job_(std::move(job)),
      reconnect_limit_(reconnect_limit),
      clock_(std::move(clock)),
      ready_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK | EFD_SEMAPHORE)),
      last_contact_(clock_()),
      thread_([this] { Run(); }) {}

JobFeed::~JobFeed() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    if (context_ != nullptr) context_->TryCancel();
  }
  changed_.notify_all();
  thread_.join();
  close(ready_);
}

std::optional<JobFeed::Item> JobFeed::Take() {
  const std::lock_guard lock(mutex_);
  if (items_.empty()) return std::nullopt;
  std::optional<Item> item = std::move(items_.front());
  items_.pop_front();
  std::uint64_t one = 0;
  [[maybe_unused]] const ssize_t got = read(ready_, &one, sizeof(one));
  changed_.notify_all();
  return item;
}

JobFeed::Item JobFeed::Next() {
  while (true) {
    if (auto item = Take()) return *std::move(item);
    pollfd event{ready_, POLLIN, 0};
    poll(&event, 1, -1);
  }
}

void JobFeed::Push(Item item) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return stopping_ || items_.size() < kMaxQueued; });
  if (stopping_) return;
  items_.push_back(std::move(item));
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = write(ready_, &one, sizeof(one));
}

bool JobFeed::ReadStream(absl::Status& status) {
  grpc::ClientContext context;
  client_.Prepare(context);
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) return true;
    context_ = &context;
  }
  v1::WatchJobRequest request;
  request.set_fleet(client_.fleet());
  request.set_job(job_);
  request.set_after(cursor_);
  const auto stream = client_.jobs().Watch(&context, request);
  bool ended = false, heard = false;
  for (v1::JobEvent event; stream->Read(&event); event.Clear()) {
    heard = true;
    cursor_ = std::max(cursor_, event.number());
    ended = ended || (event.has_job() && !event.job().verdict().empty());
    Push(std::move(event));
  }
  status = wire::FromGrpc(stream->Finish());
  // However long nothing happened: until now there was a connection.
  if (heard) last_contact_ = clock_();
  const std::lock_guard lock(mutex_);
  context_ = nullptr;
  // A stream that ended well has shown the run's end.
  return ended || status.ok();
}

void JobFeed::Run() {
  std::minstd_rand random(std::random_device{}());
  std::chrono::milliseconds backoff = kFirstBackoff;
  while (true) {
    const auto before = last_contact_;
    absl::Status status;
    if (ReadStream(status)) return Push(Ended{absl::OkStatus()});
    if (!MayComeBack(status)) return Push(Ended{status});
    if (IsTimeOver()) {
      return Push(Ended{
          absl::UnavailableError(fmt::format("no connection for {} ({}); the run may go on: `wsfleet runs watch {}`",
                                             DurationText(reconnect_limit_), ToStd(status.message()), job_))});
    }
    if (last_contact_ != before) backoff = kFirstBackoff;
    if (absl::IsUnavailable(status)) client_.Reroute(status);
    Push(Broken{std::string(ToStd(status.message()))});
    const auto wait = backoff * std::uniform_int_distribution<int>(50, 100)(random) / 100;
    backoff = std::min(backoff * 2, kMaxBackoff);
    {
      std::unique_lock lock(mutex_);
      if (changed_.wait_for(lock, wait, [this] { return stopping_; })) return;
    }
    if (!Reconnect()) return;
  }
}

bool JobFeed::IsTimeOver() const { return absl::FromChrono(clock_() - last_contact_) > reconnect_limit_; }

bool JobFeed::Reconnect() {
  // Somebody has to wait on the channel: between calls nobody drives its attempts to connect.
  for (int slices = 1; !client_.AwaitConnection(kReconnectSlice); ++slices) {
    // Another coordinator may have taken over.
    if (slices % kSlicesOfAnAddress == 0) client_.Reroute(absl::UnavailableError("no connection"));
    const std::lock_guard lock(mutex_);
    if (stopping_) return false;
    if (IsTimeOver()) return true;  // the next call says why
  }
  return true;
}

}  // namespace wsfleet::cli
