#include "coordinator/oidc/public_key.h"

#include <string>

#include "coordinator/oidc/base64url.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/status_message.h"

namespace wsfleet::oidc {
namespace {

using ::testing::HasSubstr;
using testing::Message;

std::string Bytes(std::string_view text) { return DecodeBase64Url(text).value(); }

constexpr char kPayload[] =
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";

// RFC 7515, A.2.
TEST(PublicKey, ChecksTheRsaSignatureOfTheStandard) {
  const auto key = PublicKey::Rsa(
      Bytes("ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-"
            "SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-"
            "UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_"
            "h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ"),
      Bytes("AQAB"));
  ASSERT_TRUE(key.ok()) << key.status();
  const std::string signature = Bytes(
      "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t"
      "1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--"
      "xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_"
      "IoypGlUPQGe77Rw");
  const std::string text = std::string("eyJhbGciOiJSUzI1NiJ9.") + kPayload;
  EXPECT_TRUE(key->HasSigned(text, signature));
  EXPECT_FALSE(key->HasSigned(text + "A", signature));
  EXPECT_FALSE(key->HasSigned(text, signature.substr(1)));
  EXPECT_FALSE(key->HasSigned(text, ""));
}

// RFC 7515, A.3.
TEST(PublicKey, ChecksTheEcdsaSignatureOfTheStandard) {
  const std::string x = Bytes("f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"),
                    y = Bytes("x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0");
  const auto key = PublicKey::P256(x, y);
  ASSERT_TRUE(key.ok()) << key.status();
  std::string signature =
      Bytes("DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q");
  const std::string text = std::string("eyJhbGciOiJFUzI1NiJ9.") + kPayload;
  EXPECT_TRUE(key->HasSigned(text, signature));
  EXPECT_FALSE(key->HasSigned(text + "A", signature));
  EXPECT_FALSE(key->HasSigned(text, signature + std::string(1, '\0'))) << "64 bytes, not more";
  EXPECT_FALSE(key->HasSigned(text, std::string(64, '\0')));
  signature[0] ^= 1;
  EXPECT_FALSE(key->HasSigned(text, signature));
  EXPECT_FALSE(PublicKey::P256(x, x).ok()) << "not on the curve";
  EXPECT_FALSE(PublicKey::P256(std::string(32, '\0'), std::string(32, '\0')).ok());
  EXPECT_FALSE(PublicKey::P256(x.substr(1), y).ok());
}

TEST(PublicKey, RefusesRsaThatIsWeakOrSlow) {
  const std::string exponent("\x01\x00\x01", 3), good = "\x80" + std::string(254, '\x01') + "\x01";
  EXPECT_TRUE(PublicKey::Rsa(good, exponent).ok());
  EXPECT_THAT(Message(PublicKey::Rsa(good.substr(128), exponent).status()), HasSubstr("expected 2048 to 8192"));
  EXPECT_FALSE(PublicKey::Rsa(std::string(1025, '\x81'), exponent).ok());
  EXPECT_FALSE(PublicKey::Rsa(good, "\x01").ok()) << "every text is its own signature";
  EXPECT_FALSE(PublicKey::Rsa(good, "\x02").ok());
  EXPECT_FALSE(PublicKey::Rsa(good, std::string(5, '\x01')).ok());
  EXPECT_FALSE(PublicKey::Rsa("", "").ok());
}

}  // namespace
}  // namespace wsfleet::oidc
