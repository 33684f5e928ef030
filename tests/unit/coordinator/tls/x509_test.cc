#include "coordinator/tls/x509.h"

#include <openssl/rsa.h>

#include <string>

#include "core/base/text.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/unit/coordinator/certificate_request.h"

namespace wsfleet::coordinator {
namespace {

using ::testing::HasSubstr;

std::string Refusal(const std::string& request) {
  const auto key = x509::PublicKeyOf(request);
  EXPECT_TRUE(absl::IsInvalidArgument(key.status()));
  return std::string(ToStd(key.status().message()));
}

x509::Key Rsa(std::size_t bits) { return x509::Key(EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", bits)); }
x509::Key Curve(const char* name) { return x509::Key(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", name)); }

TEST(CertificateRequest, GivesItsKey) {
  const x509::Key key = x509::NewKey();
  const auto read = x509::PublicKeyOf(RequestFor(key.get()));
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(x509::KeyHash(read->get()), x509::KeyHash(key.get()));
  EXPECT_NE(x509::KeyHash(x509::NewKey().get()), x509::KeyHash(key.get()));
  EXPECT_TRUE(x509::PublicKeyOf(RequestFor(Rsa(2048).get())).ok());
  EXPECT_TRUE(x509::PublicKeyOf(RequestFor(Curve("P-384").get())).ok());
}

TEST(CertificateRequest, OfAKeyThatItsSenderDoesNotHaveIsRefused) {
  EXPECT_THAT(Refusal(RequestFor(x509::NewKey().get(), x509::NewKey().get())), HasSubstr("not signed by its own key"));
}

TEST(CertificateRequest, OfAWeakKeyIsRefused) {
  EXPECT_THAT(Refusal(RequestFor(Rsa(1024).get())), HasSubstr("RSA of 2048 to 8192 bits"));
  EXPECT_THAT(Refusal(RequestFor(Curve("secp224r1").get())), HasSubstr("P-256 or P-384"));
}

TEST(CertificateRequest, IsNothingElse) {
  const x509::Key key = x509::NewKey();
  const std::string whole = RequestFor(key.get());
  for (const std::string& text :
       {std::string(), std::string(20'000, 'A'), whole.substr(0, whole.size() / 2), x509::Pem(key.get())}) {
    EXPECT_THAT(Refusal(text), HasSubstr("expected a PKCS#10"));
  }
}

}  // namespace
}  // namespace wsfleet::coordinator
