#include "cli/config/endpoint.h"

#include "core/base/text.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/temporary_directory.h"

namespace wsfleet::cli {
namespace {

using ::testing::HasSubstr;
using testing::TemporaryDirectory;

class EndpointTest : public ::testing::Test {
 protected:
  ConfigPaths Paths() const {
    return {(directory_.path() / "wsfleet.yaml").string(), (directory_.path() / "user.yaml").string(),
            (directory_.path() / "dev.yaml").string()};
  }
  void Write(const std::string& file, const std::string& context, const std::string& address, bool current = true) {
    directory_.Write(file, (current ? "current: " + context + "\n" : std::string()) + "contexts:\n  " + context +
                               ": {coordinator: \"" + address + "\", ca: " + context + ".pem, token_file: " + context +
                               ".token}\n");
  }

  TemporaryDirectory directory_;
};

TEST_F(EndpointTest, IsNoneWhenNothingIsConfigured) {
  const auto endpoint = FindEndpoint({}, {}, Paths());
  ASSERT_TRUE(endpoint.ok());
  EXPECT_EQ(endpoint->address, "");
}

TEST_F(EndpointTest, ComesFromFlagsThenEnvironmentThenTheFolderThenThePerson) {
  Write("user.yaml", "mine", "user:1");
  EXPECT_EQ(FindEndpoint({}, {}, Paths())->address, "user:1");
  Write("wsfleet.yaml", "ours", "folder:1");
  EXPECT_EQ(FindEndpoint({}, {}, Paths())->address, "folder:1");
  const Environment environment{{"WSFLEET_COORDINATOR", "environment:1"}};
  EXPECT_EQ(FindEndpoint({}, environment, Paths())->address, "environment:1");
  ConnectionFlags flags;
  flags.coordinator = "flag:1";
  EXPECT_EQ(FindEndpoint(flags, environment, Paths())->address, "flag:1");
}

TEST_F(EndpointTest, HasTheUsualPortWhereNoneIsGiven) {
  const auto address = [&](const std::string& given) {
    ConnectionFlags flags;
    flags.coordinator = given;
    return FindEndpoint(flags, {}, Paths())->address;
  };
  EXPECT_EQ(address("localhost"), "localhost:7421");
  EXPECT_EQ(address("a, b:1"), "a:7421,b:1");
  EXPECT_EQ(address("[::1]"), "[::1]:7421");
  EXPECT_EQ(address("[::1]:9"), "[::1]:9");
  EXPECT_EQ(address("unix:/run/wsfleet"), "unix:/run/wsfleet");
}

TEST_F(EndpointTest, IsNoneOfAnAddressThatCannotBeOne) {
  const auto message = [&](const std::string& given) {
    ConnectionFlags flags;
    flags.coordinator = given;
    const auto endpoint = FindEndpoint(flags, {}, Paths());
    EXPECT_TRUE(absl::IsInvalidArgument(endpoint.status())) << given;
    return std::string(ToStd(endpoint.status().message()));
  };
  for (const char* wrong :
       {"host:abc", "host:70000", "host:0", "host:", ":7421", "7421", "a:1,b c:1", "::1", ",", "a/b:1"}) {
    EXPECT_THAT(message(wrong), HasSubstr("--coordinator: expected host:port with a port from 1 to 65535")) << wrong;
  }
  EXPECT_THAT(message("https://host:7421"), HasSubstr("found \"https://host:7421\"; leave \"https://\" out"));
  EXPECT_THAT(message("2001:db8::1"), HasSubstr("in brackets"));
  Write("user.yaml", "mine", "user:abc");
  EXPECT_THAT(std::string(ToStd(FindEndpoint({}, {}, Paths()).status().message())), HasSubstr("context mine of "));
}

TEST_F(EndpointTest, SaysWhoNamedEachFile) {
  Write("user.yaml", "mine", "user:1");
  ConnectionFlags flags;
  flags.ca_file = "ca.pem";
  const auto endpoint = FindEndpoint(flags, {{"WSFLEET_TOKEN_FILE", "token"}}, Paths());
  EXPECT_THAT(endpoint->source, HasSubstr("context mine of"));
  EXPECT_EQ(endpoint->ca_source, "--ca");
  EXPECT_EQ(endpoint->token_source, "WSFLEET_TOKEN_FILE");
  EXPECT_EQ(FindEndpoint({}, {}, Paths())->token_source, endpoint->source);
}

TEST_F(EndpointTest, MissesAFileThatIsNamed) {
  ConfigPaths paths = Paths();
  paths.user_is_named = true;
  EXPECT_THAT(std::string(ToStd(FindEndpoint({}, {}, paths).status().message())),
              HasSubstr("user.yaml does not exist"));
  Write("user.yaml", "mine", "user:1");
  EXPECT_EQ(FindEndpoint({}, {}, paths)->address, "user:1");
}

TEST_F(EndpointTest, GivesTheTokenOfAContextToItsOwnCoordinatorOnly) {
  Write("user.yaml", "mine", "user:1");
  EXPECT_THAT(FindEndpoint({}, {}, Paths())->token_file, HasSubstr("mine.token"));
  ConnectionFlags flags;
  flags.coordinator = "elsewhere:1";
  EXPECT_EQ(FindEndpoint(flags, {}, Paths())->token_file, "");
  EXPECT_EQ(FindEndpoint({}, {{"WSFLEET_COORDINATOR", "elsewhere:1"}}, Paths())->token_file, "");
}

TEST_F(EndpointTest, TakesTheContextThatIsAskedFor) {
  directory_.Write("user.yaml",
                   "current: a\ncontexts:\n  a: {coordinator: \"a:1\"}\n  b: {coordinator: \"b:1\", fleet: gold}\n");
  ConnectionFlags flags;
  flags.context = "b";
  EXPECT_EQ(FindEndpoint(flags, {{"WSFLEET_COORDINATOR", "environment:1"}}, Paths())->address, "b:1");
  EXPECT_EQ(FindEndpoint(flags, {}, Paths())->fleet, "gold");
  EXPECT_EQ(FindEndpoint({}, {{"WSFLEET_CONTEXT", "b"}}, Paths())->address, "b:1");
}

TEST_F(EndpointTest, SuggestsAContextWhenThereIsNoneOfThatName) {
  Write("user.yaml", "staging", "user:1");
  ConnectionFlags flags;
  flags.context = "stagin";
  const auto endpoint = FindEndpoint(flags, {}, Paths());
  ASSERT_FALSE(endpoint.ok());
  EXPECT_THAT(std::string(ToStd(endpoint.status().message())), HasSubstr("did you mean \"staging\"?"));
}

TEST_F(EndpointTest, TakesADevFleetByItsNameOnly) {
  Write("dev.yaml", "dev", "dev:1");
  EXPECT_EQ(FindEndpoint({}, {}, Paths())->address, "");
  ConnectionFlags flags;
  flags.context = "dev";
  EXPECT_EQ(FindEndpoint(flags, {}, Paths())->address, "dev:1");
}

TEST_F(EndpointTest, IsMeantByWhoeverNamesAFleetATokenOrAnAuthority) {
  const auto check = [&](const ConnectionFlags& flags, const Environment& environment) {
    return std::string(ToStd(CheckNoneIsMeant(*FindEndpoint(flags, environment, Paths()), environment).message()));
  };
  EXPECT_EQ(check({}, {}), "");
  EXPECT_EQ(check({}, {{"WSFLEET_COORDINATOR", ""}, {"WSFLEET_TOKEN", ""}}), "") << "set to nothing is not set";
  for (const char* variable : {"WSFLEET_FLEET", "WSFLEET_TOKEN", "WSFLEET_TOKEN_FILE", "WSFLEET_CA"}) {
    EXPECT_THAT(check({}, {{variable, "x"}}),
                HasSubstr(std::string("expected a coordinator beside ") + variable + ", found none; name it by "));
    EXPECT_EQ(check({}, {{variable, "x"}, {"WSFLEET_COORDINATOR", "there:1"}}), "");
  }
  ConnectionFlags fleet, token, authority;
  fleet.fleet = token.token_file = authority.ca_file = "x";
  EXPECT_THAT(check(fleet, {}), HasSubstr("beside --fleet, found none"));
  EXPECT_THAT(check(token, {}), HasSubstr("beside --token-file, found none"));
  EXPECT_THAT(check(authority, {{"WSFLEET_COORDINATOR", ""}}), HasSubstr("beside --ca, found an empty WSFLEET_COORD"));
  Write("user.yaml", "mine", "user:1");
  EXPECT_EQ(check(fleet, {}), "") << "a context names one";
}

TEST_F(EndpointTest, ListsEveryContextOnceWithTheCurrentOneMarked) {
  Write("wsfleet.yaml", "shared", "folder:1");
  directory_.Write("user.yaml", "contexts:\n  shared: {coordinator: \"user:1\"}\n  own: {coordinator: \"own:1\"}\n");
  const auto known = ListContexts({}, {}, Paths());
  ASSERT_TRUE(known.ok());
  ASSERT_EQ(known->size(), 2u);
  EXPECT_EQ((*known)[0].context.coordinator, "folder:1");
  EXPECT_TRUE((*known)[0].is_current);
  EXPECT_FALSE((*known)[1].is_current);
}

}  // namespace
}  // namespace wsfleet::cli
