#include "core/match/selector.h"

#include <string>
#include <vector>

#include "core/value/json_text.h"
#include "fmt/format.h"
#include "tests/unit/core/building.h"

namespace wsfleet {
namespace {

using testing::Exists;
using testing::Is;
using testing::Nested;
using testing::Regex;
using testing::Where;

Payload Text(std::string bytes) { return {Opcode::kText, std::move(bytes)}; }

TEST(Selector, NeedsAllItsEntries) {
  const Selector order = Where({{"$.type", Is("\"order\"")}, {"$.id", Is("7")}});
  EXPECT_TRUE(Matches(order, Text(R"({"type":"order","id":7.0})")));
  EXPECT_FALSE(Matches(order, Text(R"({"type":"order","id":"7"})")));
  EXPECT_FALSE(Matches(order, Text(R"({"type":"order"})")));
}

TEST(Selector, NeverMatchesWhatIsNotJson) {
  EXPECT_FALSE(Matches(Where({{"$.error", Exists(false)}}), Text("pong")));
  EXPECT_TRUE(Matches(Where({{"$.error", Exists(false)}}), Text("{}")));
  EXPECT_TRUE(Matches(Where({{"$", Is("3")}}), Text(" 3 ")));
  EXPECT_FALSE(Matches(Where({{"$", Exists(true)}}), Text("1 2")));
  EXPECT_FALSE(Matches(Where({{"$", Exists(true)}}), Text(std::string(100, '[') + std::string(100, ']'))));
}

// A limit of ours says neither that it matches nor that it does not.
TEST(Selector, LeavesOpenWhatGoesBeyondALimit) {
  std::string limit;
  const Selector error = Where({{"$.type", Is("\"error\"")}});
  EXPECT_EQ(Select(error, Text(testing::DeepFrame("error")), &limit), Selected::kOpen);
  EXPECT_EQ(limit, "$.type: the payload is nested deeper than 64 levels");
  std::string list = R"({"l":[)";
  for (int i = 0; i < 20'000; ++i) list += fmt::format(R"({}{{"x":{}}})", i > 0 ? "," : "", i);
  const Payload many = Text(list + "]}");
  EXPECT_EQ(Select(Where({{"$.l[*].x", Is("19999")}}), many, &limit), Selected::kOpen);
  EXPECT_EQ(limit, "$.l[*].x: the path looks at more than 10000 nodes");
  EXPECT_EQ(Select(Where({{"$..x", Nested(Predicate::Op::kNot, Is("19999"))}}), many, nullptr), Selected::kOpen);
  EXPECT_EQ(Select(Where({{"$.l[-1].x", Is("19999")}}), many, nullptr), Selected::kYes);
}

TEST(Selector, IsDecidedByAnEntryThatIsNotOpen) {
  const Payload deep = Text(testing::DeepFrame("error"));
  EXPECT_EQ(Select(Where({{"$.type", Is("1")}, {"opcode", Is("\"binary\"")}}), deep, nullptr), Selected::kNo);
  EXPECT_EQ(Select(Where({{"text", Regex("error")}}), deep, nullptr), Selected::kYes);
  const Selector both = Where({{"$.type", Is("1")}, {"text", Regex("^x")}});
  const std::vector<Mismatch> found = Mismatches(both, deep);
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].entry->key, "text");
  EXPECT_TRUE(found[1].is_open);
}

TEST(Capture, SaysThatALimitLeavesItOpen) {
  CaptureSource source;
  source.path = testing::Path("$.type");
  EXPECT_TRUE(absl::IsOutOfRange(ReadCapture(source, Text(testing::DeepFrame("error")), {}).status()));
}

// 12345678901234567890123 and the number of the suite have one rounding.
TEST(Selector, LeavesOpenWhetherNumbersAreEqualOfWhichOnlyARoundingIsHeld) {
  const Payload payload = Text(R"({"id":12345678901234567890123,"n":7,"l":[{"v":12345678901234567890123}]})");
  std::string limit;
  const std::string rounding = "12345678901234567890999";
  EXPECT_EQ(Select(Where({{"$.id", Is(rounding)}}), payload, &limit), Selected::kOpen);
  EXPECT_EQ(limit, "$.id: its number 12345678901234567890123 is held to 16 digits only");
  EXPECT_EQ(Select(Where({{"$.id", Nested(Predicate::Op::kNot, Is(rounding))}}), payload, nullptr), Selected::kOpen);
  EXPECT_EQ(Select(Where({{"$.l[?@.v == 1.2345678901234568e22].v", Exists(true)}}), payload, nullptr), Selected::kOpen);
  EXPECT_EQ(Select(Where({{"$.id", testing::Check(Predicate::Op::kGreaterOrEqual, rounding)}}), payload, nullptr),
            Selected::kOpen);
  // What the rounding does not matter for.
  EXPECT_EQ(Select(Where({{"$.n", Is("7")}}), payload, nullptr), Selected::kYes);
  EXPECT_EQ(Select(Where({{"$.id", Is("7")}}), payload, nullptr), Selected::kNo);
  EXPECT_EQ(Select(Where({{"$.id", testing::Check(Predicate::Op::kGreater, "1e10")}}), payload, nullptr),
            Selected::kYes);
  EXPECT_EQ(Select(Where({{"$.id", Is("1e20")}}), Text(R"({"id":1e20})"), nullptr), Selected::kYes);
  EXPECT_EQ(Select(Where({{"$.id", Is("1e20")}}), Text(R"({"id":100000000000000000000})"), nullptr), Selected::kYes);
}

TEST(Capture, DoesNotTakeANumberThatWouldBeAnotherOne) {
  Capture capture;
  capture.source.path = testing::Path("$.a");
  const auto read = [&](const std::string& json) { return ReadCapture(capture.source, Text(json), {}).status(); };
  EXPECT_EQ(read(R"({"a":12345678901234567890123})").code(), absl::StatusCode::kOutOfRange);
  EXPECT_EQ(read(R"({"a":{"b":[12345678901234567890123]}})").code(), absl::StatusCode::kOutOfRange);
  EXPECT_TRUE(read(R"({"a":18446744073709551615})").ok());
  EXPECT_TRUE(read(R"({"a":1e20})").ok());
  EXPECT_TRUE(read(R"({"a":1,"b":12345678901234567890123})").ok());
}

TEST(Selector, ReadsTextAndBytesAsTheyAre) {
  EXPECT_TRUE(Matches(Where({{"text", Regex("^hel")}}), Text("hello")));
  EXPECT_TRUE(Matches(Where({{"hex", Is("\"00ff10\"")}}), {Opcode::kBinary, std::string("\x00\xFF\x10", 3)}));
  EXPECT_TRUE(Matches(Where({{"opcode", Is("\"binary\"")}}), {Opcode::kBinary, "x"}));
  EXPECT_FALSE(Matches(Where({{"opcode", Is("\"binary\"")}}), Text("x")));
}

TEST(Selector, SeesPingsAndPongsOnlyWhenItAsksForAnOpcode) {
  const Payload ping(Opcode::kPing, "x");
  EXPECT_FALSE(Matches(Where({{"text", Is("\"x\"")}}), ping));
  EXPECT_TRUE(Matches(Where({{"text", Is("\"x\"")}, {"opcode", Is("\"ping\"")}}), ping));
}

TEST(Selector, ExplainsEachEntryThatDoesNotHold) {
  const Selector order = Where({{"$.type", Is("\"order\"")}, {"$.qty", Is("1")}, {"$.items[*].ok", Is("true")}});
  const std::vector<Mismatch> found = Mismatches(order, Text(R"({"type":"order","items":[{"ok":false},{"ok":0}]})"));
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].entry->key, "$.qty");
  EXPECT_EQ(found[0].explanation, "expected 1, found nothing");
  EXPECT_EQ(found[1].explanation, "expected true, found false (one of 2 values)");
  EXPECT_EQ(Mismatches(Where({{"$.a", Exists(false)}}), Text(R"({"a":1})")).front().explanation,
            "expected nothing, found 1");
  EXPECT_EQ(Mismatches(Where({{"$.a", Is("1")}}), Text("no")).front().explanation,
            "expected 1, but the payload is not JSON");
}

