#include "coordinator/oidc/parse_issuers.h"

#include <string>

#include "absl/strings/str_replace.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace wsfleet::oidc {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

constexpr char kFull[] = R"(version: wsfleet/v1
issuers:
  - name: corp
    issuer: https://id.example/realms/main
    audience: [wsfleet]
    jwks_url: https://id.example/keys
    ca_file: ca.pem
    refresh: 10m
    keep: 2h
    algorithms: [ES256]
    groups_claim: [realm_access, roles]
    name_claim: email
    leeway: 5s
    max_life: 1h
    roles:
      - {group: team, fleet: blue, role: runner}
      - {group: owners, fleet: "*", role: admin}
  - name: file
    issuer: https://other.example
    audience: [wsfleet]
    jwks_file: keys.json
    roles: [{group: x, fleet: red, role: viewer}]
)";

// What is wrong with the text after one change of it: "LINE:COLUMN message" for each.
std::string FileProblem(const std::string& from, const std::string& to) {
  const std::string text = absl::StrReplaceAll(kFull, {{from, to}});
  EXPECT_NE(text, kFull) << from;
  const IssuersResult result = ParseIssuers("oidc.yaml", text);
  if (result.diagnostics.empty()) return "none";
  EXPECT_TRUE(result.issuers.empty());
  std::string problems;
  for (const Diagnostic& one : result.diagnostics) {
    problems += std::to_string(one.range.line) + ":" + std::to_string(one.range.column) + " " + one.message + "\n";
  }
  return problems;
}

TEST(Issuers, AreReadWithAllTheirKeys) {
  const IssuersResult result = ParseIssuers("oidc.yaml", kFull);
  ASSERT_THAT(result.diagnostics, SizeIs(0)) << result.diagnostics.front().message;
  ASSERT_THAT(result.issuers, SizeIs(2));
  const Issuer& corp = result.issuers.front();
  EXPECT_EQ(corp.name, "corp");
  EXPECT_EQ(corp.issuer, "https://id.example/realms/main");
  EXPECT_THAT(corp.audiences, ElementsAre("wsfleet"));
  EXPECT_EQ(corp.keys, (KeyLocation{"https://id.example/keys", "", "ca.pem", absl::Minutes(10), absl::Hours(2)}));
  EXPECT_THAT(corp.algorithms, ElementsAre(Algorithm::kEs256));
  EXPECT_THAT(corp.groups_claim, ElementsAre("realm_access", "roles"));
  EXPECT_THAT(corp.name_claim, ElementsAre("email"));
  EXPECT_EQ(corp.leeway, absl::Seconds(5));
  EXPECT_EQ(corp.max_life, absl::Hours(1));
  ASSERT_THAT(corp.roles, SizeIs(2));
  EXPECT_EQ(corp.roles[0].fleet, FleetName("blue"));
  EXPECT_EQ(corp.roles[1].fleet, std::nullopt);
  EXPECT_EQ(corp.roles[1].role, Role::kAdmin);
  const Issuer& file = result.issuers.back();
  EXPECT_EQ(file.keys.file, "keys.json");
  EXPECT_EQ(file.keys.refresh, absl::Hours(1));
  EXPECT_THAT(file.groups_claim, ElementsAre("groups"));
  EXPECT_THAT(file.algorithms, ElementsAre(Algorithm::kRs256, Algorithm::kEs256));
}

TEST(Issuers, SayWhereAFileIsWrongAndWhatIsMeant) {
  EXPECT_THAT(FileProblem("audience: [wsfleet]\n    jwks_url", "audiance: [wsfleet]\n    jwks_url"),
              HasSubstr("unknown key \"audiance\"; did you mean \"audience\"?"));
  EXPECT_THAT(FileProblem("role: runner", "role: runer"), HasSubstr("did you mean \"runner\"?"));
  EXPECT_THAT(FileProblem("group: x, ", ""), HasSubstr("roles: \"group\" is missing"));
  EXPECT_THAT(FileProblem("group: x, ", "group: x, grup: y, "), HasSubstr("did you mean \"group\"?"));
  EXPECT_THAT(FileProblem("version: wsfleet/v1", "version: wsfleet/v2"),
              HasSubstr("1:10 version: expected wsfleet/v1"));
  EXPECT_THAT(FileProblem("name: file", "name: corp"), HasSubstr("name: another issuer of this file has \"corp\""));
  EXPECT_THAT(FileProblem("https://other.example", "https://id.example/realms/main"),
              HasSubstr("issuer: another issuer"));
  EXPECT_THAT(FileProblem("name: file", "name: a b"), HasSubstr("name: expected letters"));
  EXPECT_THAT(FileProblem("[wsfleet]\n    jwks_file", "[]\n    jwks_file"), HasSubstr("expected a list of 1 to 16"));
  EXPECT_THAT(FileProblem("[ES256]", "[HS256]"), HasSubstr("10:18 algorithms: expected one of RS256, ES256"));
  EXPECT_THAT(FileProblem("[ES256]", "[none]"), HasSubstr("expected one of RS256, ES256"));
  EXPECT_THAT(FileProblem("fleet: red", "fleet: r*"), HasSubstr("the name of a fleet, or \"*\""));
  EXPECT_THAT(FileProblem("leeway: 5s", "leeway: 6m"), HasSubstr("leeway: expected 0s to 5m, found"));
  EXPECT_THAT(FileProblem("refresh: 10m", "refresh: 1s"), HasSubstr("refresh: expected 10s to 24h"));
  EXPECT_THAT(FileProblem("    jwks_file: keys.json\n", ""), HasSubstr("exactly one of jwks_url, jwks_file"));
  EXPECT_THAT(FileProblem("jwks_file: keys.json", "jwks_file: a\n    jwks_url: https://b"),
              HasSubstr("exactly one of"));
  EXPECT_THAT(FileProblem("group: x,", "group: '${x}',"), HasSubstr("is not allowed here"));
}

TEST(Issuers, HaveTheirKeysByHttpsOrOnLoopback) {
  const std::string url = "https://id.example/keys";
  EXPECT_EQ(FileProblem(url, "http://127.0.0.1:1/keys"), "none");
  EXPECT_EQ(FileProblem(url, "http://[::1]:1/keys"), "none");
  EXPECT_EQ(FileProblem(url, "http://localhost/keys"), "none");
  for (const std::string bad : {"http://id.example/keys", "http://127.0.0.1.evil.example/", "http://localhost.evil/",
                                "wss://id.example/", "ftp://id.example/", "https://", "https://u:p@id.example/"}) {
    EXPECT_THAT(FileProblem(url, bad), HasSubstr("jwks_url: expected https://")) << bad;
  }
}

}  // namespace
}  // namespace wsfleet::oidc
