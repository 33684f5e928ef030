#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "coordinator/rpc/backend.h"
#include "coordinator/rpc/outbound.h"
#include "grpcpp/support/server_callback.h"
#include "wsfleet/v1/job.grpc.pb.h"

namespace wsfleet::coordinator {

// One client that watches one job: a loop over "events after N", read from the store on a reader's thread and woken
// when more are durable. The next page is read when the last one was written, so a slow client slows only its own
// stream down. Runs on the fleet strand; reactions post to it.
//
// Results and notes are sent as they are. A change of the job is sent with the job as it is now, and only if no event
// follows that the client does not have yet: otherwise it would see the end of a run before its last results. A change
// that was passed over that way is made up for by a snapshot (number 0) at the end of the page.
class JobWatch : public grpc::ServerWriteReactor<v1::JobEvent>, public std::enable_shared_from_this<JobWatch> {
 public:
  JobWatch(Backend& backend, grpc::CallbackServerContext& context, const v1::WatchJobRequest& request);

  // Once, before gRPC gets the pointer. It lives until gRPC has reported its end.
  void Begin(const absl::StatusOr<FleetHost*>& host);

 private:
  struct Page {
    store::JobReader::JobView view;
    std::vector<store::JobReader::EventView> events;  // none newer than the view
    bool is_last = false;                             // the view is that of its last event
  };

  void OnWriteDone(bool ok) override;
  void OnCancel() override;
  void OnDone() override;

  void Watch();
  void OnWake(std::uint64_t last_event);
  void OnTick(const v1::ProgressTick& tick);
  void ReadPage();
  absl::StatusOr<Page> PageAfter(std::uint64_t cursor) const;
  void OnPage(absl::StatusOr<Page> page);
  // As much of it as there is room for.
  absl::Status SendPage(Page& page);
  absl::Status SendJob(const Page& page, std::uint64_t number, absl::Time at);
  bool MayBeMore() const { return known_ > cursor_ || look_again_; }
  void Leave();
  void End(const grpc::Status& status);

  Backend& backend_;
  FleetHost* host_ = nullptr;
  const JobId job_;
  std::uint64_t cursor_;
  std::uint64_t known_ = 0;  // events up to here are durable
  bool look_again_ = false;  // although nothing newer is known
  bool reading_ = false;
  bool read_once_ = false;
  bool job_is_stale_ = false;  // a change was passed over
  std::optional<WatcherId> watcher_;
  Outbound<v1::JobEvent> outbound_;
  std::shared_ptr<JobWatch> self_;  // until OnDone: gRPC holds a plain pointer
};

}  // namespace wsfleet::coordinator
