#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "coordinator/rpc/admission.h"
#include "coordinator/rpc/backend.h"
#include "coordinator/rpc/outbound.h"
#include "coordinator/rpc/watch_page.h"
#include "grpcpp/support/server_callback.h"
#include "wsfleet/v1/job.grpc.pb.h"

namespace wsfleet::coordinator {

// One client that watches one job: a loop over what changed after its cursor, a page at a time, read from the store on
// a reader's thread (watch_page.h) and woken when more is durable. The next page is read when the last one was written,
// so a slow client slows only its own stream down. It ends when its token is no good any more. Runs on the fleet
// strand; reactions post to it.
class JobWatch : public grpc::ServerWriteReactor<v1::JobEvent>, public std::enable_shared_from_this<JobWatch> {
 public:
  JobWatch(Backend& backend, grpc::CallbackServerContext& context, const v1::WatchJobRequest& request);

  // Once, before gRPC gets the pointer. It lives until gRPC has reported its end.
  void Begin(const absl::StatusOr<Admission>& admission);

 private:
  void OnWriteDone(bool ok) override;
  void OnCancel() override;
  void OnDone() override;

  void Watch();
  void OnWake(std::uint64_t last_event);
  void OnTick(const v1::ProgressTick& tick);
  void ReadPage();
  absl::StatusOr<WatchPage> PageAfter(const WatchState& state) const;
  void OnPage(absl::StatusOr<WatchPage> page);
  bool HasMore() const { return has_more_ || must_look_ || known_ > state_.cursor.event; }
  // Ends it if the token is no good any more.
  bool MayGoOn();
  void Leave();
  void End(const grpc::Status& status);

  Backend& backend_;
  std::optional<Admission> admission_;
  FleetHost* host_ = nullptr;
  const JobId job_;
  WatchState state_;
  std::uint64_t known_ = 0;  // events up to here are durable
  bool has_more_ = false;
  bool must_look_ = false;  // nobody knows how far it got: the fleet was loaded again
  bool reading_ = false;
  std::optional<WatcherId> watcher_;
  Outbound<v1::JobEvent> outbound_;
  std::shared_ptr<JobWatch> self_;  // until OnDone: gRPC holds a plain pointer
};

}  // namespace wsfleet::coordinator