TEST(Capture, TakesExactlyOneValue) {
  const Payload payload = Text(R"({"ids":[1,2],"id":"o-1","none":null})");
  const auto read = [&](std::string_view path) {
    const absl::StatusOr<boost::json::value> value = ReadCapture(testing::CapturePath("v", path).source, payload, {});
    return value.ok() ? CompactJson(*value)
                      : std::string(value.status().message().data(), value.status().message().size());
  };
  EXPECT_EQ(read("$.id"), "\"o-1\"");
  EXPECT_EQ(read("$.none"), "null");
  EXPECT_EQ(read("$.ids[*]"), "$.ids[*]: expected exactly one value, found 2");
  EXPECT_EQ(read("$.absent"), "$.absent: expected exactly one value, found 0");
}

TEST(Capture, TakesTheFirstGroupOfARegex) {
  CaptureSource source;
  source.kind = CaptureSource::Kind::kRegex;
  source.regex = std::make_shared<const re2::RE2>("room=(\\w+)(;.*)?");
  EXPECT_EQ(*ReadCapture(source, Text("hello room=lobby"), {}), boost::json::value("lobby"));
  EXPECT_FALSE(ReadCapture(source, Text("hello"), {}).ok());
  source.regex = std::make_shared<const re2::RE2>("a|(b)");
  EXPECT_FALSE(ReadCapture(source, Text("a"), {}).ok()) << "the group took no part";
}

TEST(Capture, ReadsHeadersAndCookies) {
  const std::vector<HeaderField> headers = {{"X-Id", "7"},
                                            {"Set-Cookie", "session=old; Path=/"},
                                            {"set-cookie", "session=a=b; HttpOnly"},
                                            {"Vary", "a"},
                                            {"vary", "b"}};
  CaptureSource source;
  source.kind = CaptureSource::Kind::kHeader;
  source.name = "x-id";
  EXPECT_EQ(*ReadCapture(source, {}, headers), boost::json::value("7"));
  source.name = "vary";
  EXPECT_EQ(*ReadCapture(source, {}, headers), boost::json::value("a, b"));
  source.kind = CaptureSource::Kind::kCookie;
  source.name = "session";
  EXPECT_EQ(*ReadCapture(source, {}, headers), boost::json::value("a=b"));
  source.name = "other";
  EXPECT_FALSE(ReadCapture(source, {}, headers).ok());
}

}  // namespace
}  // namespace wsfleet
