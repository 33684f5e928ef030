#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "boost/json/parse.hpp"
#include "boost/json/value.hpp"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/postgres_server.h"
#include "tests/support/real_fleet.h"

// Who may do what: row 56 of the faults, and tokens on several coordinators.
namespace wsfleet::testing {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class AccessFaults {
 public:
  explicit AccessFaults(RealFleet& fleet) : fleet_(fleet) {}

  // As the coordinator prints it once.
  std::string Token(const std::string& name, const std::string& role, const std::string& in_fleet = "default") {
    const Finished made = fleet_.Run({"tokens", "create", name, "--role", role, "--fleet", in_fleet});
    EXPECT_EQ(made.exit_code, 0) << made.err;
    EXPECT_THAT(made.out, HasSubstr("wsf_"));
    return made.out.substr(0, made.out.find('\n'));
  }

  // The client as somebody with this token, which stands in its environment.
  Finished RunAs(const std::string& token, const std::vector<std::string>& arguments, std::size_t replica = 0) {
    Command command = fleet_.Client(arguments);
    command.environment["WSFLEET_COORDINATOR"] = fleet_.client_address(replica);
    command.environment["WSFLEET_TOKEN_FILE"] = "";
    command.environment["WSFLEET_TOKEN"] = token;
    return RunCommand(command, absl::Seconds(60));
  }

  // A line for each record, once one of them has all of these words.
  std::vector<std::string> AuditWith(const std::vector<std::string>& words) {
    std::vector<std::string> lines;
    EXPECT_TRUE(WaitUntil([&] {
      const Finished audit = fleet_.Run({"audit", "--since", "1h", "--all-fleets", "-o", "json"});
      EXPECT_EQ(audit.exit_code, 0) << audit.err;
      lines.clear();
      bool found = false;
      const boost::json::value entries = boost::json::parse(audit.out);
      for (const auto& entry : entries.as_array()) {
        lines.emplace_back();
        for (const char* key : {"principal", "action", "object", "outcome", "fleet"}) {
          lines.back() += std::string(entry.at(key).as_string()) + " ";
        }
        found = found || std::ranges::all_of(words, [&](const std::string& word) {
                  return lines.back().find(word) != std::string::npos;
                });
      }
      return found;
    })) << ::testing::PrintToString(lines);
    return lines;
  }

