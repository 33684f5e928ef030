#include "agent/machine.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace wsfleet::agent {
namespace {

using ::testing::AnyOf;
using ::testing::ElementsAre;
using ::testing::Not;
using ::testing::Pair;

TEST(MachineLabels, AreThoseThatTheLanguageNames) {
  EXPECT_THAT(MachineLabels(), ElementsAre(Pair("arch", Not("")), Pair("ipv6", AnyOf("true", "false")),
                                           Pair("os", "linux"), Pair("source_addresses", "1")));
}

}  // namespace
}  // namespace wsfleet::agent
