#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "boost/json/parse.hpp"
#include "boost/json/value.hpp"
#include "fmt/format.h"
#include "fmt/ranges.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/faults/canary.h"
#include "tests/faults/canary_suites.h"
#include "tests/faults/echo_target.h"
#include "tests/support/raw_http.h"
#include "tests/support/real_fleet.h"
#include "tests/targets/hostile/server.h"

// Secrets that must be found nowhere: row 53 of the faults. A value that is no secret takes the same ways, and must be
// found: so the test can see what it looks for.
namespace wsfleet::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::IsSupersetOf;
using ::testing::Not;

void Private(const std::string& path) { chmod(path.c_str(), 0600); }

std::vector<Canary> Secrets() {
  std::vector<Canary> all{PlainCanary(), PemCanary()};
  for (const Origin& origin : Origins()) all.push_back(origin.canary);
  return all;
}

class SecretFaults : public ::testing::Test {
 protected:
  SecretFaults() {
    for (const Origin& origin : Origins()) Private(files_.Write(origin.name, origin.canary.core() + kTail + "\n"));
    Private(files_.Write("PLAIN", PlainCanary().core()));
    Private(files_.Write("PEM", fmt::format("-----BEGIN PRIVATE KEY-----\n{0}{0}\n{0}\n-----END PRIVATE KEY-----\n",
                                            PemCanary().core())));
    const std::string kept = "version: wsfleet/v1\nsecrets:\n  {}: {{file: {}, hosts: [\"*\"], fleets: [default]}}\n";
    const auto file_of = [&](const char* name) { return fmt::format(fmt::runtime(kept), name, name); };
    files_.Write("kept.yaml", file_of("KEPT"));
    files_.Write("own.yaml", file_of("OWN"));
    RealFleet::Settings settings;
    settings.lease_time = "60s";
    settings.coordinator_flags = {"--secrets",       (files_.path() / "kept.yaml").string(),
                                  "--log-level",     "debug",
                                  "--http-listen",   "127.0.0.1:0",
                                  "--evidence-file", log_};
    fleet_.emplace(std::move(settings));
    fleet_->StartAgent("eu-1", "eu-west-1",
                       {"--secrets", (files_.path() / "own.yaml").string(), "--spool-dir", spool(), "--log-level",
                        "debug", "--http-listen", "127.0.0.1:0"});
  }

  std::string spool() const { return (files_.path() / "spool").string(); }
  std::string Path(const std::string& name) const { return (fleet_->directory().path() / name).string(); }

  // Its id; the run has ended.
  std::string Run(const std::string& suite, absl::Duration limit = absl::Minutes(4)) {
    const std::string path = fleet_->directory().Write("suite.wsfleet.yaml", suite);
    const Finished run = fleet_->Run(
        {"run", path, "--secret", "GIVEN=file:" + (files_.path() / "GIVEN").string(), "--secret",
         "PLAIN=file:" + (files_.path() / "PLAIN").string(), "--secret", "PEM=file:" + (files_.path() / "PEM").string(),
         "--var", "marker=" + Marker().core(), "--timeout", "5m", "--report", "json=run.json"},
        limit);
    left_.push_back({"run stdout", run.out});
    left_.push_back({"run stderr", run.err});
    EXPECT_EQ(run.exit_code, 1) << run.out.substr(0, 2000) << run.err;
    report_ = boost::json::parse(ReadWholeFile(Path("run.json")));
    return std::string(report_.at("job").as_string());
  }

  // The client, and what it prints.
  void Ask(std::vector<std::string> arguments) {
    std::string name = fmt::format("{}", fmt::join(arguments, " "));
    const Finished answer = fleet_->Run(arguments);
    left_.push_back({name, answer.out});
    left_.push_back({name + " stderr", answer.err});
  }

  // Everything that anybody can look at.
  void GatherWhatIsLeft(const std::string& run) {
    Ask({"runs", "get", run, "-o", "json"});
    Ask({"runs", "get", run});
    Ask({"runs", "logs", run});
    Ask({"runs", "trace", run});
    Ask({"runs", "list", "-o", "json"});
    Ask({"audit", "--since", "1h", "-o", "json"});
    Ask({"agents", "list", "-o", "json"});
    Ask({"runs", "report", run, "--report", "junit=r.xml,ctrf=r.ctrf.json,html=r.html,md=r.md"});
    for (ChildProcess* process : {&fleet_->coordinator(), &fleet_->agent("eu-1")}) {
      left_.push_back({fmt::format("log of {}", process->pid()), process->out() + process->err()});
      const std::string address = AddressIn(process->err());
      left_.push_back({"metrics", HttpGet(address, "/metrics") + HttpGet(address, "/readyz")});
      EXPECT_THAT(left_.back().text, HasSubstr("wsfleet_"));
    }
    for (Trace& file : FilesBelow(fleet_->directory().path())) left_.push_back(std::move(file));
  }

  // Of the port for probes, as it is logged.
  static std::string AddressIn(const std::string& log) {
    const std::string key = "http_listen=";
    const std::size_t begin = log.find(key);
    EXPECT_NE(begin, std::string::npos);
    return log.substr(begin + key.size(), log.find('\n', begin) - begin - key.size());
  }

