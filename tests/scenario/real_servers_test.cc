#include <map>
#include <string>
#include <vector>

#include "boost/json/parse.hpp"
#include "boost/json/value.hpp"
#include "fmt/format.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/real_fleet.h"

// Servers that others wrote: what each of them does to a connection has the class that the language gives it.
namespace wsfleet::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

std::string Target(const std::string& path) { return std::string(WSFLEET_SOURCE_DIR) + "/tests/targets/" + path; }

Command Uvicorn(const std::string& backend) {
  Command command;
  command.arguments = {"/usr/bin/python3",
                       Target("fastapi/serve.py"),
                       "--app",
                       "endings:app",
                       "--ws",
                       backend,
                       "--port-file",
                       "{port-file}",
                       "--server-log",
                       "{access-log}"};
  return command;
}

Command Node() {
  Command command;
  command.arguments = {"/usr/bin/env", "node", Target("node/server.js"), "--port-file", "{port-file}"};
  command.environment = {{"NODE_PATH", "/usr/share/nodejs"}};
  return command;
}

Command Nginx(int upstream, const std::string& certificate) {
  Command command;
  command.arguments = {"/usr/bin/python3", Target("nginx/serve.py"), "--port-file",   "{port-file}",
                       "--upstream",       std::to_string(upstream), "--certificate", certificate};
  return command;
}

struct Scenario {
  std::string name;
  std::vector<std::string> steps;  // in flow style: "connect: {path: /}"
};

// Of each scenario: "passed", or its class, phase, and the status or close code that was seen.
using Outcomes = std::map<std::string, std::string>;

class RealServers : public ::testing::Test {
 protected:
  void SetUp() override { fleet_.StartAgent("eu-west-1-a", "eu-west-1"); }

  Outcomes Run(const std::string& url, const std::vector<Scenario>& scenarios, const std::string& more = "") {
    std::string suite = "version: wsfleet/v1\nname: real\ntarget: " + url + "\ndefaults: {phases: {upgrade: 2s}}\n" +
                        more + "scenarios:\n";
    for (const Scenario& scenario : scenarios) {
      suite += "  - name: " + scenario.name + "\n    steps:\n";
      for (const std::string& step : scenario.steps) suite += "      - " + step + "\n";
    }
    fleet_.directory().Write("real.wsfleet.yaml", suite);
    const Finished run = fleet_.Run({"run", "real.wsfleet.yaml", "--report", "json=real.json"});
    EXPECT_TRUE(run.exit_code == 0 || run.exit_code == 1) << run.out << run.err;
    Outcomes outcomes;
    const auto record = boost::json::parse(ReadWholeFile(fleet_.directory().path() / "real.json"));
    for (const auto& result : record.at("shards").at(0).at("cases").as_array()) {
      outcomes[std::string(result.at("scenario").as_string())] = Describe(result);
    }
    return outcomes;
  }

  static std::string Describe(const boost::json::value& result) {
    const auto* failure = result.as_object().if_contains("failure");
    if (failure == nullptr) return std::string(result.at("outcome").as_string());
    const auto& evidence = failure->at("evidence").as_object();
    std::string seen;
    if (const auto* status = evidence.if_contains("status"); status != nullptr && status->is_number()) {
      seen += fmt::format(" {}", status->to_number<int>());
    }
    if (const auto* code = evidence.if_contains("close_code"); code != nullptr && code->is_number()) {
      seen += fmt::format(" close {}", code->to_number<int>());
    }
    return fmt::format("{} in {}{}", std::string(failure->at("class").as_string()),
                       std::string(failure->at("phase").as_string()), seen);
  }

  RealFleet fleet_;
};

