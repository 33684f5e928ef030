#include "core/policy/fleet_policy.h"

#include <string>
#include <utility>
#include <vector>

#include "core/base/text.h"
#include "fmt/format.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace wsfleet {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr char kWholePolicy[] = R"(version: wsfleet/v1
targets:
  - host: Chat.example.com
  - {host: "*.lab.example.com", ports: [443, 9000], special_addresses: [10.0.0.0/8, "fd00::/8"]}
  - host: "::FFFF:10.0.0.7"
    budget: {name: chat-eu.2, connections: 500, sessions_per_second: 50}
  - host: other.example.com
    budget: {sessions_per_second: 50, name: chat-eu.2, connections: 500}
limits:
  open_runs: 20
  agents_per_run: 50
  connections_per_run: 2000
  sessions_per_second: 100
  run_duration: 30m
  bundle_size: 1024KiB
)";

std::string PolicyErrors(const std::string& text) {
  std::string out;
  for (const Diagnostic& diagnostic : ParseFleetPolicy("p.yaml", text).diagnostics) {
    out += fmt::format("{}:{} {}\n", diagnostic.range.line, diagnostic.range.column, diagnostic.message);
  }
  return out;
}

TEST(FleetPolicy, IsReadWhole) {
  const auto policy = ParseFleetPolicy("p.yaml", kWholePolicy).policy;
  ASSERT_TRUE(policy.has_value()) << PolicyErrors(kWholePolicy);
  ASSERT_EQ(policy->targets.allowed.size(), 4U);
  EXPECT_FALSE(policy->targets.any);
  EXPECT_EQ(policy->targets.allowed[0].host, "chat.example.com");
  EXPECT_THAT(policy->targets.allowed[0].ports, ElementsAre(80, 443));
  EXPECT_EQ(policy->targets.allowed[1].host, "*.lab.example.com");
  EXPECT_THAT(policy->targets.allowed[1].ports, ElementsAre(443, 9000));
  EXPECT_THAT(policy->targets.allowed[1].special_addresses,
              ElementsAre(*AddressRange::Parse("10.0.0.0/8"), *AddressRange::Parse("fd00::/8")));
  EXPECT_EQ(policy->targets.allowed[2].host, "10.0.0.7");
  EXPECT_EQ(policy->targets.allowed[1].budget, std::nullopt);
  EXPECT_EQ(policy->targets.allowed[2].budget, (Budget{BudgetName("chat-eu.2"), 500, 50}));
  EXPECT_EQ(policy->targets.allowed[3].budget, policy->targets.allowed[2].budget);
  EXPECT_EQ(policy->limits, (FleetLimits{20, 50, 2000, 100, absl::Minutes(30), 1 << 20}));
}

TEST(FleetPolicy, IsWrittenAsItIsReadAgain) {
  for (const std::string text : {kWholePolicy, "version: wsfleet/v1\ntargets: any\n",
                                 "version: wsfleet/v1\ntargets: []\nlimits: {bundle_size: 1000B}\n"}) {
    const auto policy = ParseFleetPolicy("p.yaml", text).policy;
    ASSERT_TRUE(policy.has_value()) << PolicyErrors(text);
    const std::string rendered = RenderFleetPolicy(*policy);
    EXPECT_EQ(ParseFleetPolicy("p.yaml", rendered).policy, policy) << rendered;
  }
  EXPECT_EQ(RenderFleetPolicy({AnyTarget(), {}}), "version: wsfleet/v1\ntargets: any\n");
  EXPECT_EQ(RenderFleetPolicy({}), "version: wsfleet/v1\ntargets: []\n");
}

