#include "coordinator/oidc/base64url.h"

#include "gtest/gtest.h"

namespace wsfleet::oidc {
namespace {

TEST(Base64Url, IsDecoded) {
  EXPECT_EQ(DecodeBase64Url(""), "");
  EXPECT_EQ(DecodeBase64Url("AQAB"), std::string("\x01\x00\x01", 3));
  EXPECT_EQ(DecodeBase64Url("_-8"), "\xff\xef");
}

TEST(Base64Url, HasOneFormOnly) {
  for (const char* text : {"AQAB=", "_-8=", "_-9", "_-_", "/+8", "AQ AB", "AQAB\n", "A", "AQA?", "AQAB."}) {
    EXPECT_EQ(DecodeBase64Url(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace wsfleet::oidc
