#include "coordinator/oidc/claims.h"

#include <string>

#include "boost/json/parse.hpp"
#include "fmt/format.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/status_message.h"

namespace wsfleet::oidc {
namespace {

using ::testing::HasSubstr;
using testing::Message;

const absl::Time kNow = absl::FromUnixSeconds(1'000'000);

Issuer AnIssuer() {
  Issuer issuer;
  issuer.name = "corp";
  issuer.issuer = "https://id.example";
  issuer.audiences = {"wsfleet", "other"};
  issuer.roles = {{"team", FleetName("blue"), Role::kViewer},
                  {"leads", FleetName("blue"), Role::kOperator},
                  {"leads", FleetName("red"), Role::kRunner},
                  {"owners", std::nullopt, Role::kAdmin}};
  return issuer;
}

// Good ones, with members over them; one of null is left out.
boost::json::object Claims(const std::string& over = "{}") {
  auto claims =
      boost::json::parse(R"({"iss":"https://id.example","aud":"wsfleet","sub":"17","exp":1000600,"iat":1000000})")
          .as_object();
  const boost::json::value changes = boost::json::parse(over);
  for (const auto& member : changes.as_object()) {
    if (member.value().is_null()) {
      claims.erase(member.key());
    } else {
      claims[member.key()] = member.value();
    }
  }
  return claims;
}

std::string ClaimsProblem(const std::string& over, const Issuer& issuer = AnIssuer()) {
  const auto person = Judge(issuer, Claims(over), kNow);
  if (person.ok()) return "none";
  EXPECT_TRUE(absl::IsUnauthenticated(person.status()));
  return Message(person.status());
}

Person Judged(const std::string& over, const Issuer& issuer = AnIssuer()) {
  const auto person = Judge(issuer, Claims(over), kNow);
  EXPECT_TRUE(person.ok()) << person.status();
  return person.value_or(Person());
}

TEST(Claims, SayWhoSomebodyIsAndUntilWhen) {
  Issuer issuer = AnIssuer();
  issuer.name_claim = {"email"};
  const Person person = Judged(R"({"email":"ann@example","groups":["team"]})", issuer);
  EXPECT_EQ(person.name, "ann@example (corp)");
  EXPECT_EQ(person.identity, "https://id.example 17");
  EXPECT_EQ(person.grants, Grants(FleetName("blue"), Role::kViewer));
  EXPECT_EQ(person.expires, absl::FromUnixSeconds(1'000'600));
  EXPECT_EQ(Judged(R"({"email":7})", issuer).name, "17 (corp)") << "the subject, if there is no name";
  EXPECT_EQ(Judged(R"({"email":"\u001b[31m"})", issuer).name, "?[31m (corp)");
}

TEST(Claims, MapGroupsToRolesOfWhichTheHighestCounts) {
  EXPECT_TRUE(Judged("{}").grants.empty());
  EXPECT_TRUE(Judged(R"({"groups":["teams","Team"]})").grants.empty());
  EXPECT_TRUE(Judged(R"({"groups":["team",7]})").grants.empty()) << "no list of groups";
  EXPECT_EQ(Judged(R"({"groups":"team"})").grants.Text(), "viewer in fleet \"blue\"") << "a text is a list of one";
  EXPECT_EQ(Judged(R"({"groups":["team","leads"]})").grants.Text(),
            "operator in fleet \"blue\", runner in fleet \"red\"");
  EXPECT_EQ(Judged(R"({"groups":["owners","team"]})").grants.Text(), "viewer in fleet \"blue\", admin in every fleet");
}

TEST(Claims, HaveGroupsAtAPath) {
  Issuer issuer = AnIssuer();
  issuer.groups_claim = {"realm_access", "roles"};
  EXPECT_FALSE(Judged(R"({"realm_access":{"roles":["team"]}})", issuer).grants.empty());
  EXPECT_TRUE(Judged(R"({"realm_access":"roles","groups":["team"]})", issuer).grants.empty());
  EXPECT_TRUE(Judged(R"({"realm_access.roles":["team"]})", issuer).grants.empty());
}

TEST(Claims, AreRefusedWithAReasonIfAnythingIsWrongWithThem) {
  const std::pair<std::string, std::string> bad[] = {
      {R"({"iss":"https://id.example/"})", "another issuer"},
      {R"({"iss":null})", "another issuer"},
      {R"({"aud":"wsfleet2"})", "for another audience than wsfleet or other"},
      {R"({"aud":["a","b"]})", "for another audience"},
      {R"({"aud":[]})", "for another audience"},
      {R"({"aud":[["wsfleet"]]})", "without an audience"},
      {R"({"aud":null})", "without an audience"},
      {R"({"exp":null})", "\"exp\" is missing"},
      {R"({"exp":"1000600"})", "\"exp\" is something else, expected seconds"},
      {R"({"exp":-1})", "\"exp\""},
      {R"({"exp":1e300})", "\"exp\""},
      {R"({"exp":999970})", "of issuer \"corp\" that expired at 1970-01-12T13:46:10Z"},
      {R"({"exp":1086431})", "longer than max_life 24h"},
      {R"({"nbf":1000031})", "not good before 1970-01-12T13:47:11Z (\"nbf\")"},
      {R"({"nbf":"now"})", "\"nbf\""},
      {R"({"iat":1000031})", "(\"iat\")"},
      {R"({"sub":null})", "without a subject"},
      {R"({"sub":""})", "without a subject"},
      {R"({"sub":7})", "without a subject"},
      {R"({"sub":"a\u0000b"})", "without a subject"},
      {R"({"sub":")" + std::string(256, 's') + "\"}", "without a subject"},
      {R"({"cnf":{"jkt":"x"}})", "bound to a key"},
  };
  for (const auto& [over, problem] : bad) EXPECT_THAT(ClaimsProblem(over), HasSubstr(problem)) << over;
}

TEST(Claims, AreGoodForAsLongAsTheyAndTheLeewaySay) {
  for (const std::string over :
       {R"({"exp":999971})", R"({"exp":1000000.5})", R"({"nbf":1000030})", R"({"iat":1000030})", R"({"iat":null})",
        R"({"exp":1086430})", R"({"aud":["x","other"]})"}) {
    EXPECT_EQ(ClaimsProblem(over), "none") << over;
  }
  Issuer exact = AnIssuer();
  exact.leeway = absl::ZeroDuration();
  EXPECT_THAT(ClaimsProblem(R"({"exp":1000000})", exact), HasSubstr("expired"));
  EXPECT_EQ(ClaimsProblem(R"({"exp":1000001})", exact), "none");
}

}  // namespace
}  // namespace wsfleet::oidc
