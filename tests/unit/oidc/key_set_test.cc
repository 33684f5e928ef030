#include "coordinator/oidc/key_set.h"

#include <string>

#include "fmt/format.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/status_message.h"
#include "tests/support/token_issuer.h"

namespace wsfleet::oidc {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::IssuerKey;
using testing::JwkSet;
using testing::Message;

class KeySetTest : public ::testing::Test {
 protected:
  static std::string Problem(const std::string& json) {
    const auto set = KeySet::Parse(json);
    return set.ok() ? "none" : Message(set.status());
  }

  const IssuerKey rsa_{IssuerKey::Type::kRsa, "k1"};
  const IssuerKey p256_{IssuerKey::Type::kP256, "k2"};
};

TEST_F(KeySetTest, FindsTheKeyOfAnIdThatFitsTheAlgorithm) {
  const auto set =
      KeySet::Parse(JwkSet({rsa_.Jwk(R"("use":"sig","alg":"RS256")"), p256_.Jwk(R"("key_ops":["verify"])")}));
  ASSERT_TRUE(set.ok()) << set.status();
  const auto rsa = set->Find(Algorithm::kRs256, "k1"), p256 = set->Find(Algorithm::kEs256, "k2");
  ASSERT_TRUE(rsa.ok() && p256.ok());
  EXPECT_TRUE(rsa->HasSigned("text", rsa_.Sign("text")));
  EXPECT_TRUE(p256->HasSigned("text", p256_.Sign("text")));
  EXPECT_FALSE(rsa->HasSigned("text", p256_.Sign("text")));
  EXPECT_TRUE(set->Contains(rsa->thumbprint()) && set->Contains(p256->thumbprint()));
  EXPECT_FALSE(set->Contains(""));
  EXPECT_TRUE(absl::IsNotFound(set->Find(Algorithm::kRs256, "k3").status()));
  EXPECT_TRUE(absl::IsUnauthenticated(set->Find(Algorithm::kEs256, "k1").status())) << "a key of the wrong type";
  EXPECT_TRUE(absl::IsUnauthenticated(set->Find(Algorithm::kRs256, std::nullopt).status())) << "which of the two?";
}

TEST_F(KeySetTest, NeedsNoIdIfThereIsOneKey) {
  const auto set = KeySet::Parse(JwkSet({IssuerKey(IssuerKey::Type::kP256, "").Jwk()}));
  ASSERT_TRUE(set.ok()) << set.status();
  EXPECT_TRUE(set->Find(Algorithm::kEs256, std::nullopt).ok());
  EXPECT_FALSE(set->Find(Algorithm::kRs256, std::nullopt).ok());
  EXPECT_TRUE(absl::IsNotFound(set->Find(Algorithm::kEs256, "k1").status()));
}

TEST_F(KeySetTest, KeepsTwoKeysOfOneIdApartByTheirTypeAndRefusesTwoOfOneType) {
  const IssuerKey same_id(IssuerKey::Type::kP256, "k1"), twin(IssuerKey::Type::kRsa, "k1");
  const auto set = KeySet::Parse(JwkSet({rsa_.Jwk(), same_id.Jwk()}));
  ASSERT_TRUE(set.ok()) << set.status();
  EXPECT_TRUE(set->Find(Algorithm::kEs256, "k1")->HasSigned("text", same_id.Sign("text")));
  EXPECT_EQ(Problem(JwkSet({rsa_.Jwk(), twin.Jwk()})), "keys[1]: there is another key \"k1\" of the same type");
}

TEST_F(KeySetTest, PassesOverWhatIsForOtherUses) {
  const auto set = KeySet::Parse(JwkSet({
      rsa_.Jwk(R"("use":"enc")"),
      rsa_.Jwk(R"("key_ops":["encrypt"])"),
      rsa_.Jwk(R"("alg":"RS512")"),
      p256_.Jwk(R"("alg":"RS256")"),
      R"({"kty":"oct","k":"c2VjcmV0","kid":"h"})",
      R"({"kty":"EC","crv":"P-384","x":"AA","y":"AA"})",
      R"({"kty":"OKP","crv":"Ed25519","x":"AA"})",
      IssuerKey(IssuerKey::Type::kRsa, "weak", 1024).Jwk(),
      R"({"kty":"RSA","n":"!","e":"AQAB"})",
      p256_.Jwk(),
  }));
  ASSERT_TRUE(set.ok()) << set.status();
  EXPECT_EQ(set->size(), 1U);
  EXPECT_EQ(set->passed_over().size(), 9U);
  EXPECT_THAT(set->passed_over().at(7), HasSubstr("RSA of 1024 bits"));
}

TEST_F(KeySetTest, SaysWhatIsWrongWithWhatIsNone) {
  for (const std::string text : {"", "[]", "{}", R"({"keys":{}})", R"({"keys":[],"keys":[]})", "<html>"}) {
    EXPECT_THAT(Problem(text), HasSubstr("expected a JWK set")) << text;
  }
  EXPECT_THAT(Problem(JwkSet({})), HasSubstr("found none"));
  EXPECT_THAT(Problem(JwkSet({"1"})), HasSubstr("keys[0]: expected an object"));
  EXPECT_THAT(Problem(JwkSet({rsa_.Jwk(R"("d":"AQ")")})), HasSubstr("keys[0]: it is a private key"));
  EXPECT_THAT(Problem(JwkSet({R"({"kty":"RSA","kid":7})"})), HasSubstr("\"kid\" to be a text"));
  EXPECT_THAT(Problem(JwkSet(std::vector<std::string>(101, p256_.Jwk()))), HasSubstr("at most 100 keys, found 101"));
  EXPECT_THAT(Problem(std::string(300 << 10, ' ')), HasSubstr("at most 256 KiB"));
}

}  // namespace
}  // namespace wsfleet::oidc
