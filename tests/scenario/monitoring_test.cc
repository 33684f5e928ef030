#include <string>

#include "fmt/format.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/raw_http.h"
#include "tests/support/real_fleet.h"

// What probes, Prometheus and `wsfleet doctor` see of real programs.
namespace wsfleet::testing {
namespace {

using ::testing::AllOf;
using ::testing::ContainsRegex;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr char kMonitoredSuite[] = R"(version: wsfleet/v1
name: gate
target: "${target}"
vars: {target: "ws://127.0.0.1:1"}
auth: {user: {jwt: {alg: HS256, key: "${secret.JWT_KEY}", claims: {sub: somebody}}}}
scenarios:
  - name: connects
    steps:
      - connect: {path: /ws, auth: user}
      - expect: {name: established, match: {$.type: connection_established}}
      - ping: {}
      - close: {}
)";

constexpr char kNever[] = R"(version: wsfleet/v1
schedules:
  - name: gate
    cron: "30 2 29 2 *"
    zone: Europe/Berlin
    run:
      suites: [suites/gate.wsfleet.yaml]
      from: [eu-west-1]
      vars: {{target: "{}"}}
      secrets: {{JWT_KEY: file:jwt.key}}
)";

RealFleet::Settings WithPort() {
  RealFleet::Settings settings;
  settings.coordinator_flags = {"--http-listen", "127.0.0.1:0"};
  return settings;
}

// Where a program has said that it serves probes.
std::string PortOf(const ChildProcess& process) {
  const std::string log = process.err(), words = "probes and metrics are served http_listen=";
  const std::size_t begin = log.find(words);
  if (begin == std::string::npos) throw std::runtime_error("no port in the log:\n" + log);
  return log.substr(begin + words.size(), log.find('\n', begin) - begin - words.size());
}

class Monitoring : public ::testing::Test {
 protected:
  Monitoring() { fleet_.StartAgent("eu-1", "eu-west-1", {"--http-listen", "127.0.0.1:0"}); }

  std::string OfCoordinator(const std::string& path) { return HttpGet(PortOf(fleet_.coordinator()), path); }
  std::string OfAgent(const std::string& path) { return HttpGet(PortOf(fleet_.agent("eu-1")), path); }

  TargetServer target_{DemoTarget()};
  RealFleet fleet_{WithPort()};
  std::string suite_ = fleet_.directory().Write("suites/gate.wsfleet.yaml", kMonitoredSuite);
  std::string key_ = fleet_.directory().Write("jwt.key", kDemoKey);
};

TEST_F(Monitoring, ShowsWhatARunDidInBothPrograms) {
  EXPECT_THAT(OfCoordinator("/readyz"), AllOf(StartsWith("HTTP/1.1 200 "), EndsWith("\r\n\r\nready\n")));
  EXPECT_THAT(OfAgent("/readyz"), AllOf(StartsWith("HTTP/1.1 200 "), EndsWith("\r\n\r\nready\n")));
  const Finished run =
      fleet_.Run({"run", suite_, "--from", "eu-west-1", "--var", "target=" + target_.ws_url(), "--secret", "JWT_KEY"});
  ASSERT_EQ(run.exit_code, 0) << run.out << run.err;

  const std::string coordinator = OfCoordinator("/metrics");
  EXPECT_THAT(coordinator, HasSubstr("wsfleet_checks_total{class=\"\",fleet=\"default\",region=\"eu-west-1\","
                                     "result=\"passed\",scenario=\"\",suite=\"\"} 1\n"));
  EXPECT_THAT(coordinator, HasSubstr("wsfleet_agents{fleet=\"default\",region=\"eu-west-1\",state=\"connected\"} 1\n"));
  EXPECT_THAT(coordinator, HasSubstr("wsfleet_queue_depth{fleet=\"default\"} 0\n"));
  EXPECT_THAT(coordinator, HasSubstr("wsfleet_schedule_missed_total{fleet=\"default\"} 0\n"));
  EXPECT_THAT(coordinator, HasSubstr("wsfleet_build_info{program=\"wsfleet-coordinator\","));
  EXPECT_THAT(coordinator, Not(HasSubstr("gate"))) << "names of a run by hand";

  // What was asked a moment before is good for a moment.
  std::string agent;
  const auto was_counted = [&] {
    agent = OfAgent("/metrics");
    return agent.find("wsfleet_closes_total{code=\"1000\"} 1\n") != std::string::npos &&
           agent.find("\nwsfleet_agent_clock_offset_seconds ") != std::string::npos;
  };
  EXPECT_TRUE(WaitUntil(was_counted)) << agent;
  for (const char* phase : {"connect", "upgrade", "total"}) {
    EXPECT_THAT(agent, HasSubstr(fmt::format(
                           "wsfleet_connect_duration_seconds_count{{phase=\"{}\",region=\"eu-west-1\"}} 1\n", phase)));
  }
  EXPECT_THAT(agent, HasSubstr("wsfleet_messages_total{direction=\"out\",opcode=\"ping\"} 1\n"));
  EXPECT_THAT(agent, HasSubstr("wsfleet_messages_total{direction=\"in\",opcode=\"pong\"} 1\n"));
  EXPECT_THAT(agent, ContainsRegex("wsfleet_messages_total\\{direction=\"in\",opcode=\"text\"\\} [1-9]"));
  EXPECT_THAT(agent, HasSubstr("wsfleet_sessions_active 0\n"));
  EXPECT_THAT(agent, HasSubstr("wsfleet_event_latency_seconds_count{event=\"\",region=\"eu-west-1\"} 1\n"));
  EXPECT_THAT(agent, Not(HasSubstr("established"))) << "names of a run by hand";
}

