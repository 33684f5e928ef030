#include "coordinator/oidc/jwt.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/status_message.h"
#include "tests/support/token_issuer.h"

namespace wsfleet::oidc {
namespace {

using testing::Message;
using testing::UrlBase64;

std::string Compact(const std::string& header, const std::string& claims = "{}", const std::string& signature = "sig") {
  return UrlBase64(header) + "." + UrlBase64(claims) + "." + UrlBase64(signature);
}

std::string JwtProblem(const std::string& token) {
  const auto jwt = ReadJwt(token);
  if (jwt.ok()) return "none";
  EXPECT_TRUE(absl::IsUnauthenticated(jwt.status()));
  return Message(jwt.status());
}

TEST(Jwt, IsReadWithWhatItsHeaderSays) {
  const std::string token =
      Compact(R"({"alg":"ES256","kid":"k1","typ":"at+JWT","jwk":{},"jku":"https://evil"})", R"({"sub":"a"})");
  const auto jwt = ReadJwt(token);
  ASSERT_TRUE(jwt.ok()) << jwt.status();
  EXPECT_EQ(jwt->algorithm, Algorithm::kEs256);
  EXPECT_EQ(jwt->key_id, "k1");
  EXPECT_EQ(jwt->claims.at("sub").as_string(), "a");
  EXPECT_EQ(jwt->signed_part, token.substr(0, token.rfind('.')));
  EXPECT_EQ(jwt->signature, "sig");
  EXPECT_EQ(ReadJwt(Compact(R"({"alg":"RS256"})"))->key_id, std::nullopt);
}

struct BadToken {
  std::string token;
  std::string problem;  // a part of the message
};

TEST(Jwt, IsRefusedWithAReasonIfAnythingIsWrongWithIt) {
  const std::string good = Compact(R"({"alg":"RS256"})");
  const BadToken bad[] = {
      {Compact(R"({"alg":"none"})", "{}", ""), "with algorithm \"none\", expected RS256 or ES256"},
      {Compact(R"({"alg":"None"})"), "with algorithm \"None\""},
      {Compact(R"({"alg":"HS256"})"), "with algorithm \"HS256\", expected RS256 or ES256"},
      {Compact(R"({"alg":"rs256"})"), "with algorithm \"rs256\""},
      {Compact(R"({"alg":"PS256"})"), "with algorithm \"PS256\""},
      {Compact(R"({"alg":["RS256"]})"), "no \"alg\""},
      {Compact(R"({"typ":"JWT"})"), "no \"alg\""},
      {Compact(R"({"alg":"RS256","crit":["exp"]})"), "\"crit\""},
      {Compact(R"({"alg":"RS256","crit":[]})"), "\"crit\""},
      {Compact(R"({"alg":"RS256","crit":["b64"],"b64":false})"), "\"crit\""},
      {Compact(R"({"alg":"RS256","typ":"logout+jwt"})"), "of type \"logout+jwt\""},
      {Compact(R"({"alg":"RS256","typ":7})"), "of type that is no text"},
      {Compact(R"({"alg":"RS256","typ":"JWT\u0000logout"})"), "of type \"jwt"},
      {Compact(R"({"alg":"RS256","kid":7})"), "\"kid\""},
      {Compact(R"({"alg":"RS256","kid":""})"), "\"kid\""},
      {Compact(R"({"alg":"RS256","kid":")" + std::string(513, 'k') + "\"}"), "\"kid\""},
      {Compact(R"({"alg":"none","alg":"RS256"})"), "header is not one JSON object with each member once"},
      {Compact(R"({"alg":"RS256"})", R"({"sub":"a","sub":"b"})"),
       "claims are not one JSON object with each member once"},
      {Compact(R"({"alg":"RS256"})", R"(["sub"])"), "claims are not one JSON object"},
      {Compact(R"({"alg":"RS256"})", "{\"sub\":\"\xff\"}"), "claims are not one JSON object"},
      {Compact(R"(RS256)"), "header is not one JSON object"},
      {Compact(R"({"alg":"RS256"})", "{}", ""), "without a signature"},
      {good.substr(0, good.rfind('.')), "that is cut off"},
      {good + ".", "that is cut off"},
      {"..", "header is not one JSON object"},
      {good + "=", "not base64url without padding"},
      {good.substr(0, good.size() - 1), "not base64url without padding"},
      {" " + good, "not base64url without padding"},
      {good + std::string(1 << 20, 'A'), "bytes, expected 16384 at most"},
  };
  for (const BadToken& one : bad) {
    EXPECT_THAT(JwtProblem(one.token), ::testing::HasSubstr(one.problem)) << one.token.substr(0, 200);
  }
  EXPECT_EQ(JwtProblem(good), "none");
}

TEST(Jwt, HasOneFormOnlyForEachTextOfBytes) {
  const std::string good = Compact(R"({"alg":"RS256"})", "{}", "x");  // one byte: the last digit carries two bits
  std::string other = good;
  ++other.back();
  EXPECT_EQ(JwtProblem(good), "none");
  EXPECT_NE(JwtProblem(other), "none");
}

}  // namespace
}  // namespace wsfleet::oidc
