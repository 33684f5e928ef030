#include "monitoring/metrics.h"

#include <set>
#include <string>

#include "core/base/version.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace wsfleet::monitoring {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class MetricsTest : public ::testing::Test {
 protected:
  Metrics coordinator_{Program::kCoordinator};
  Metrics agent_{Program::kAgent};
};

TEST_F(MetricsTest, ShowsTheVersionFromTheStart) {
  EXPECT_THAT(
      coordinator_.Render(),
      HasSubstr(std::string("wsfleet_build_info{program=\"wsfleet-coordinator\",version=\"") + kVersion + "\"} 1\n"));
  EXPECT_THAT(agent_.Render(), HasSubstr("program=\"wsfleet-agent\""));
}

TEST_F(MetricsTest, CountsByLabels) {
  for (int i = 0; i < 3; ++i) {
    coordinator_.Add(Metric::kChecks, {"default", "gate", "connects", "eu-west-1", "failed", "tcp"});
  }
  coordinator_.Add(Metric::kScheduleMissed, {"default"}, 0);
  const std::string text = coordinator_.Render();
  EXPECT_THAT(text, HasSubstr("# TYPE wsfleet_checks_total counter\n"));
  EXPECT_THAT(text, HasSubstr("wsfleet_checks_total{class=\"tcp\",fleet=\"default\",region=\"eu-west-1\","
                              "result=\"failed\",scenario=\"connects\",suite=\"gate\"} 3\n"));
  EXPECT_THAT(text, HasSubstr("wsfleet_schedule_missed_total{fleet=\"default\"} 0\n"));
}

TEST_F(MetricsTest, MeasuresInSeconds) {
  agent_.Observe(Metric::kConnectDuration, {"tls", "eu-west-1"}, absl::Milliseconds(30));
  const std::string text = agent_.Render();
  EXPECT_THAT(
      text, HasSubstr("wsfleet_connect_duration_seconds_bucket{phase=\"tls\",region=\"eu-west-1\",le=\"0.025\"} 0\n"));
  EXPECT_THAT(text,
              HasSubstr("wsfleet_connect_duration_seconds_bucket{phase=\"tls\",region=\"eu-west-1\",le=\"0.05\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("wsfleet_connect_duration_seconds_sum{phase=\"tls\",region=\"eu-west-1\"} 0.03\n"));
}

TEST_F(MetricsTest, ForgetsGaugesThatAreNoMore) {
  coordinator_.SetAll(Metric::kAgents, {{{"default", "eu", "connected"}, 2}, {{"default", "us", "lost"}, 1}});
  coordinator_.SetAll(Metric::kAgents, {{{"default", "eu", "connected"}, 3}});
  EXPECT_THAT(coordinator_.Render(),
              HasSubstr("wsfleet_agents{fleet=\"default\",region=\"eu\",state=\"connected\"} 3\n"));
  EXPECT_THAT(coordinator_.Render(), Not(HasSubstr("state=\"lost\"")));
  coordinator_.Set(Metric::kCheckSuccess, {"default", "gate", "connects", "eu"}, 0);
  EXPECT_THAT(coordinator_.Render(), HasSubstr("suite=\"gate\"} 0\n"));
  coordinator_.Remove(Metric::kCheckSuccess, {"default", "gate", "connects", "eu"});
  EXPECT_THAT(coordinator_.Render(), Not(HasSubstr("suite=\"gate\"")));
}

TEST_F(MetricsTest, LeavesAnotherProgramsMetricsAlone) {
  coordinator_.Add(Metric::kMessages, {"in", "text"});
  agent_.Add(Metric::kChecks, {"default", "", "", "eu", "passed", ""});
  EXPECT_THAT(coordinator_.Render(), Not(HasSubstr("wsfleet_messages_total")));
  EXPECT_THAT(agent_.Render(), Not(HasSubstr("wsfleet_checks_total")));
}

TEST_F(MetricsTest, CountsWhatIsTooManyAsOne) {
  const std::size_t limit = FactsOf(Metric::kCloses).max_series;
  for (std::size_t code = 0; code < limit + 7; ++code) agent_.Add(Metric::kCloses, {std::to_string(1000 + code)});
  const std::string text = agent_.Render();
  EXPECT_THAT(text, HasSubstr("wsfleet_closes_total{code=\"other\"} 7\n"));
  EXPECT_THAT(text, HasSubstr("wsfleet_closes_total{code=\"1000\"} 1\n"));
  for (std::size_t i = 0; i < FactsOf(Metric::kAgents).max_series + 5; ++i) {
    coordinator_.Set(Metric::kAgents, {"default", std::to_string(i), "lost"}, 1);
  }
  EXPECT_THAT(coordinator_.Render(), Not(HasSubstr("region=\"2004\"")));
}

TEST_F(MetricsTest, CutsAndEscapesValuesOfOthers) {
  coordinator_.Add(Metric::kChecks, {"default", std::string(5000, 'a'), "a\"b\n\xff", "eu", "passed", ""});
  const std::string text = coordinator_.Render();
  EXPECT_THAT(text, HasSubstr("scenario=\"a\\\"b??\""));
  EXPECT_LT(text.size(), 4000u);
}

TEST(MetricTable, NamesEachMetricOnceAndAsPrometheusWishes) {
  std::set<std::string_view> names;
  for (const MetricFacts& facts : MetricTable()) {
    EXPECT_TRUE(names.insert(facts.name).second) << facts.name;
    EXPECT_EQ(facts.name.ends_with("_total"), facts.kind == MetricKind::kCounter) << facts.name;
    EXPECT_EQ(facts.name.ends_with("_seconds"), facts.name.find("_seconds") != std::string_view::npos) << facts.name;
    EXPECT_GE(facts.max_series, 1u);
    EXPECT_EQ(&FactsOf(facts.metric), &facts);
    for (const std::string_view label : facts.labels) {
      EXPECT_THAT((std::set<std::string_view>{"run", "job", "session", "user"}), Not(::testing::Contains(label)));
    }
  }
}

}  // namespace
}  // namespace wsfleet::monitoring