 private:
  RealFleet& fleet_;
};

TEST(Fault56, AViewerSubmitsNothingAndAnotherFleetReadsNothingAndBothAreTakenDown) {
  RealFleet fleet;
  fleet.StartAgent("eu-1", "eu-west-1");
  AccessFaults access(fleet);
  ASSERT_EQ(fleet.Run({"fleet", "create", "blue"}).exit_code, 0);
  const std::string viewer = access.Token("eve", "viewer"), runner = access.Token("ci", "runner");
  const std::string other = access.Token("mallory", "admin", "blue");
  const TargetServer target(DemoTarget({"accept-any-token"}));
  const std::string url = target.ws_url() + "/ws";

  const Finished submitted = access.RunAs(viewer, {"probe", url});
  EXPECT_EQ(submitted.exit_code, 4) << submitted.err;
  EXPECT_THAT(submitted.err, HasSubstr("runs.submit needs the role runner, and \"eve\" has viewer in fleet"));
  EXPECT_THAT(target.access_log(), IsEmpty());

  const Finished allowed = access.RunAs(runner, {"probe", url});
  EXPECT_EQ(allowed.exit_code, 0) << allowed.out << allowed.err;
  const std::string run(
      boost::json::parse(access.RunAs(viewer, {"runs", "list", "-o", "json"}).out).at(0).at("job").as_string());

  for (const std::vector<std::string>& reads : {std::vector<std::string>{"runs", "get", run},
                                                {"runs", "list"},
                                                {"runs", "watch", run},
                                                {"agents", "list"},
                                                {"schedules", "list"},
                                                {"tokens", "list"},
                                                {"audit"}}) {
    const Finished read = access.RunAs(other, reads);
    EXPECT_EQ(read.exit_code, 4) << reads.front() << read.out << read.err;
    EXPECT_THAT(read.out, IsEmpty()) << reads.front();
    EXPECT_THAT(read.err, HasSubstr("\"mallory\" has admin in fleet \"blue\"")) << reads.front();
  }
  EXPECT_EQ(access.RunAs("", {"runs", "list"}).exit_code, 4);
  EXPECT_EQ(access.RunAs("wsf_guess", {"runs", "list"}).exit_code, 4);

  const std::vector<std::string> audit = access.AuditWith({"mallory", "tokens.list", "denied"});
  EXPECT_THAT(audit, Contains("eve runs.submit  denied default "));
  EXPECT_THAT(audit, Contains("ci runs.submit " + run + " done default "));
  EXPECT_THAT(audit, Contains("mallory runs.get " + run + " denied default "));
  EXPECT_THAT(audit, Contains(AllOf(HasSubstr("bootstrap tokens.create"), HasSubstr("mallory done blue"))));
  EXPECT_THAT(audit, Not(Contains(HasSubstr("eve runs.list"))));
  for (const std::string& secret : {viewer, runner, other}) {
    EXPECT_THAT(fleet.coordinator().err(), Not(HasSubstr(secret)));
  }
}

TEST(Tokens, AreRefusedByEveryCoordinatorSoonAfterOneRevokedThem) {
  PostgresServer server;
  RealFleet::Settings settings;
  settings.postgres_url = server.CreateDatabase("tokens");
  settings.replicas = 2;
  RealFleet fleet(settings);
  AccessFaults access(fleet);
  const std::string viewer = access.Token("eve", "viewer");
  for (const std::size_t replica : {0U, 1U}) {
    EXPECT_TRUE(
        WaitUntil([&] { return access.RunAs(viewer, {"fleet", "list"}, replica).exit_code == 0; }, absl::Seconds(5)))
        << replica;
  }
  ASSERT_EQ(fleet.Run({"tokens", "revoke", "eve"}).exit_code, 0);
  for (const std::size_t replica : {0U, 1U}) {
    EXPECT_TRUE(
        WaitUntil([&] { return access.RunAs(viewer, {"fleet", "list"}, replica).exit_code == 4; }, absl::Seconds(5)))
        << replica;
  }
}

TEST(Tokens, ALoginKeepsTheTokenForItsOwnerAndTheAuthorityForItsContext) {
  RealFleet fleet;
  AccessFaults access(fleet);
  const std::string secret = access.Token("ada", "viewer");
  const std::string ca =
      fleet.directory().Write("copy.pem", ReadWholeFile((fleet.directory().path() / "ca/ca.pem").string()));
  const auto home = fleet.directory().path() / "home";
  const auto in_home = [&](Command command) {
    for (const char* name : {"WSFLEET_COORDINATOR", "WSFLEET_CA", "WSFLEET_TOKEN_FILE"}) command.environment[name] = "";
    command.environment["XDG_CONFIG_HOME"] = home.string();
    return RunCommand(command, absl::Seconds(60));
  };
  const auto login = [&](const std::string& input) {
    Command command = fleet.Client({"login", "staging", "--coordinator", fleet.client_address(0), "--ca", ca});
    command.arguments.insert(command.arguments.begin(), {"/bin/sh", "-c", "printf '%s\\n' \"$INPUT\" | \"$0\" \"$@\""});
    command.environment["INPUT"] = input;
    return in_home(command);
  };
  const Finished refused = login("wsf_guess");
  EXPECT_EQ(refused.exit_code, 4) << refused.err;
  EXPECT_FALSE(std::filesystem::exists(home / "wsfleet/staging.token")) << "nothing is kept of what is no good";
  EXPECT_EQ(login("").exit_code, 2);

  const Finished done = login(secret);
  ASSERT_EQ(done.exit_code, 0) << done.err;
  EXPECT_THAT(done.err, HasSubstr("ada is viewer in fleet default until"));
  EXPECT_THAT(done.out + done.err, Not(HasSubstr(secret)));
  const auto permissions = std::filesystem::status(home / "wsfleet/staging.token").permissions();
  EXPECT_EQ(permissions, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  std::filesystem::remove(ca);
  EXPECT_EQ(in_home(fleet.Client({"runs", "list"})).exit_code, 0);
  EXPECT_EQ(in_home(fleet.Client({"tokens", "list"})).exit_code, 4);

  // A new token of the same context takes the place of the old one.
  ASSERT_EQ(fleet.Run({"tokens", "revoke", "ada"}).exit_code, 0);
  EXPECT_EQ(in_home(fleet.Client({"runs", "list"})).exit_code, 4);
  fleet.directory().Write("copy.pem", ReadWholeFile((fleet.directory().path() / "ca/ca.pem").string()));
  EXPECT_EQ(login(access.Token("ada", "admin")).exit_code, 0);
  EXPECT_EQ(in_home(fleet.Client({"tokens", "list"})).exit_code, 0);
}

}  // namespace
}  // namespace wsfleet::testing
