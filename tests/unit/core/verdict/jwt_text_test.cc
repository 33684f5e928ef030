#include "core/verdict/jwt_text.h"

#include "absl/strings/escaping.h"
#include "fmt/format.h"
#include "gtest/gtest.h"

namespace wsfleet {
namespace {

std::string Part(std::string_view json) { return absl::WebSafeBase64Escape({json.data(), json.size()}); }

const std::string kHeader = Part(R"({"alg":"HS256","typ":"JWT"})");
const std::string kClaims = Part(R"({"sub":"ada","exp":1764146400})");

TEST(ShowJwts, ShowsHeaderAndClaimsAndNeverTheSignature) {
  EXPECT_EQ(ShowJwts(fmt::format("GET /ws?token={}.{}.c2lnbmF0dXJl HTTP/1.1", kHeader, kClaims)),
            R"(GET /ws?token=jwt{"alg":"HS256","typ":"JWT"}.{"sub":"ada","exp":1764146400}.[redacted] HTTP/1.1)");
  EXPECT_EQ(ShowJwts(fmt::format("\"{0}.{1}.c2ln\",\"{0}.{1}.c2ln\"", kHeader, Part("{}"))),
            R"("jwt{"alg":"HS256","typ":"JWT"}.{}.[redacted]","jwt{"alg":"HS256","typ":"JWT"}.{}.[redacted]")");
}

TEST(ShowJwts, SaysThatASignatureIsMissing) {
  const std::string none = Part(R"({"alg":"none"})");
  EXPECT_EQ(ShowJwts(fmt::format("{}.{}.", none, Part("{}"))), R"(jwt{"alg":"none"}.{}.)");
  EXPECT_EQ(ShowJwts(fmt::format("{}.{}", none, Part("{}"))), R"(jwt{"alg":"none"}.{})");
}

TEST(ShowJwts, HidesWhatItCannotRead) {
  // Cut in its claims; encrypted (RFC 7516, 3.1); not a JWT at all.
  EXPECT_EQ(ShowJwts(kHeader + "." + kClaims.substr(0, 9) + "…"), R"(jwt{"alg":"HS256","typ":"JWT"}.[redacted]…)");
  EXPECT_EQ(ShowJwts(kHeader + ".aaaa.bbbb.cccc.dddd"), R"(jwt{"alg":"HS256","typ":"JWT"}.[redacted].[redacted])");
  EXPECT_EQ(ShowJwts("eyJrotten.aaaa.bbbb"), "[redacted]");
}

TEST(ShowJwts, LeavesOtherTextAlone) {
  for (const char* text : {"", "nothing", "eyJ alone", "eyJhbGciOiJIUzI1NiJ9 without claims", "a.b.c"}) {
    EXPECT_EQ(ShowJwts(text), text);
  }
}

}  // namespace
}  // namespace wsfleet