const std::string kLarge(100'000, 'x');

const std::vector<Scenario> kEcho{
    {"text", {"connect: {path: /echo}", "send: {text: grüße}", "expect: {match: {text: grüße}}", "close: {}"}},
    {"binary", {"connect: {path: /echo}", "send: {hex: 00ff10}", "expect: {match: {opcode: binary, hex: 00ff10}}"}},
    {"fragments",
     {"connect: {path: /echo}", "send: {text: abcdefghij, fragments: 4}", "expect: {match: {text: abcdefghij}}"}},
    {"large",
     {"connect: {path: /echo}", "send: {text: " + kLarge + "}", "expect: {match: {text: " + kLarge + "}}",
      "close: {}"}},
    {"ping", {"connect: {path: /echo}", "ping: {}", "ping: {}"}},
};

const std::vector<Scenario> kCompressed{
    {"compressed",
     {"connect: {path: /echo, compress: true, expect: {compress: true}}", "send: {text: \"aaaaaaaaaaaaaaaaaaaa\"}",
      "expect: {match: {text: \"aaaaaaaaaaaaaaaaaaaa\"}}", "send: {text: \"aaaaaaaaaaaaaaaaaaaab\"}",
      "expect: {match: {text: \"aaaaaaaaaaaaaaaaaaaab\"}}"}},
    {"not compressed", {"connect: {path: /echo, expect: {compress: false}}", "ping: {}"}},
};

Outcomes AllPassed(const std::vector<Scenario>& scenarios) {
  Outcomes outcomes;
  for (const Scenario& scenario : scenarios) outcomes[scenario.name] = "passed";
  return outcomes;
}

std::vector<Scenario> operator+(std::vector<Scenario> a, const std::vector<Scenario>& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

class UvicornTest : public RealServers, public ::testing::WithParamInterface<const char*> {};

TEST_P(UvicornTest, EachWayInWhichAHandlerEndsHasItsClass) {
  TargetServer target(Uvicorn(GetParam()));
  // uvicorn 0.17.6 leaves the connection open with its wsproto backend.
  const std::string ends =
      GetParam() == std::string("wsproto") ? "event-missing in message" : "close in message close 1000";
  const std::string hello = "expect: {match: {$.type: hello}}", more = "expect: {match: {$.type: more}}";
  const Outcomes outcomes = Run(
      target.ws_url(),
      {
          {"raises", {"connect: {path: /raises}", "ping: {}"}},
          {"returns", {"connect: {path: /returns}", "ping: {}"}},
          {"closes", {"connect: {path: /closes}", "ping: {}"}},
          {"unknown", {"connect: {path: /nowhere}", "ping: {}"}},
          {"a page", {"connect: {path: /page}", "ping: {}"}},
          {"stalls", {"connect: {path: /stalls}", "ping: {}"}},
          {"code 4401", {"connect: {path: /accepts-and-closes}", more}},
          {"crashes", {"connect: {path: /accepts-and-raises}", hello, more}},
          {"ends", {"connect: {path: /accepts-and-returns}", hello, "expect: {match: {$.type: more}, within: 500ms}"}},
      });
  EXPECT_THAT(outcomes,
              ElementsAre(Pair("a page", "auth in upgrade 403"), Pair("closes", "auth in upgrade 403"),
                          Pair("code 4401", "auth in open close 4401"), Pair("crashes", "close in message close 1006"),
                          Pair("ends", ends), Pair("raises", "upgrade-refused-5xx in upgrade 500"),
                          Pair("returns", "upgrade-refused-5xx in upgrade 500"), Pair("stalls", "deadline in upgrade"),
                          Pair("unknown", "auth in upgrade 403")));
}

TEST_P(UvicornTest, AnEchoPasses) {
  TargetServer target(Uvicorn(GetParam()));
  EXPECT_EQ(Run(target.ws_url(), kEcho), AllPassed(kEcho));
}

INSTANTIATE_TEST_SUITE_P(Backends, UvicornTest, ::testing::Values("websockets", "wsproto"),
                         [](const auto& backend) { return std::string(backend.param); });

TEST_F(RealServers, NodesWsEchoesCompressesAndPings) {
  TargetServer target(Node());
  const std::vector<Scenario> scenarios =
      kEcho + kCompressed +
      std::vector<Scenario>{
          {"its ping", {"connect: {path: /pings}", "expect: {match: {opcode: ping, text: \"alive?\"}}"}},
          {"resume",
           {"connect: {path: /ticks, sequence: {path: $.seq, as: last}}", "expect: {match: {$.seq: 5}}", "drop: {}",
            "reconnect: {query: {resume: \"${last}\"}}", "expect: {match: {$.seq: {gte: 9}}}"}}};
  EXPECT_EQ(Run(target.ws_url(), scenarios), AllPassed(scenarios));
}

TEST_F(RealServers, NodesWsRefusesAndEndsInItsWays) {
  TargetServer target(Node());
  const Outcomes outcomes =
      Run(target.ws_url(),
          {{"refused", {"connect: {path: /refused}", "ping: {}"}},
           {"destroyed", {"connect: {path: /destroyed}", "ping: {}"}},
           {"closes", {"connect: {path: /closes}", "expect: {match: {text: hello}}"}},
           {"terminates",
            {"connect: {path: /terminates}", "expect: {match: {text: hello}}", "expect: {match: {text: more}}"}},
           {"replays",
            {"connect: {path: /ticks, sequence: {path: $.seq}}", "expect: {match: {$.seq: 3}}", "drop: {}",
             "reconnect: {}", "expect: {match: {text: never}}"}}});
  EXPECT_THAT(outcomes,
              ElementsAre(Pair("closes", "auth in open close 4401"), Pair("destroyed", "tcp in upgrade"),
                          Pair("refused", "auth in upgrade 401"), Pair("replays", "event-duplicate in message"),
                          Pair("terminates", "close in message close 1006")));
}

TEST_F(RealServers, NginxBeforeAServerHasFailuresOfItsOwn) {
  TargetServer upstream(Node());
  TargetServer nginx(Nginx(upstream.port(), (fleet_.directory().path() / "nginx.pem").string()));
  const std::string url =
      fmt::format("t\ntargets: {{t: {{url: \"wss://127.0.0.1:{}\", tls: {{ca: nginx.pem}}}}}}", nginx.port());
  EXPECT_EQ(Run(url, kEcho + kCompressed), AllPassed(kEcho + kCompressed));
  const Outcomes outcomes =
      Run(url, {{"dead backend", {"connect: {path: /dead}", "ping: {}"}},
                {"silent backend", {"connect: {path: /stalls}", "ping: {}"}},
                {"idle time-out", {"connect: {path: /idle}", "expect: {match: {text: never}, within: 10s}"}},
                {"no upgrade header", {"connect: {path: /plain}", "ping: {}"}},
                {"certificate",
                 {"connect: {path: /echo, expect: {tls: {version: {in: [tls1.2, tls1.3]}, days_left: {gte: 28, lte: "
                  "30}, issuer: {contains: "
                  "nginx under test}}}}",
                  "ping: {}"}},
                {"old TLS", {"connect: {path: /echo, tls: {max_version: tls1.1}, refused: {class: tls}}"}},
                {"other name", {"connect: {path: /echo, tls: {server_name: other.test}}", "ping: {}"}}});
  EXPECT_THAT(
      outcomes,
      ElementsAre(Pair("certificate", "passed"), Pair("dead backend", "upgrade-refused-5xx in upgrade 502"),
                  Pair("idle time-out", "close in message close 1006"),
                  Pair("no upgrade header", "not-a-websocket in upgrade 200"), Pair("old TLS", "passed"),
                  Pair("other name", "tls in tls"), Pair("silent backend", "upgrade-refused-5xx in upgrade 504")));
}

}  // namespace
}  // namespace wsfleet::testing
