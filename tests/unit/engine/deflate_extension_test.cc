#include "agent/engine/deflate_extension.h"

#include <string>

#include "core/base/text.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace wsfleet::engine {
namespace {

using ::testing::HasSubstr;

// What an answer with this Sec-WebSocket-Extensions agrees to: its parameters, "none", or "wrong: …".
std::string Agreed(const std::string& extensions, const std::optional<DeflateSpec>& offered) {
  HttpHead head;
  head.status = 101;
  head.headers.push_back({"sec-websocket-extensions", extensions});
  const auto agreed = AgreedDeflate(head, offered);
  if (!agreed.ok()) return "wrong: " + std::string(ToStd(agreed.status().message()));
  return *agreed ? DescribeDeflate(**agreed) : "none";
}

DeflateSpec Offer() { return {}; }

TEST(Deflate, IsOfferedWithWhatTheSuiteAsksFor) {
  EXPECT_EQ(OfferDeflate(Offer()), "permessage-deflate; client_max_window_bits");
  DeflateSpec all;
  all.server_max_window_bits = 10;
  all.client_max_window_bits = 12;
  all.server_no_context_takeover = all.client_no_context_takeover = true;
  EXPECT_EQ(OfferDeflate(all),
            "permessage-deflate; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=10; "
            "client_max_window_bits=12");
}

TEST(Deflate, IsAgreedByTheAnswer) {
  EXPECT_EQ(Agreed("permessage-deflate", Offer()), "no parameters");
  EXPECT_EQ(Agreed("", Offer()), "none");
  EXPECT_EQ(Agreed("Permessage-Deflate ; server_max_window_bits=\"12\"", Offer()), "server_max_window_bits=12");
  EXPECT_EQ(Agreed("permessage-deflate; client_max_window_bits=9; server_no_context_takeover", Offer()),
            "server_no_context_takeover; client_max_window_bits=9");
}

TEST(Deflate, ThatIsExpectedIsComparedParameterByParameter) {
  DeflateSpec agreed;
  agreed.server_no_context_takeover = true;
  agreed.server_max_window_bits = 12;
  DeflateTests asked;
  EXPECT_EQ(DifferenceOf(asked, agreed), "");
  asked.server_no_context_takeover = asked.client_no_context_takeover = false;
  EXPECT_EQ(DifferenceOf(asked, agreed), "expected no server_no_context_takeover");
  asked.server_no_context_takeover = asked.client_no_context_takeover = true;
  asked.client_max_window_bits = 15;
  asked.server_max_window_bits = 15;
  EXPECT_EQ(DifferenceOf(asked, agreed), "expected client_no_context_takeover; server_max_window_bits=15");
}

TEST(Deflate, ThatNobodyOfferedIsWrong) {
  EXPECT_THAT(Agreed("permessage-deflate", std::nullopt), HasSubstr("not offered"));
  EXPECT_THAT(Agreed("permessage-deflate, x-webkit-deflate-frame", Offer()), HasSubstr("x-webkit-deflate-frame"));
  EXPECT_THAT(Agreed("permessage-deflate, permessage-deflate", Offer()), HasSubstr("twice"));
}

TEST(Deflate, WithAParameterThatIsWrongBreaksTheAnswer) {
  for (const std::string parameter :
       {"server_max_window_bits", "server_max_window_bits=7", "server_max_window_bits=16", "server_max_window_bits=012",
        "client_max_window_bits", "client_max_window_bits=x", "server_no_context_takeover=1", "level=9", "=", ""}) {
    EXPECT_THAT(Agreed("permessage-deflate; " + parameter, Offer()), HasSubstr("wrong: ")) << parameter;
  }
  EXPECT_THAT(Agreed("permessage-deflate; server_no_context_takeover; server_no_context_takeover", Offer()),
              HasSubstr("twice"));
}

TEST(Deflate, MustKeepWhatWasAskedFor) {
  DeflateSpec offer;
  offer.server_max_window_bits = 10;
  EXPECT_EQ(Agreed("permessage-deflate; server_max_window_bits=9", offer), "server_max_window_bits=9");
  EXPECT_THAT(Agreed("permessage-deflate; server_max_window_bits=11", offer), HasSubstr("wrong: "));
  EXPECT_THAT(Agreed("permessage-deflate", offer), HasSubstr("wrong: "));
  offer = {};
  offer.server_no_context_takeover = true;
  EXPECT_THAT(Agreed("permessage-deflate", offer), HasSubstr("server_no_context_takeover"));
  offer = {};
  offer.client_max_window_bits = 10;
  EXPECT_THAT(Agreed("permessage-deflate; client_max_window_bits=11", offer), HasSubstr("wrong: "));
  EXPECT_EQ(Agreed("permessage-deflate", offer), "no parameters");
}

TEST(Deflate, OfOurSideKeepsWhatWeOffered) {
  DeflateSpec offered, agreed;
  EXPECT_TRUE(MayCompress(offered, agreed));
  offered.client_no_context_takeover = true;
  EXPECT_FALSE(MayCompress(offered, agreed));
  agreed.client_no_context_takeover = true;
  EXPECT_TRUE(MayCompress(offered, agreed));
  agreed.client_max_window_bits = 8;  // the library compresses with 9 at least
  EXPECT_FALSE(MayCompress(offered, agreed));
}

}  // namespace
}  // namespace wsfleet::engine
