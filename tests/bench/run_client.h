#pragma once

#include <functional>
#include <memory>
#include <string>

#include "absl/time/time.h"
#include "grpcpp/client_context.h"
#include "tests/support/real_fleet.h"
#include "wsfleet/v1/job.grpc.pb.h"

namespace wsfleet::testing {

// What the command line does at a coordinator, without the command line. Ends the program, with the reason, if
// something is refused: a figure of a run that did not happen is none.
class RunClient {
 public:
  explicit RunClient(const RealFleet& fleet);
  // `authority`: PEM; empty: plain text.
  RunClient(const std::string& address, const std::string& authority, std::string token);

  // Returns its id.
  std::string Submit(const std::string& canonical, const std::function<void(v1::SubmitHeader&)>& change = {});

  // Every event until the run has ended.
  void Watch(const std::string& job, const std::function<void(const v1::JobEvent&)>& on_event);

  v1::Job Get(const std::string& job);

 private:
  void Prepare(grpc::ClientContext& context) const;

  std::string token_;
  std::unique_ptr<v1::Jobs::Stub> stub_;
};

}  // namespace wsfleet::testing
