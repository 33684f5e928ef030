#include "cli/connection.h"

#include <memory>
#include <string>

#include "absl/time/clock.h"
#include "cli/exit_code.h"
#include "coordinator/tls/ephemeral_ca.h"
#include "core/base/text.h"
#include "gmock/gmock.h"
#include "grpcpp/security/server_credentials.h"
#include "grpcpp/server_builder.h"
#include "gtest/gtest.h"
#include "tests/support/temporary_directory.h"

namespace wsfleet::cli {
namespace {

using ::testing::HasSubstr;

TEST(Connection, ToAnotherListenerSaysWhatWasExpectedAtOnce) {
  const testing::TemporaryDirectory directory;
  const std::string folder = (directory.path() / "ca").string();
  ASSERT_TRUE(coordinator::MakeEphemeralCa(folder, absl::Now()).ok());
  const coordinator::EphemeralCaFiles files(folder);
  // As the enrolment listener: with the coordinator's certificate, without what clients ask for.
  v1::Enrolment::Service enrolment;
  grpc::SslServerCredentialsOptions tls;
  tls.pem_key_cert_pairs.push_back(
      {testing::ReadWholeFile(files.server_key), testing::ReadWholeFile(files.server_certificate)});
  grpc::ServerBuilder builder;
  int port = 0;
  builder.AddListeningPort("127.0.0.1:0", grpc::SslServerCredentials(tls), &port);
  builder.RegisterService(&enrolment);
  const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  Endpoint endpoint;
  endpoint.address = "127.0.0.1:" + std::to_string(port);
  endpoint.source = "--coordinator";
  endpoint.ca_file = files.ca;
  auto client = CoordinatorClient::Open(endpoint);
  ASSERT_TRUE(client.ok()) << client.status();
  bool waited = false;
  const absl::Status status = (*client)->Connect([&](const std::string&) { waited = true; }).status();
  EXPECT_EQ(ExitCodeOf(status), kInconclusiveCode);
  EXPECT_FALSE(waited);
  EXPECT_THAT(std::string(ToStd(status.message())),
              HasSubstr("expected its client listener (--client-listen, port 7421 by default), found another listener "
                        "of wsfleet, or another gRPC server; check --coordinator"));
}

}  // namespace
}  // namespace wsfleet::cli
