#include "core/verdict/log_excerpt.h"

#include <string>

#include "absl/time/civil_time.h"
#include "core/verdict/redactor.h"
#include "fmt/format.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace wsfleet {
namespace {

using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::SizeIs;
using ::testing::StartsWith;

const absl::Time kStart = absl::FromCivil(absl::CivilSecond(2026, 11, 26, 16, 50, 0), absl::UTCTimeZone());

LogExcerpt Pick(std::string_view text, std::string_view trace_id) {
  return PickLogLines(text, trace_id, kStart, kStart + absl::Seconds(1));
}

constexpr char kTraceback[] =
    "INFO:     127.0.0.1:5000 - \"WebSocket /ws\" 500\n"
    "ERROR:    Exception in ASGI application\n"
    "Traceback (most recent call last):\n"
    "  File \"app.py\", line 60, in chat\n"
    "    websocket.url.query_params\n"
    "AttributeError: 'URL' object has no attribute 'query_params'\n";

TEST(LogLines, AreThoseOfTheRequestIfAnyCarryItsTraceId) {
  const LogExcerpt excerpt = Pick("one trace=4bf92f a\nAttributeError: other\ntwo trace=4bf92f b\r\n", "4bf92f");
  EXPECT_TRUE(excerpt.same_request);
  EXPECT_THAT(excerpt.lines, ElementsAre("one trace=4bf92f a", "two trace=4bf92f b"));
}

TEST(LogLines, OfTheRequestHaveTheirTracebacks) {
  const std::string dated =
      "2026-11-26T16:50:00Z ERROR failed trace=4bf92f\nTraceback (most recent call last):\n  File \"app.py\", line 1, "
      "in "
      "ws\nAttributeError: here\n2026-11-26T16:50:00Z INFO next\nand its second line\n";
  EXPECT_THAT(Pick(dated, "4bf92f").lines,
              ElementsAre("2026-11-26T16:50:00Z ERROR failed trace=4bf92f", "Traceback (most recent call last):",
                          "  File \"app.py\", line 1, in ws", "AttributeError: here"));
  const LogExcerpt undated = Pick("INFO: trace=4bf92f begins\n" + std::string(kTraceback) +
                                      "ERROR: failed trace=4bf92f\nTraceback (most recent call last):\n  File \"a\"\n"
                                      "KeyError: 'a'\nDuring handling of the above exception, another occurred:\n"
                                      "ValueError: b\nINFO: next\nAttributeError: of another\n",
                                  "4bf92f");
  EXPECT_THAT(undated.lines, ElementsAre("INFO: trace=4bf92f begins", "ERROR: failed trace=4bf92f",
                                         "Traceback (most recent call last):", "  File \"a\"", "KeyError: 'a'",
                                         "During handling of the above exception, another occurred:", "ValueError: b"));
  EXPECT_TRUE(NamesAnError(undated));
}

// Uvicorn's own lines have neither a time nor the trace id.
TEST(LogLines, OfTheRequestAreNotThoseOfAnotherBehindThem) {
  const std::string ours = "2026-11-26T16:50:00Z ERROR trace=4bf92f failed";
  EXPECT_THAT(Pick(ours + "\n" + kTraceback, "4bf92f").lines, ElementsAre(ours));
  EXPECT_THAT(Pick(ours + "\n{\"level\": \"error\", \"trace_id\": \"ffff\"}\n", "4bf92f").lines, ElementsAre(ours));
  const std::string raised = "Traceback (most recent call last):\n  File \"a\"\nKeyError: 'a'";
  EXPECT_THAT(Pick(ours + "\n" + raised + "\nValueError: [trace=ffff] of another\n", "4bf92f").lines.back(),
              "KeyError: 'a'");
}

TEST(LogLines, OfTheRequestHaveTracebacksOfJava) {
  const std::string java =
      "java.lang.IllegalStateException: here\n\tat Chat.join(Chat.java:7)\nCaused by: a.B: c\n\tat A\n";
  const std::string next = "2026-11-26 16:50:00.200 INFO next\njava.lang.Exception: of another\n";
  EXPECT_THAT(Pick("2026-11-26 16:50:00.100 ERROR trace=4bf92f\n" + java + next, "4bf92f").lines, SizeIs(5));
}

TEST(LogLines, HaveTracebacksWhereEachLineHasAPrefixOfItsCollector) {
  const std::string traceback[] = {"ERROR trace=4bf92f failed", "Traceback (most recent call last):", "  File \"a\"",
                                   "AttributeError: here", "INFO next"};
  for (const std::string prefix : {"web-1  | ", "2026-11-26T16:50:00.123456789Z stderr F ", "2026-11-26T16:50:00.1Z ",
                                   "Nov 26 16:50:00 host uvicorn[123]: ", "[pod/web-0/api] 2026-11-26T16:50:00Z "}) {
    std::string text;
    for (const std::string& line : traceback) text += prefix + line + "\n";
    const LogExcerpt excerpt = Pick(text, "4bf92f");
    EXPECT_THAT(excerpt.lines, SizeIs(4)) << prefix;
    EXPECT_EQ(excerpt.lines.back(), prefix + "AttributeError: here");
  }
}

TEST(LogLines, AreThoseOfTheSameTimeIfTheRequestsOwnNameNoErrorAndThoseDo) {
  const std::string text = "INFO: trace=4bf92f begins\n" + std::string(kTraceback);
  const auto pick = [&](const std::string& from) {
    return OrOfSameTime(Pick(from, "4bf92f"), from, kStart, kStart + absl::Seconds(1));
  };
  EXPECT_FALSE(pick(text).same_request);
  EXPECT_THAT(pick(text).lines.back(), StartsWith("AttributeError: "));
  EXPECT_TRUE(pick("INFO: trace=4bf92f begins\nINFO: of another\n").same_request);
  EXPECT_TRUE(pick("ERROR: trace=4bf92f failed\n" + std::string(kTraceback)).same_request);
}

TEST(LogLines, OfARequestThatHasManyEndWithTheError) {
  std::string text = "ERROR: failed trace=4bf92f\nTraceback (most recent call last):\nKeyError: 'a'\n";
  for (std::size_t i = 0; i < LogExcerpt::kMaxLines; ++i) text += "INFO: closing trace=4bf92f\n";
  EXPECT_EQ(Pick(text, "4bf92f").lines.back(), "KeyError: 'a'");
}

TEST(LogLines, LeadToTheErrorIfNoneCarriesTheTraceId) {
  // What came behind it is the next request, which has only begun to fail.
  const LogExcerpt excerpt = Pick(std::string(kTraceback) + "INFO: connection closed\nERROR:    Exception in",
                                  "4bf92f3577b34da6a3ce929d0e0e4736");
  EXPECT_FALSE(excerpt.same_request);
  EXPECT_THAT(excerpt.lines, SizeIs(6));
  EXPECT_EQ(excerpt.lines.back(), "AttributeError: 'URL' object has no attribute 'query_params'");
  EXPECT_TRUE(NamesAnError(excerpt));
}

TEST(LogLines, EndWithALineOfThatLevelIfNoneNamesAnError) {
  EXPECT_THAT(Pick("a\n[error] upstream timed out\nb\n", "").lines, ElementsAre("a", "[error] upstream timed out"));
  const LogExcerpt quiet = Pick("a\nb\n", "");
  EXPECT_THAT(quiet.lines, ElementsAre("a", "b"));
  EXPECT_FALSE(NamesAnError(quiet));
}

TEST(LogLines, OfAnotherTimeAreLeftOutWithWhatFollowsThem) {
  const LogExcerpt excerpt = Pick(
      "2020-01-01T00:00:00Z ERROR ancient\nRuntimeError: ancient\n2026-11-26T16:50:00Z ERROR now\nValueError: now\n",
      "");
  EXPECT_THAT(excerpt.lines, ElementsAre("2026-11-26T16:50:00Z ERROR now", "ValueError: now"));
  EXPECT_FALSE(excerpt.undated);
  EXPECT_THAT(Pick("2020-01-01T00:00:00Z ERROR ancient\n", "").lines, SizeIs(0));
  EXPECT_THAT(Pick("2020-01-01T00:00:00Z trace=4bf92f\n", "4bf92f").lines, SizeIs(1)) << "clocks may be wrong";
}

TEST(LogLines, WithoutATimeSayThatItIsNotKnown) {
  EXPECT_TRUE(Pick(kTraceback, "").undated);
  EXPECT_FALSE(Pick("trace=4bf92f\n", "4bf92f").undated);
}

TEST(LogLines, AreFewAndShortAndPrintable) {
  std::string text;
  for (int i = 0; i < 1000; ++i) text += fmt::format("line {}\x1b[31m {}\n", i, std::string(5000, 'x'));
  LogExcerpt excerpt = Pick(text, "");
  Redactor({}).Apply(excerpt);
  EXPECT_THAT(excerpt.lines, SizeIs(LogExcerpt::kMaxLines));
  EXPECT_EQ(excerpt.lines.back().substr(0, 14), "line 999?[31m ");
  EXPECT_THAT(excerpt.lines.back(), EndsWith("…"));
  EXPECT_LE(excerpt.lines.back().size(), LogExcerpt::kMaxLineBytes + 4);
}

}  // namespace
}  // namespace wsfleet
