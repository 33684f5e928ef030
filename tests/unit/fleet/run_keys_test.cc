#include "coordinator/fleet/run_keys.h"

#include "gtest/gtest.h"

namespace wsfleet::fleet {
namespace {

JobSpec SpecOfKey(const std::string& key) {
  JobSpec spec;
  spec.key = RunKey(key);
  spec.from = {"eu-*"};
  spec.sealed_secrets = "sealed";
  return spec;
}

TEST(RunKeys, KnowWhatMakesTwoSubmitsTheSameAndNothingElse) {
  RunKeys keys;
  keys.Add(JobId("r-1"), SpecOfKey("gate"));
  ASSERT_NE(keys.Find(RunKey("gate")), nullptr);
  EXPECT_EQ(keys.Find(RunKey("gate"))->job, JobId("r-1"));
  EXPECT_EQ(keys.Find(RunKey("gate"))->spec.from, SpecOfKey("gate").from);
  EXPECT_EQ(keys.Find(RunKey("gate"))->spec.sealed_secrets, "");
}

TEST(RunKeys, DoNotKnowRunsWithoutOne) {
  RunKeys keys;
  keys.Add(JobId("r-1"), SpecOfKey(""));
  EXPECT_EQ(keys.Find(RunKey("")), nullptr);
}

TEST(RunKeys, AreForgottenWithTheCommitThatEndsTheirRun) {
  RunKeys keys;
  keys.Add(JobId("r-1"), SpecOfKey("gate"));
  keys.Add(JobId("r-2"), SpecOfKey("other"));
  keys.EndWith(CommitId(3), RunKey("gate"));
  keys.OnPersisted(CommitId(2));
  EXPECT_NE(keys.Find(RunKey("gate")), nullptr);
  keys.OnPersisted(CommitId(3));
  EXPECT_EQ(keys.Find(RunKey("gate")), nullptr);
  EXPECT_NE(keys.Find(RunKey("other")), nullptr);
}

}  // namespace
}  // namespace wsfleet::fleet
