#include "core/har/frame_match.h"

#include "gtest/gtest.h"

namespace wsfleet {
namespace {

std::string Match(std::string data) { return MatchOf({false, RecordedMessage::Kind::kText, 0, std::move(data)}); }

TEST(FrameMatch, TakesTheMembersThatSayWhatKindOfMessageItIs) {
  EXPECT_EQ(Match(R"({"id": 7, "type": "order.filled", "qty": 1})"), "{$.type: order.filled}");
  EXPECT_EQ(Match(R"({"event": "update", "channel": "ticks", "status": "ok"})"), "{$.event: update, $.channel: ticks}");
  EXPECT_EQ(Match(R"({"type": "joined", "name": "ada"})"), "{$.type: joined}");
  EXPECT_EQ(Match(R"({"type": "null", "op": "on"})"), "{$.type: \"null\", $.op: \"on\"}");
}

TEST(FrameMatch, TakesNoValueThatIsAnotherOneNextTime) {
  EXPECT_EQ(Match(R"({"type": "room-20261124", "id": 1})"), "{$.type: {exists: true}, $.id: {exists: true}}");
  EXPECT_EQ(Match(R"({"topic": "dGhpc2lzYW5vcGFxdWV0b2tlbg"})"), "{$.topic: {exists: true}}");
  EXPECT_EQ(Match(R"({"jsonrpc": "2.0", "id": 1, "result": {}, "more": 1})"),
            "{$.jsonrpc: {exists: true}, $.id: {exists: true}, $.result: {exists: true}}");
  EXPECT_EQ(Match(R"({"a b": 1})"), "{\"$\": {type: object}}");
  EXPECT_EQ(Match("{}"), "{\"$\": {type: object}}");
}

TEST(FrameMatch, KnowsArraysTextsAndBinaryFrames) {
  EXPECT_EQ(Match(R"([null, "4", "room:lobby", "phx_reply", {}])"), "{\"$[2]\": \"room:lobby\", \"$[3]\": phx_reply}");
  EXPECT_EQ(Match("[1, 2]"), "{\"$\": {type: array}}");
  EXPECT_EQ(Match("42[\"chat\",{\"id\":123456}]"), R"({text: {contains: "42[\"chat\",{\"id\":"}})");
  EXPECT_EQ(Match("2026-11-24 tick"), "{opcode: text}");
  EXPECT_EQ(Match(""), "{text: \"\"}");
  EXPECT_EQ(MatchOf({false, RecordedMessage::Kind::kBinary, 0, "AP8Q"}), "{opcode: binary}");
}

}  // namespace
}  // namespace wsfleet
