#include "agent/bundle_source.h"

#include <string>

#include "grpcpp/create_channel.h"
#include "grpcpp/security/credentials.h"
#include "gtest/gtest.h"
#include "proto/wire/bundle.h"

namespace wsfleet::agent {
namespace {

// Nobody listens where it would fetch from.
class OfferedBundles : public ::testing::Test {
 protected:
  static Bundle Gate() {
    Bundle bundle;
    bundle.files["gate.wsfleet.yaml"] = "version: wsfleet/v1\n";
    return bundle;
  }

  absl::StatusOr<std::shared_ptr<const Bundle>> Get(const BundleDigest& digest) {
    absl::StatusOr<std::shared_ptr<const Bundle>> got = absl::UnknownError("no answer");
    source_.Get(digest, [&](const auto& bundle) {
      got = bundle;
      strand_.stop();
    });
    strand_.restart();
    const auto work = boost::asio::make_work_guard(strand_);
    strand_.run();
    return got;
  }

  boost::asio::io_context strand_;
  Endpoints endpoints_{{"127.0.0.1:1"}, [](const std::string& address) {
                         return grpc::CreateChannel(address, grpc::InsecureChannelCredentials());
                       }};
  BundleSource source_{strand_, endpoints_, FleetName("default"), AgentId("eu-1"), [] {}};
};

TEST_F(OfferedBundles, AreNotFetched) {
  const std::string canonical = wire::CanonicalForm(Gate());
  source_.Offer(wire::Digest(canonical), canonical);
  const auto bundle = Get(wire::Digest(canonical));
  ASSERT_TRUE(bundle.ok()) << bundle.status();
  EXPECT_EQ((*bundle)->files, Gate().files);
}

TEST_F(OfferedBundles, AreNotTakenIfTheyAreNotWhatTheirDigestSays) {
  const std::string canonical = wire::CanonicalForm(Gate());
  source_.Offer(wire::Digest("something else"), canonical);
  EXPECT_TRUE(absl::IsUnavailable(Get(wire::Digest("something else")).status()));
}

}  // namespace
}  // namespace wsfleet::agent
