#include "cli/terminal/schedule_text.h"

#include <string>

#include "cli/terminal/schedule_diff.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "proto/wire/convert.h"

namespace wsfleet::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const absl::Time kNow = absl::FromUnixSeconds(1'700'000'000);  // 2023-11-14 22:13:20 UTC

v1::Schedule Nightly() {
  v1::Schedule schedule;
  schedule.set_name("nightly");
  schedule.mutable_timing()->set_cron("0 3 * * *");
  schedule.mutable_timing()->set_zone("Europe/Berlin");
  schedule.set_overlap(v1::OVERLAP_POLICY_SKIP);
  *schedule.mutable_catch_up() = wire::ToWire(absl::Minutes(5));
  schedule.set_version(3);
  *schedule.mutable_changed() = wire::ToWire(kNow - absl::Hours(1));
  schedule.set_submitter("ada@laptop");
  schedule.add_suites("gate");
  schedule.set_cases(4);
  schedule.add_from("eu-*");
  schedule.mutable_require()->set_all(true);
  *schedule.mutable_agents_wait() = wire::ToWire(absl::Seconds(30));
  *schedule.mutable_deadline() = wire::ToWire(absl::Minutes(10));
  return schedule;
}

TEST(ScheduleText, ShowsTimesAsClocksOfItsZoneDo) {
  v1::Schedule schedule = Nightly();
  *schedule.add_next() = wire::ToWire(kNow + absl::Minutes(226) + absl::Seconds(40));
  schedule.set_started(12);
  schedule.set_missed(3);
  v1::Tick& started = *schedule.add_ticks();
  *started.mutable_nominal() = wire::ToWire(kNow);
  started.set_times(1);
  started.set_outcome(v1::TICK_OUTCOME_STARTED);
  started.set_job("r-1");
  started.set_verdict("passed");
  v1::Tick& missed = *schedule.add_ticks();
  *missed.mutable_nominal() = wire::ToWire(kNow - absl::Hours(1));
  missed.set_times(3);
  missed.set_outcome(v1::TICK_OUTCOME_MISSED);
  missed.set_reason("nobody was there within 5m");
  EXPECT_EQ(RenderSchedule(schedule, kNow),
            "Schedule nightly  active\n"
            "  times        0 3 * * * Europe/Berlin\n"
            "  overlap      skip\n"
            "  catch_up     5m\n"
            "  suites       gate\n"
            "  cases        4\n"
            "  from         eu-*\n"
            "  require      all\n"
            "  agents_wait  30s\n"
            "  timeout      10m\n"
            "  version      3, applied 2023-11-14 22:13:20 +01:00 by ada@laptop\n"
            "  times so far 12 started, 0 skipped, 3 missed, 0 refused\n"
            "  next         2023-11-15 03:00:00 +01:00  in 3h46m\n"
            "\n"
            "DUE                         TIMES  OUTCOME  RUN         REASON\n"
            "2023-11-14 23:13:20 +01:00  1      started  r-1 passed\n"
            "2023-11-14 22:13:20 +01:00  3      missed               nobody was there within 5m\n");
}

TEST(ScheduleText, IsFitForATerminal) {
  v1::Schedule schedule = Nightly();
  schedule.set_description("\x1b[2J");
  schedule.set_paused(true);
  schedule.set_pause_reason("\x1b[31mred");
  const std::string text = RenderSchedule(schedule, kNow);
  EXPECT_THAT(text, Not(HasSubstr("\x1b")));
  EXPECT_THAT(text, HasSubstr("Schedule nightly  paused (?[31mred)"));
}

TEST(ScheduleDiff, ShowsWhatIsNewWhatChangesAndWhatStays) {
  ScheduleDifference created{"a", v1::SCHEDULE_CHANGE_CREATED, {}, Nightly(), {}, {}, true};
  ScheduleDifference changed{"b", v1::SCHEDULE_CHANGE_UPDATED, Nightly(), Nightly(), {}, {}, true};
  changed.before.set_paused(true);
  changed.after.mutable_timing()->clear_cron();
  *changed.after.mutable_timing()->mutable_every() = wire::ToWire(absl::Minutes(1));
  changed.after.add_from("us-*");
  changed.before.set_description("old");
  changed.before.add_secrets("KEY");
  changed.after.add_secrets("KEY");
  changed.known_files = {{"same.yaml", "1"}, {"other.yaml", "1"}, {"gone.yaml", "1"}};
  changed.files = {{"same.yaml", "1"}, {"other.yaml", "2"}, {"new.yaml", "1"}};
  const ScheduleDifference unchanged{"c", v1::SCHEDULE_CHANGE_UNCHANGED, Nightly(), Nightly(), {}, {}, false};
  const ScheduleDifference deleted{"d", v1::SCHEDULE_CHANGE_DELETED, Nightly(), {}, {}, {}, false};
  EXPECT_EQ(RenderDifferences({created, changed, unchanged, deleted}),
            "+ a\n"
            "    times        0 3 * * * Europe/Berlin\n"
            "    overlap      skip\n"
            "    catch_up     5m\n"
            "    suites       gate\n"
            "    cases        4\n"
            "    from         eu-*\n"
            "    require      all\n"
            "    agents_wait  30s\n"
            "    timeout      10m\n"
            "~ b (stays paused)\n"
            "    times        0 3 * * * Europe/Berlin → every 1m\n"
            "    from         eu-* → eu-*, us-*\n"
            "    description  old → (none)\n"
            "    secrets      other values\n"
            "    files        + new.yaml  ~ other.yaml  - gone.yaml\n"
            "= c\n"
            "- d\n"
            "1 new, 1 to change, 1 to delete, 1 unchanged\n");
}

}  // namespace
}  // namespace wsfleet::cli
