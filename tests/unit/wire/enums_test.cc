#include "proto/wire/enums.h"

#include <set>

#include "google/protobuf/descriptor.h"
#include "gtest/gtest.h"

namespace wsfleet::wire {
namespace {

// Every enumerator of the protocol has exactly one domain value, and comes back as itself: an enumerator that somebody
// adds to the .proto without a line in the tables fails here.
template <typename Proto>
void EveryEnumeratorComesBack(const google::protobuf::EnumDescriptor* descriptor, bool unspecified_means_none) {
  std::set<int> seen;
  for (int i = 0; i < descriptor->value_count(); ++i) {
    const int number = descriptor->value(i)->number();
    SCOPED_TRACE(descriptor->value(i)->name());
    const auto domain = FromWire(static_cast<Proto>(number));
    if (number == 0 && !unspecified_means_none) {
      EXPECT_FALSE(domain.ok());
      continue;
    }
    ASSERT_TRUE(domain.ok()) << domain.status();
    EXPECT_EQ(static_cast<int>(ToWire(*domain)), number);
    EXPECT_TRUE(seen.insert(static_cast<int>(*domain)).second) << "two enumerators for one domain value";
  }
}

TEST(WireEnums, EveryOutcomeComesBack) { EveryEnumeratorComesBack<v1::Outcome>(v1::Outcome_descriptor(), false); }
TEST(WireEnums, EveryPhaseComesBack) { EveryEnumeratorComesBack<v1::Phase>(v1::Phase_descriptor(), true); }
TEST(WireEnums, EveryFailureClassComesBack) {
  EveryEnumeratorComesBack<v1::FailureClass>(v1::FailureClass_descriptor(), true);
}
TEST(WireEnums, EverySkipReasonComesBack) {
  EveryEnumeratorComesBack<v1::SkipReason>(v1::SkipReason_descriptor(), true);
}
TEST(WireEnums, EveryJobStateComesBack) { EveryEnumeratorComesBack<v1::JobState>(v1::JobState_descriptor(), false); }
TEST(WireEnums, EveryShardStateComesBack) {
  EveryEnumeratorComesBack<v1::ShardState>(v1::ShardState_descriptor(), false);
}

TEST(WireEnums, AnEnumeratorOfANewerVersionIsRefusedAndNamed) {
  const auto outcome = FromWire(static_cast<v1::Outcome>(99));
  ASSERT_FALSE(outcome.ok());
  EXPECT_NE(outcome.status().message().find("99"), absl::string_view::npos);
}
TEST(WireEnums, EveryOverlapPolicyComesBack) {
  EveryEnumeratorComesBack<v1::OverlapPolicy>(v1::OverlapPolicy_descriptor(), false);
}
TEST(WireEnums, EveryTickOutcomeComesBack) {
  EveryEnumeratorComesBack<v1::TickOutcome>(v1::TickOutcome_descriptor(), false);
}

}  // namespace
}  // namespace wsfleet::wire
