#include "agent/engine/jwt.h"

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <array>
#include <memory>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_split.h"
#include "boost/json/parse.hpp"
#include "core/base/text.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace wsfleet::engine {
namespace {

// (The macro for this casts const away.)
EVP_PKEY* NewP256Key() {
  std::string curve = "P-256";
  return EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", curve.data());
}

using ::testing::HasSubstr;
using ::testing::Not;

class NoScope : public Scope {
 public:
  absl::StatusOr<boost::json::value> Lookup(std::string_view) const override {
    return absl::NotFoundError("no such value");
  }
};

const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);

Credential Jwt(const std::string& algorithm, const std::string& key) {
  Credential credential;
  credential.name = "user";
  credential.is_jwt = true;
  credential.algorithm = algorithm;
  credential.key = Template::Literal(key);
  return credential;
}

struct Parts {
  boost::json::value header, claims;
  std::string signed_text, signature;
};

Parts Split(const std::string& token) {
  const std::vector<std::string> pieces = absl::StrSplit(token, '.');
  EXPECT_EQ(pieces.size(), 3u) << token;
  const auto decode = [](const std::string& piece) {
    std::string bytes;
    EXPECT_TRUE(absl::WebSafeBase64Unescape(piece, &bytes));
    return bytes;
  };
  return {boost::json::parse(decode(pieces[0])), boost::json::parse(decode(pieces[1])), pieces[0] + "." + pieces[1],
          decode(pieces[2])};
}

std::string Mint(const Credential& credential) {
  const auto token = MintToken(credential, NoScope(), kNow);
  EXPECT_TRUE(token.ok()) << token.status();
  return token.value_or("");
}

using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;

std::string Pem(EVP_PKEY* key) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> bio(BIO_new(BIO_s_mem()), BIO_free);
  PEM_write_bio_PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr);
  char* data = nullptr;
  const long length = BIO_get_mem_data(bio.get(), &data);
  return std::string(data, static_cast<std::size_t>(length));
}

bool Verifies(EVP_PKEY* key, const std::string& text, const std::string& signature) {
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, key);
  return EVP_DigestVerify(context.get(), reinterpret_cast<const unsigned char*>(signature.data()), signature.size(),
                          reinterpret_cast<const unsigned char*>(text.data()), text.size()) == 1;
}

std::string Hmac(const std::string& key, const std::string& text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned length = 0;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), reinterpret_cast<const unsigned char*>(text.data()),
       text.size(), digest.data(), &length);
  return std::string(digest.begin(), digest.begin() + length);
}

TEST(Token, IsSignedByHs256WithTimesOfTheSession) {
  Credential credential = Jwt("HS256", "a-key-of-some-length");
  credential.ttl = absl::Minutes(5);
  const Parts parts = Split(Mint(credential));
  EXPECT_EQ(parts.header.at("alg").as_string(), "HS256");
  EXPECT_EQ(parts.header.at("typ").as_string(), "JWT");
  EXPECT_EQ(parts.claims.at("iat").to_number<std::int64_t>(), 1'800'000'000);
  EXPECT_EQ(parts.claims.at("exp").to_number<std::int64_t>(), 1'800'000'300);
  EXPECT_EQ(parts.signature, Hmac("a-key-of-some-length", parts.signed_text));
}

TEST(Token, WithANegativeLifetimeHasExpired) {
  Credential credential = Jwt("HS256", "a-key-of-some-length");
  credential.ttl = -absl::Minutes(1);
  const Parts parts = Split(Mint(credential));
  EXPECT_LT(parts.claims.at("exp").to_number<std::int64_t>(), 1'800'000'000);
}

TEST(Token, IsSignedByRs256) {
  const Key key(EVP_RSA_gen(2048), EVP_PKEY_free);
  const Parts parts = Split(Mint(Jwt("RS256", Pem(key.get()))));
  EXPECT_TRUE(Verifies(key.get(), parts.signed_text, parts.signature));
}

TEST(Token, IsSignedByEs256AsTwoNumbersOf32Bytes) {
  const Key key(NewP256Key(), EVP_PKEY_free);
  const Parts parts = Split(Mint(Jwt("ES256", Pem(key.get()))));
  ASSERT_EQ(parts.signature.size(), 64u);
  // RFC 7518, 3.4: R and S side by side; OpenSSL wants them as ASN.1.
  ECDSA_SIG* signature = ECDSA_SIG_new();
  const auto* bytes = reinterpret_cast<const unsigned char*>(parts.signature.data());
  ECDSA_SIG_set0(signature, BN_bin2bn(bytes, 32, nullptr), BN_bin2bn(bytes + 32, 32, nullptr));
  unsigned char* der = nullptr;
  const int length = i2d_ECDSA_SIG(signature, &der);
  EXPECT_TRUE(Verifies(key.get(), parts.signed_text,
                       std::string(reinterpret_cast<char*>(der), static_cast<std::size_t>(length))));
  OPENSSL_free(der);
  ECDSA_SIG_free(signature);
}

TEST(Token, WithASpoiltSignatureDoesNotVerify) {
  Credential credential = Jwt("HS256", "a-key-of-some-length");
  credential.tamper = Tamper::kSignature;
  const Parts parts = Split(Mint(credential));
  EXPECT_NE(parts.signature, Hmac("a-key-of-some-length", parts.signed_text));
  EXPECT_EQ(parts.signature.size(), 32u);
}

TEST(Token, IsNotMintedWithAKeyThatIsNone) {
  const auto token = MintToken(Jwt("RS256", "-----BEGIN NONSENSE-----"), NoScope(), kNow);
  ASSERT_FALSE(token.ok());
  EXPECT_THAT(std::string(ToStd(token.status().message())), HasSubstr("user"));
  EXPECT_THAT(std::string(ToStd(token.status().message())), Not(HasSubstr("NONSENSE")));
}

TEST(Token, IsPutIntoItsFormat) {
  Credential credential = Jwt("HS256", "k");
  credential.format = "Bearer {token}";
  EXPECT_EQ(FormatToken(credential, "abc"), "Bearer abc");
  credential.format = "v1.{token_base64url}";
  EXPECT_EQ(FormatToken(credential, "abc"), "v1.YWJj");
}

TEST(Base64Url, HasNoPaddingAndNoSlashes) {
  EXPECT_EQ(Base64Url("\xFF\xFE\xFD\xFC"), "__79_A");
  EXPECT_EQ(Base64Url(""), "");
}

}  // namespace
}  // namespace wsfleet::engine
