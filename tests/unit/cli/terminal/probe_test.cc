#include "cli/terminal/probe.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/unit/cli/record.h"

namespace wsfleet::cli {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;

std::string Probed(const std::string& target, std::uint32_t connections, const std::string& tls_version) {
  RunRecord record = BrokenInOneRegion();
  record.shards.resize(1);
  record.shards[0].cases.resize(1);
  CaseResult& result = record.shards[0].cases[0];
  result.target = target;
  result.proof.connections = connections;
  result.proof.tls_version = tls_version;
  if (!tls_version.empty()) result.proof.tls_cipher = "TLS_AES_256_GCM_SHA384";
  return RenderProbe(record);
}

TEST(Probe, NamesTheProtocolOnlyWhereItWasSpoken) {
  EXPECT_THAT(Probed("wss://chat:443", 1, "TLSv1.3"), HasSubstr("TLSv1.3 TLS_AES_256_GCM_SHA384"));
  EXPECT_THAT(Probed("ws://chat:80", 1, ""), HasSubstr("no TLS"));
  for (const auto& [target, connections] :
       {std::pair<const char*, std::uint32_t>{"wss://chat:443", 0}, {"wss://chat:443", 1}, {"ws://chat:80", 0}}) {
    EXPECT_THAT(Probed(target, connections, ""), EndsWith("  -\n")) << target << connections;
  }
}

}  // namespace
}  // namespace wsfleet::cli