TEST_F(Monitoring, NamesTheChecksOfASchedule) {
  const std::string file = fleet_.directory().Write("schedules.yaml", fmt::format(kNever, target_.ws_url()));
  ASSERT_EQ(fleet_.Run({"schedules", "apply", "--yes", "-f", file}).exit_code, 0);
  const Finished triggered = fleet_.Run({"schedules", "trigger", "gate"});
  ASSERT_EQ(triggered.exit_code, 0) << triggered.err;
  const std::string job = triggered.out.substr(0, triggered.out.find('\n'));
  ASSERT_EQ(fleet_.Run({"runs", "wait", job}).exit_code, 0);
  const std::string labels = "fleet=\"default\",region=\"eu-west-1\",";
  EXPECT_THAT(OfCoordinator("/metrics"),
              AllOf(HasSubstr("wsfleet_checks_total{class=\"\"," + labels +
                              "result=\"passed\",scenario=\"connects\",suite=\"gate\"} 1\n"),
                    HasSubstr("wsfleet_check_success{" + labels + "scenario=\"connects\",suite=\"gate\"} 1\n")));
  EXPECT_THAT(OfAgent("/metrics"),
              HasSubstr("wsfleet_event_latency_seconds_count{event=\"established\",region=\"eu-west-1\"} 1\n"));
  ASSERT_EQ(fleet_.Run({"schedules", "delete", "gate"}).exit_code, 0);
  EXPECT_THAT(OfCoordinator("/metrics"), Not(HasSubstr("wsfleet_check_success{")));
}

TEST_F(Monitoring, AnAgentLivesWithoutACoordinatorAndSaysWhyItIsNotReady) {
  fleet_.KillCoordinator();
  std::string answer;
  EXPECT_TRUE(WaitUntil([&] {
    answer = OfAgent("/readyz");
    return answer.starts_with("HTTP/1.1 503 ");
  }));
  EXPECT_THAT(answer, HasSubstr("\r\n\r\nnot ready\n- no session with a coordinator, last at 127.0.0.1:"));
  EXPECT_THAT(OfAgent("/livez"), StartsWith("HTTP/1.1 200 "));
  fleet_.StartCoordinator();
  EXPECT_TRUE(WaitUntil([&] { return OfAgent("/readyz").starts_with("HTTP/1.1 200 "); }));
}

TEST_F(Monitoring, DoctorLooksAtEverythingBetweenTheClientAndTheAgents) {
  const Finished well = fleet_.Run({"doctor"});
  EXPECT_EQ(well.exit_code, 0) << well.out << well.err;
  EXPECT_THAT(well.out, ContainsRegex("ok    configuration +127\\.0\\.0\\.1:[0-9]+, fleet default"));
  EXPECT_THAT(well.out, ContainsRegex("ok    network +127.*TCP to 127\\.0\\.0\\.1"));
  EXPECT_THAT(well.out, ContainsRegex("ok    agents +1 connected: eu-west-1 1\n"));
  EXPECT_THAT(well.out, Not(HasSubstr("fail")));
  EXPECT_THAT(fleet_.Run({"agents", "doctor", "-o", "json"}).out, HasSubstr("\"result\":\"ok\",\"check\":\"agents\""));

  const std::string wrong = fleet_.directory().Write("wrong-token", "not-the-token\n");
  const Finished denied = fleet_.Run({"doctor", "--token-file", wrong});
  EXPECT_EQ(denied.exit_code, 4) << denied.out;
  EXPECT_THAT(denied.out, ContainsRegex("fail  coordinator +it refuses the token"));

  const Finished stranger = fleet_.Run({"doctor", "--fleet", "no-such-fleet"});
  EXPECT_EQ(stranger.exit_code, 2) << stranger.out;
  EXPECT_THAT(stranger.out, HasSubstr("wsfleet fleet list"));

  fleet_.KillAgent("eu-1");
  const auto alone = [&] { return fleet_.Run({"doctor"}); };
  EXPECT_TRUE(WaitUntil([&] { return alone().exit_code == 3; }));
  EXPECT_THAT(alone().out, AllOf(HasSubstr("none is connected to fleet default"),
                                 ContainsRegex("warn  agent eu-1 +eu-west-1: lost")));

  fleet_.KillCoordinator();
  const Finished away = fleet_.Run({"doctor"});
  EXPECT_EQ(away.exit_code, 3) << away.out;
  EXPECT_THAT(away.out, AllOf(HasSubstr("Connection refused"), HasSubstr("next: does wsfleet-coordinator run there")));
}

}  // namespace
}  // namespace wsfleet::testing
