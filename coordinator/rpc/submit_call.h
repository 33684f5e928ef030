#pragma once

#include <memory>
#include <string>

#include "boost/asio/steady_timer.hpp"
#include "coordinator/rpc/backend.h"
#include "coordinator/rpc/bundle_upload.h"
#include "coordinator/rpc/submission.h"
#include "grpcpp/support/server_callback.h"
#include "wsfleet/v1/job.grpc.pb.h"

namespace wsfleet::coordinator {

// One submit: gathers header and chunks, bounded in size and time; then, each step after the other, the bundle is
// resolved on a thread for that, stored on the store's, and the job handed to the machine, whose answer ends the call.
// A client that leaves once everything was sent leaves a job behind all the same. Runs on the fleet strand; gRPC's
// reactions and the steps post to it.
class SubmitCall : public grpc::ServerReadReactor<v1::SubmitRequest>, public std::enable_shared_from_this<SubmitCall> {
 public:
  SubmitCall(Backend& backend, grpc::CallbackServerContext& context, v1::SubmitReply& reply);

  // Once, before gRPC gets the pointer. It lives until gRPC has reported its end and the last step is done.
  void Begin(const grpc::Status& refusal);

 private:
  void OnReadDone(bool ok) override;
  void OnCancel() override;
  void OnDone() override;

  template <typename Step>
  void Post(Step step);
  void ReadPart();
  void Receive(bool ok);
  grpc::Status Take(v1::SubmitRequest& part);
  void OnPrepared(absl::StatusOr<Submission> submission);
  void AskMachine(Submission submission);
  void OnAnswer(const absl::Status& status, const JobId& job, bool attached);
  void End(const grpc::Status& status);

  Backend& backend_;
  FleetHost* host_ = nullptr;             // since its header
  grpc::CallbackServerContext& context_;  // and the reply: until the end
  v1::SubmitReply& reply_;
  bool ended_ = false;
  Slots::Slot slot_;
  absl::Time deadline_ = absl::InfiniteFuture();  // of everything that the client sends
  boost::asio::steady_timer patience_;
  v1::SubmitRequest part_;
  v1::SubmitHeader header_;
  bool has_header_ = false;
  BundleUpload bundle_;
  const JobId job_;
  std::shared_ptr<SubmitCall> self_;  // until OnDone: gRPC holds a plain pointer
};

}  // namespace wsfleet::coordinator