TEST(FleetPolicy, SaysWhatIsWrongWhere) {
  const auto targets = [](const std::string& entry) { return "version: wsfleet/v1\ntargets: [" + entry + "]\n"; };
  for (const auto& [text, error] : std::vector<std::pair<std::string, std::string>>{
           {"targets: any\n", "\"version\" is missing"},
           {"version: wsfleet/v1\n", "\"targets\" is missing"},
           {"version: wsfleet/v2\ntargets: any\n", "1:10 version: expected wsfleet/v1"},
           {"version: wsfleet/v1\ntargets: all\n", "2:10 targets: expected any, or a list"},
           {"version: wsfleet/v1\ntargets: any\nlimit: {}\n", "unknown key \"limit\"; did you mean \"limits\"?"},
           {"", "1:1 empty file; expected version, targets"},
           {targets("{ports: [443]}"), "\"host\" is missing"},
           {targets("{host: 0177.0.0.1}"), "programs do not agree which address"},
           {targets("{host: 2130706433}"), "host"},
           {targets("{host: \"a.example.com:443\"}"), "ports stand under ports"},
           {targets("{host: \"*\"}"), "expected a host such as"},
           {targets("{host: \"a.*.com\"}"), "expected a host such as"},
           {targets("{host: \"*.10.0.0.1\"}"), "expected a host such as"},
           {targets("{host: \"wss://a.example.com\"}"), "expected a host such as"},
           {targets("{host: \"a.${b}\"}"), "${b}"},
           {targets("{host: a, ports: [0]}"), "a whole number, 1 to 65535"},
           {targets("{host: a, ports: []}"), "ports: expected a list of 1 to 64"},
           {targets("{host: a, special_addresses: [10.0.0.1/8]}"), "expected 10.0.0.0/8"},
           {targets("{host: a, special_addresses: 10.0.0.0/8}"), "expected a list"},
           {targets("{host: a, budget: chat}"), "budget"},
           {targets("{host: a, budget: {name: chat, connections: 5}}"), "\"sessions_per_second\" is missing"},
           {targets("{host: a, budget: {name: Chat, connections: 5, sessions_per_second: 1}}"),
            "name: expected at most 63"},
           {targets("{host: a, budget: {name: \"\", connections: 5, sessions_per_second: 1}}"),
            "name: expected at most"},
           {targets("{host: a, budget: {name: chat, connections: 0, sessions_per_second: 1}}"), "a whole number, 1 to"},
           {targets("{host: a, budget: {name: chat, connections: 5, sessions_per_second: 1}}, "
                    "{host: b, budget: {name: chat, connections: 6, sessions_per_second: 1}}"),
            "budget chat: an entry before says connections: 5 and sessions_per_second: 1"},
           {"version: wsfleet/v1\ntargets: any\nlimits: {open_runs: 0}\n", "a whole number, 1 to"},
           {"version: wsfleet/v1\ntargets: any\nlimits: {run_duration: 30}\n", "unit"},
           {"version: wsfleet/v1\ntargets: any\nlimits: {bundle_size: 30}\n", "a size with a unit"},
       }) {
    EXPECT_THAT(PolicyErrors(text), HasSubstr(error)) << text;
    EXPECT_FALSE(ParseFleetPolicy("p.yaml", text).policy.has_value()) << text;
  }
  EXPECT_THAT(std::string(ToStd(ReadFleetPolicy("p.yaml", "version: wsfleet/v1\ntargets: all\n").status().message())),
              HasSubstr("p.yaml:2:10"));
}

TEST(FleetPolicy, IsSmallEnoughToTravelWithEachAssignment) {
  std::string text = "version: wsfleet/v1\ntargets:\n";
  for (int i = 0; i < 256; ++i) text += fmt::format("  - host: {:a<200}.example.com\n", i);
  EXPECT_THAT(PolicyErrors(text), HasSubstr("the limit is 32768"));
  EXPECT_THAT(PolicyErrors(text + "  - host: b\n"), HasSubstr("expected a list of 0 to 256"));
}

TEST(FleetPolicy, HasFewBudgets) {
  std::string text = "version: wsfleet/v1\ntargets:\n";
  const auto entry = [](int i) {
    return fmt::format("  - {{host: h{0}, budget: {{name: b{0}, connections: 1, sessions_per_second: 1}}}}\n", i);
  };
  for (int i = 0; i < 16; ++i) text += entry(i);
  EXPECT_EQ(PolicyErrors(text), "");
  EXPECT_THAT(PolicyErrors(text + entry(16)), HasSubstr("19:25 budget: expected at most 16 names"));
}

}  // namespace
}  // namespace wsfleet
