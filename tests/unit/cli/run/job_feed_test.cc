#include "cli/run/job_feed.h"

#include <atomic>
#include <memory>
#include <string>

#include "absl/time/clock.h"
#include "coordinator/tls/ephemeral_ca.h"
#include "grpcpp/security/server_credentials.h"
#include "grpcpp/server_builder.h"
#include "gtest/gtest.h"
#include "tests/support/temporary_directory.h"

namespace wsfleet::cli {
namespace {

using testing::ReadWholeFile;

// Shows a run that goes on, and breaks when it is told; shows its end to whoever comes again.
class BreakingJobs final : public v1::Jobs::Service {
 public:
  explicit BreakingJobs(const coordinator::EphemeralCaFiles& files) {
    grpc::SslServerCredentialsOptions tls;
    tls.pem_key_cert_pairs.push_back({ReadWholeFile(files.server_key), ReadWholeFile(files.server_certificate)});
    grpc::ServerBuilder builder;
    int port = 0;
    builder.AddListeningPort("127.0.0.1:0", grpc::SslServerCredentials(tls), &port);
    builder.RegisterService(this);
    server_ = builder.BuildAndStart();
    address_ = "127.0.0.1:" + std::to_string(port);
  }
  ~BreakingJobs() override { server_->Shutdown(); }

  grpc::Status Watch(grpc::ServerContext*, const v1::WatchJobRequest* request,
                     grpc::ServerWriter<v1::JobEvent>* events) override {
    v1::JobEvent event;
    event.set_number(request->after() + 1);
    const bool again = request->after() > 0;
    event.mutable_job()->set_verdict(again ? "passed" : "");
    events->Write(event);
    if (again) return grpc::Status::OK;
    breaks_.wait(false);
    return {grpc::StatusCode::UNAVAILABLE, "the coordinator is stopping"};
  }

  void Break() {
    breaks_ = true;
    breaks_.notify_all();
  }
  const std::string& address() const { return address_; }

 private:
  std::atomic<bool> breaks_ = false;
  std::string address_;
  std::unique_ptr<grpc::Server> server_;
};

TEST(JobFeed, OfARunThatWasQuietForLongIsTakenUpAgainWhenItsConnectionBreaks) {
  const testing::TemporaryDirectory directory;
  const std::string folder = (directory.path() / "ca").string();
  ASSERT_TRUE(coordinator::MakeEphemeralCa(folder, absl::Now()).ok());
  const coordinator::EphemeralCaFiles files(folder);
  BreakingJobs jobs(files);
  Endpoint endpoint;
  endpoint.address = jobs.address();
  endpoint.ca_file = files.ca;
  endpoint.token_file = files.client_token;
  auto client = CoordinatorClient::Open(endpoint);
  ASSERT_TRUE(client.ok()) << client.status();
  std::atomic<int> minutes = 0;
  JobFeed feed(**client, "r-1", absl::Minutes(1),
               [&minutes] { return std::chrono::steady_clock::time_point(std::chrono::minutes(minutes.load())); });
  ASSERT_TRUE(std::holds_alternative<v1::JobEvent>(feed.Next()));
  minutes = 5;
  jobs.Break();
  EXPECT_TRUE(std::holds_alternative<JobFeed::Broken>(feed.Next()));
  const JobFeed::Item last_event = feed.Next();
  ASSERT_TRUE(std::holds_alternative<v1::JobEvent>(last_event));
  EXPECT_EQ(std::get<v1::JobEvent>(last_event).job().verdict(), "passed");
  const JobFeed::Item end = feed.Next();
  ASSERT_TRUE(std::holds_alternative<JobFeed::Ended>(end));
  EXPECT_TRUE(std::get<JobFeed::Ended>(end).status.ok());
}

}  // namespace
}  // namespace wsfleet::cli
