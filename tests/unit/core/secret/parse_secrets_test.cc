#include "core/secret/parse_secrets.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace wsfleet {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

std::vector<std::string> Mistakes(const std::string& text, FleetsOfSecrets fleets = FleetsOfSecrets::kNamed) {
  const SecretsFileResult result = ParseSecretsFile("secrets.yaml", text, fleets);
  EXPECT_TRUE(result.diagnostics.empty() || result.file.secrets.empty());
  std::vector<std::string> mistakes;
  for (const Diagnostic& diagnostic : result.diagnostics) mistakes.push_back(diagnostic.message);
  return mistakes;
}

TEST(ParseSecrets, ReadsWhereSecretsAreAndWhoMayHaveThem) {
  const SecretsFileResult result = ParseSecretsFile("secrets.yaml", R"(version: wsfleet/v1
secrets:
  JWT_KEY: {file: keys/jwt, hosts: [chat.example.com], fleets: [default, staging]}
  TOKEN: {env: STAGING_TOKEN, hosts: ["*"], fleets: [default]}
directories:
  - {path: /run/secrets/chat, hosts: ["*.example.com"], fleets: [default]}
)",
                                                    FleetsOfSecrets::kNamed);
  ASSERT_THAT(result.diagnostics, IsEmpty());
  ASSERT_EQ(result.file.secrets.size(), 2u);
  const SecretEntry& key = result.file.secrets[0];
  EXPECT_EQ(key.name, "JWT_KEY");
  EXPECT_EQ(key.file, "keys/jwt");
  EXPECT_EQ(key.environment, "");
  EXPECT_TRUE(key.scope.hosts.Allows("chat.example.com"));
  EXPECT_FALSE(key.scope.hosts.Allows("example.com"));
  EXPECT_TRUE(key.scope.IsFor(FleetName("staging")));
  EXPECT_FALSE(key.scope.IsFor(FleetName("other")));
  EXPECT_EQ(result.file.secrets[1].environment, "STAGING_TOKEN");
  ASSERT_EQ(result.file.directories.size(), 1u);
  EXPECT_EQ(result.file.directories[0].path, "/run/secrets/chat");
}

TEST(ParseSecrets, SaysWhatIsMissing) {
  EXPECT_THAT(Mistakes(""), ElementsAre("empty file; expected version, secrets"));
  EXPECT_THAT(Mistakes("version: wsfleet/v1\n"), ElementsAre("expected secrets, directories, or both"));
  EXPECT_THAT(Mistakes("secrets: {A: {file: a, hosts: [h], fleets: [f]}}\n"),
              ElementsAre("version: expected wsfleet/v1"));
  const std::string begin = "version: wsfleet/v1\nsecrets:\n  A: ";
  EXPECT_THAT(Mistakes(begin + "{file: a, fleets: [f]}"), ElementsAre(HasSubstr("A: \"hosts\" is missing")));
  EXPECT_THAT(Mistakes(begin + "{file: a, hosts: [h]}"), ElementsAre(HasSubstr("A: \"fleets\" is missing")));
  EXPECT_THAT(Mistakes(begin + "{file: a, hosts: [h]}", FleetsOfSecrets::kOptional), IsEmpty());
  EXPECT_THAT(Mistakes(begin + "{file: a, env: B, hosts: [h], fleets: [f]}"),
              ElementsAre("A: expected exactly one of file, env"));
  EXPECT_THAT(Mistakes(begin + "{hosts: [h], fleets: [f]}"), ElementsAre("A: expected exactly one of file, env"));
  EXPECT_THAT(Mistakes(begin + "{fiel: a, hosts: [h], fleets: [f]}"),
              ElementsAre("A: expected exactly one of file, env", HasSubstr("did you mean \"file\"?")));
  EXPECT_THAT(Mistakes(begin + "{file: a, hosts: [\"http://h\"], fleets: [f]}"),
              ElementsAre(HasSubstr("hosts: expected a host")));
  EXPECT_THAT(Mistakes(begin + "{file: a, hosts: [h], fleets: [\"a b\"]}"),
              ElementsAre(HasSubstr("fleets: expected names")));
  EXPECT_THAT(Mistakes("version: wsfleet/v1\nsecrets:\n  a-b: {file: a, hosts: [h], fleets: [f]}"), Not(IsEmpty()));
}

TEST(ParseSecrets, DoesNotShowWhatStandsWhereAValueCouldBe) {
  for (const char* text : {"version: wsfleet/v1\nsecrets:\n  A: s3cr3t\n", "version: wsfleet/v1\nsecrets: s3cr3t\n",
                           "version: wsfleet/v1\nsecrets: [s3cr3t]\n", "version: wsfleet/v1\ndirectories: s3cr3t\n"}) {
    const auto mistakes = Mistakes(text);
    ASSERT_THAT(mistakes, Not(IsEmpty())) << text;
    for (const std::string& mistake : mistakes) EXPECT_THAT(mistake, Not(HasSubstr("s3cr3t")));
  }
}

}  // namespace
}  // namespace wsfleet
