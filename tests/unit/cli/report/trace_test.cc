#include "cli/report/trace.h"

#include "boost/json/serialize.hpp"
#include "core/base/text.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/unit/cli/record.h"

namespace wsfleet::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string ProblemAt(const std::string& case_name, const std::string& region) {
  const RunRecord record = BrokenInOneRegion();
  const auto traces = SelectTraces(record, case_name, region);
  return traces.ok() ? "none" : std::string(ToStd(traces.status().message()));
}

TEST(Trace, IsOfTheCasesThatDidNotPassUnlessOneIsNamed) {
  const RunRecord record = BrokenInOneRegion();
  const auto failed = SelectTraces(record, "", "");
  ASSERT_TRUE(failed.ok());
  ASSERT_EQ(failed->size(), 1u);
  EXPECT_EQ(failed->front().result->case_id.value(), "chat/two");
  EXPECT_EQ(failed->front().shard->region.value(), "eu-west-1");
  EXPECT_EQ(SelectTraces(record, "chat/two", "")->size(), 2u);
  EXPECT_EQ(SelectTraces(record, "chat › two", "")->size(), 2u) << "as it is printed";
  EXPECT_EQ(SelectTraces(record, "two", "us-*")->size(), 1u);
  EXPECT_EQ(SelectTraces(record, "", "us-*")->size(), 0u);
}

TEST(Trace, IsNotOfWhatNeverRan) {
  RunRecord record = BrokenInOneRegion();
  EXPECT_EQ(SelectTraces(record, "chat/three", "")->size(), 0u) << "it was skipped";
  record.shards[1].cases.clear();
  Summarise(record);
  EXPECT_EQ(SelectTraces(record, "", "us-east-1")->size(), 0u) << "nothing was reported";
}

TEST(Trace, NamesTheNearestCaseOrRegionThatThereIs) {
  EXPECT_EQ(ProblemAt("chat/tow", ""), "this run has no case \"chat/tow\"; did you mean \"chat/two\"?");
  EXPECT_EQ(ProblemAt("", "eu-west-2"), "this run has no region \"eu-west-2\"; did you mean \"eu-west-1\"?");
}

TEST(Trace, ShowsEachFrameWithTimeDirectionKindSizeAndContent) {
  const RunRecord record = BrokenInOneRegion();
  const std::string text = RenderTraces(*SelectTraces(record, "", ""));
  EXPECT_THAT(text, HasSubstr("✗ chat/two  eu-west-1 (eu-west-1-a)  failed  12ms"));
  EXPECT_THAT(text, HasSubstr("connect 1.0ms · upgrade 7.0ms"));
  EXPECT_THAT(text, HasSubstr("    +4.0ms  →  http       210 B  GET /ws HTTP/1.1\n"));
  EXPECT_THAT(text, HasSubstr("     +11ms  ←  http        99 B  HTTP/1.1 500 Oops\n"));
  EXPECT_THAT(text, Not(HasSubstr("\x1b"))) << "a target must not command the terminal";
}

TEST(Trace, NamesTheConnectionsWhereThereAreSeveral) {
  RunRecord record = BrokenInOneRegion();
  auto& transcript = record.shards[0].cases[1].failure->evidence.transcript;
  for (TranscriptEntry& entry : transcript) entry.connection = "desk";
  EXPECT_THAT(RenderTraces(*SelectTraces(record, "", "")), Not(HasSubstr("desk")));
  transcript.push_back({absl::Milliseconds(12), true, "text", 2, "hi", "phone"});
  transcript.push_back({absl::Milliseconds(13), false, "http", 2, "GET /health"});
  const std::string text = RenderTraces(*SelectTraces(record, "", ""));
  EXPECT_THAT(text, HasSubstr("    +4.0ms  →  desk   http       210 B  GET /ws HTTP/1.1\n"));
  EXPECT_THAT(text, HasSubstr("     +12ms  ←  phone  text         2 B  hi\n"));
  EXPECT_THAT(text, HasSubstr("     +13ms  →         http         2 B  GET /health\n"));
  const std::string html = RenderReport(record, "html");
  EXPECT_THAT(html, HasSubstr("<th scope=\"col\">Connection</th>"));
  EXPECT_THAT(html, HasSubstr("<td>phone</td><td>text</td>"));
  EXPECT_EQ(ToJson(*SelectTraces(record, "", ""))[0].at("transcript").at(2).at("connection").as_string(), "phone");
}

TEST(Trace, SaysHowManyFramesWereNotKept) {
  RunRecord record = BrokenInOneRegion();
  CaseResult& broken = record.shards[0].cases[1];
  broken.proof.frames_in = 70;
  broken.proof.frames_out = 10;
  broken.failure->evidence.transcript.assign(64, {absl::Milliseconds(5), true, "text", 3, "abc"});
  EXPECT_THAT(RenderTraces(*SelectTraces(record, "", "")), HasSubstr("64 of 80 frames; the others were not kept"));
}

TEST(Trace, SaysOfWhichSessionItsFramesAre) {
  RunRecord record = BrokenInOneRegion();
  CaseResult& broken = record.shards[0].cases[1];
  broken.sessions = 5;
  broken.proof.frames_in = 19;
  EXPECT_THAT(RenderTraces(*SelectTraces(record, "", "")),
              HasSubstr("0 frames, of the session whose failure is told; all 5 sessions had 19\n"));
}

TEST(Trace, CallsTheWholeByWhatItIsTheWholeOf) {
  RunRecord record = BrokenInOneRegion();
  PhaseTimings& timings = record.shards[0].cases[1].proof.timings;
  timings.total = absl::Milliseconds(9);
  EXPECT_THAT(RenderTraces(*SelectTraces(record, "", "")), HasSubstr("upgrade 7.0ms · handshake 9.0ms\n"));
  timings.upgrade.reset();
  timings.first_byte = absl::Milliseconds(7);
  EXPECT_THAT(RenderTraces(*SelectTraces(record, "", "")), HasSubstr("connect 1.0ms · request 9.0ms\n"));
}

TEST(Trace, OfAPassedCaseHasItsPhasesOnly) {
  RunRecord record = BrokenInOneRegion();
  record.shards[0].cases[0].proof.timings.resolve = absl::Milliseconds(3);
  const std::string text = RenderTraces(*SelectTraces(record, "chat/one", "eu-west-1"));
  EXPECT_THAT(text, HasSubstr("✓ chat/one"));
  EXPECT_THAT(text, HasSubstr("resolve 3.0ms"));
  EXPECT_THAT(text, HasSubstr("no frames are kept of a case that passed"));
}

TEST(Trace, IsDataForPrograms) {
  const RunRecord record = BrokenInOneRegion();
  const boost::json::array json = ToJson(*SelectTraces(record, "", ""));
  ASSERT_EQ(json.size(), 1u);
  EXPECT_EQ(json[0].at("case").as_string(), "chat/two");
  EXPECT_EQ(json[0].at("class").as_string(), "upgrade-refused-5xx");
  EXPECT_EQ(json[0].at("timings").at("upgrade_ns").to_number<int>(), 7'000'000);
  EXPECT_FALSE(json[0].at("transcript").as_array().at(0).at("inbound").as_bool());
}

}  // namespace
}  // namespace wsfleet::cli
