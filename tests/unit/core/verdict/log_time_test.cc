#include "core/verdict/log_time.h"

#include "gtest/gtest.h"

namespace wsfleet {
namespace {

const absl::Time kWindowStart = absl::FromCivil(absl::CivilSecond(2026, 11, 26, 16, 50, 0), absl::UTCTimeZone());
const absl::Time kWindowEnd = kWindowStart + absl::Seconds(10);

// "in", "out", or "undated".
std::string Verdict(std::string_view line) {
  const auto stamp = TimeOfLogLine(line);
  if (!stamp) return "undated";
  return MayBeWithin(*stamp, kWindowStart, kWindowEnd) ? "in" : "out";
}

TEST(LogTime, IsReadAsCommonProgramsWriteIt) {
  for (const char* line : {
           "2026-11-26T16:50:05Z ERROR x",
           "2026-11-26T18:50:05.123+02:00 ERROR x",
           "[2026-11-26 16:50:05,123] ERROR x",  // Python, in UTC
           "2026-11-26 17:50:05 ERROR x",        // and in some other zone
           "2026/11/26 16:50:05 [error] 7#7: upstream",
           "ERROR 2026-11-26 16:50:05,123 x",
           R"({"level":"error","time":"2026-11-26T16:50:05Z","msg":"x"})",
           "level=error ts=2026-11-26T16:50:05Z msg=x",
           R"(10.0.0.1 - - [26/Nov/2026:16:50:05 +0000] "GET /ws HTTP/1.1" 500 0)",
           "Nov 26 16:50:05 host chat[7]: x",
           "<34>Nov 26 16:50:05 host chat: x",
       }) {
    EXPECT_EQ(Verdict(line), "in") << line;
  }
}

TEST(LogTime, IsAnotherTime) {
  for (const char* line :
       {"2020-01-01T00:00:00Z ERROR ancient", "2026-11-26T16:49:00Z ERROR x", "2026-11-26T16:50:05+02:00 ERROR x",
        "2019-05-05 16:50:05 ERROR x", "2026-11-26 16:43:05 ERROR x", "Nov 25 03:10:05 host chat: x",
        R"([26/Nov/2025:16:50:05 +0000] "GET /ws HTTP/1.1")"}) {
    EXPECT_EQ(Verdict(line), "out") << line;
  }
}

TEST(LogTime, IsNotWhatAMessageSpeaksOf) {
  for (const char* line :
       {"ERROR: order created at 2019-01-01T00:00:00Z failed", "AttributeError: x", "", "  File \"app.py\", line 60",
        "2026-02-30T00:00:00Z x", "INFO:     127.0.0.1:5000 - \"GET /\""}) {
    EXPECT_EQ(Verdict(line), "undated") << line;
  }
}

}  // namespace
}  // namespace wsfleet