  // Names of what holds the marker in this form: "fleet.db", "runs trace …". In hexadecimal only the target had it: it
  // came as evidence.
  std::set<std::string> PlacesWithMarker(const std::string& form) const {
    std::set<std::string> places;
    for (const Trace& trace : left_) {
      const std::vector<Canary::Find> found = Marker().FoundIn(trace.text);
      if (std::ranges::find(found, form, &Canary::Find::form) == found.end()) continue;
      const std::string name = std::filesystem::path(trace.where).filename().string();
      places.insert(name.substr(0, name.find("-wal")));
    }
    return places;
  }

  std::set<std::string> ClassesOfFailures() const {
    std::set<std::string> classes;
    for (const auto& shard : report_.at("shards").as_array()) {
      for (const auto& result : shard.at("cases").as_array()) {
        const auto* failure = result.as_object().if_contains("failure");
        if (failure != nullptr && failure->is_object()) classes.emplace(failure->at("class").as_string());
      }
    }
    return classes;
  }

  TemporaryDirectory files_;  // of secrets: nobody looks here
  const std::string log_ = (files_.path() / "target.log").string();
  EchoTarget echo_{log_};
  std::optional<RealFleet> fleet_;
  std::vector<Trace> left_;
  boost::json::value report_;
};

}  // namespace

TEST(Canary, IsFoundInEveryFormThatItIsLookedForIn) {
  const Canary canary("cAnArY4711givenXyZ");
  for (const char* before : {"", "a", "ab", "abc"}) {
    const std::string text = before + canary.core() + kTail;
    for (const std::string& form :
         {text, absl::Base64Escape(text), absl::WebSafeBase64Escape(text), absl::BytesToHexString(text)}) {
      EXPECT_THAT(canary.FoundIn("x" + form), Not(IsEmpty())) << form;
    }
  }
  EXPECT_THAT(canary.FoundIn("cAnArY4711 given"), IsEmpty());
}

TEST_F(SecretFaults, Fault53SecretsAreInNoRowLogSpoolReportOrPageWhateverTheTargetEchoes) {
  const std::string run = Run(SuiteOfFields(echo_, log_));
  GatherWhatIsLeft(run);
  EXPECT_THAT(Hits(Secrets(), left_), IsEmpty());
  // Each secret did go out, and the target wrote it down.
  const std::string log = ReadWholeFile(log_);
  for (const Origin& origin : Origins()) EXPECT_THAT(origin.canary.FoundIn(log), Not(IsEmpty())) << origin.name;
  EXPECT_THAT(PlainCanary().FoundIn(log), Not(IsEmpty()));
  // And the marker that went along is seen.
  EXPECT_THAT(PlacesWithMarker("hex"),
              IsSupersetOf(std::vector<std::string>{"fleet.db", "run.json", "r.html", "runs get " + run + " -o json",
                                                    "runs trace " + run}));
  EXPECT_THAT(PlacesWithMarker("clear"), IsSupersetOf({"fleet.db", "r.md", "r.xml", "r.ctrf.json", "run stdout"}));
}

TEST_F(SecretFaults, Fault53SecretsAreInNoRowLogSpoolReportOrPageWhateverBreaks) {
  hostile::Server server;
  fleet_->directory().Write("authority.pem", server.authority_pem());
  const std::string run = Run(SuiteOfFaults(server, echo_));
  GatherWhatIsLeft(run);
  EXPECT_THAT(Hits(Secrets(), left_), IsEmpty());
  EXPECT_THAT(PlacesWithMarker("clear"), IsSupersetOf({"fleet.db", "run.json", "r.html"}));
  EXPECT_THAT(ClassesOfFailures(), IsSupersetOf({"dns",
                                                 "tcp",
                                                 "tls",
                                                 "proxy",
                                                 "http-status",
                                                 "upgrade-refused-4xx",
                                                 "upgrade-refused-5xx",
                                                 "not-a-websocket",
                                                 "auth",
                                                 "protocol",
                                                 "close",
                                                 "event-missing",
                                                 "event-order",
                                                 "event-duplicate",
                                                 "event-forbidden",
                                                 "assertion",
                                                 "latency",
                                                 "deadline",
                                                 "inbox-overflow",
                                                 "not-refused",
                                                 "config",
                                                 "guard"}));
}

// What an agent holds on its disk while nobody takes it.
TEST_F(SecretFaults, Fault53SecretsAreNotInTheSpoolEither) {
  const std::string path = fleet_->directory().Write("suite.wsfleet.yaml", SuiteOfFields(echo_, log_));
  const Finished started = fleet_->Run(
      {"run", path, "--detach", "-o", "name", "--secret", "GIVEN=file:" + (files_.path() / "GIVEN").string(),
       "--secret", "PLAIN=file:" + (files_.path() / "PLAIN").string(), "--secret",
       "PEM=file:" + (files_.path() / "PEM").string(), "--var", "marker=" + Marker().core()});
  ASSERT_EQ(started.exit_code, 0) << started.err;
  ASSERT_TRUE(WaitUntil([&] { return !Marker().FoundIn(ReadWholeFile(log_)).empty(); })) << "it runs";
  fleet_->KillCoordinator();
  ASSERT_TRUE(WaitUntil([&] {
    left_ = FilesBelow(spool());
    return !PlacesWithMarker("hex").empty();
  }));
  EXPECT_THAT(Hits(Secrets(), left_), IsEmpty());
}

}  // namespace wsfleet::testing
