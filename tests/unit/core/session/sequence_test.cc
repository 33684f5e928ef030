#include "core/session/sequence.h"

#include "fmt/format.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/unit/core/building.h"

namespace wsfleet {
namespace {

using testing::Path;

// Plays text frames; "ok", or the class of the first failure with the frame's number.
class Sequence {
 public:
  explicit Sequence(SequenceSpec spec) : spec_(std::move(spec)), tracker_(spec_) {
    EXPECT_TRUE(tracker_.Bind(testing::Variables()).ok());
  }

  std::string Play(const std::vector<std::string>& frames) {
    for (const std::string& frame : frames) {
      const auto failure = tracker_.OnFrame(++frames_, Payload(Opcode::kText, frame));
      if (!failure) continue;
      EXPECT_EQ(failure->beyond_limit, failure->failure_class == FailureClass::kConfig);
      return fmt::format("{} at {}", FailureClassName(failure->failure_class), frames_);
    }
    return "ok";
  }
  std::optional<std::int64_t> last() const { return tracker_.last(); }

 private:
  SequenceSpec spec_;
  SequenceTracker tracker_;
  std::uint64_t frames_ = 0;
};

SequenceSpec Numbered() {
  SequenceSpec spec;
  spec.path = Path("$.seq");
  return spec;
}

std::string Frame(std::string_view number) { return fmt::format(R"({{"seq":{}}})", number); }

TEST(Sequence, GoesOnFromAnyFirstNumber) {
  Sequence sequence(Numbered());
  EXPECT_EQ(sequence.last(), std::nullopt);
  EXPECT_EQ(sequence.Play({Frame("7"), Frame("8"), Frame("9.0")}), "ok");
  EXPECT_EQ(sequence.last(), 9);
}

TEST(Sequence, DoesNotSkipANumberThatALimitHides) {
  const std::string deep = R"({"seq":2,"d":)" + std::string(70, '[') + std::string(70, ']') + "}";
  EXPECT_EQ(Sequence(Numbered()).Play({Frame("1"), deep, Frame("3")}), "config at 2");
  SequenceSpec spec = Numbered();
  spec.match = testing::Where({{"$.seq", testing::Exists(true)}});
  EXPECT_EQ(Sequence(spec).Play({Frame("1"), deep}), "config at 2");
  spec.match = testing::Where({{"text", testing::Regex("^x")}});
  EXPECT_EQ(Sequence(spec).Play({Frame("1"), deep}), "ok");
}

TEST(Sequence, BeginsWithTheNumberThatWasAskedFor) {
  SequenceSpec spec = Numbered();
  spec.start = 1;
  EXPECT_EQ(Sequence(spec).Play({Frame("1"), Frame("2")}), "ok");
  EXPECT_EQ(Sequence(spec).Play({Frame("2")}), "event-missing at 1");
  EXPECT_EQ(Sequence(spec).Play({Frame("0")}), "event-order at 1");
}

TEST(Sequence, NamesWhatIsWrongWithANumber) {
  EXPECT_EQ(Sequence(Numbered()).Play({Frame("5"), Frame("7")}), "event-missing at 2");
  EXPECT_EQ(Sequence(Numbered()).Play({Frame("5"), Frame("6"), Frame("5")}), "event-duplicate at 3");
  EXPECT_EQ(Sequence(Numbered()).Play({Frame("5"), Frame("4")}), "event-order at 2");
}

TEST(Sequence, LetsDuplicatesPassWhereTheyAreAllowed) {
  SequenceSpec spec = Numbered();
  spec.duplicates_allowed = true;
  Sequence sequence(spec);
  EXPECT_EQ(sequence.Play({Frame("1"), Frame("2"), Frame("3"), Frame("2"), Frame("3"), Frame("4")}), "ok");
  EXPECT_EQ(sequence.last(), 4);
  EXPECT_EQ(Sequence(spec).Play({Frame("2"), Frame("1")}), "event-order at 2");
}

TEST(Sequence, LooksAtNoFrameWithoutAValue) {
  EXPECT_EQ(Sequence(Numbered()).Play({Frame("1"), "hello", R"({"sequence":"5"})", "{}", "[9]", Frame("2")}), "ok");
}

TEST(Sequence, FailsAtAValueThatIsNoWholeNumber) {
  for (const char* value : {R"("2")", "2.5", "[2]", "{}", "null", "true"}) {
    EXPECT_EQ(Sequence(Numbered()).Play({Frame("1"), Frame(value)}), "assertion at 2") << value;
  }
  SequenceSpec spec = Numbered();
  spec.path = Path("$..seq");
  EXPECT_EQ(Sequence(spec).Play({Frame("1"), R"({"seq":2,"a":{"seq":2}})"}), "assertion at 2");
}

TEST(Sequence, SaysWhatItFoundInsteadOfANumber) {
  const SequenceSpec spec = Numbered();
  const auto failure = SequenceTracker(spec).OnFrame(3, Payload(Opcode::kText, Frame(R"("5")")));
  ASSERT_TRUE(failure);
  EXPECT_EQ(failure->message,
            R"(frame 3 is of the sequence: expected a whole number at $.seq, found "5": {"seq":"5"})");
}

TEST(Sequence, IsIdleUntilANumberHasCome) {
  const SequenceSpec spec = Numbered();
  SequenceTracker tracker(spec);
  EXPECT_THAT(tracker.IdleWarning(), ::testing::HasSubstr("no frame had a number at $.seq"));
  EXPECT_FALSE(tracker.OnFrame(1, Payload(Opcode::kText, R"({"sqe":1})")));
  EXPECT_NE(tracker.IdleWarning(), "");
  EXPECT_FALSE(tracker.OnFrame(2, Payload(Opcode::kText, Frame("1"))));
  EXPECT_EQ(tracker.IdleWarning(), "");
}

TEST(Sequence, ConvictsNobodyByANumberThatItDoesNotCountTo) {
  for (const char* number : {"9223372036854775808", "18446744073709551616", "1e300", "-1e300", "9007199254740994.0"}) {
    EXPECT_EQ(Sequence(Numbered()).Play({Frame(number)}), "config at 1") << number;
  }
}

TEST(Sequence, AsksEachFrameThatItsSelectorTakesForANumber) {
  SequenceSpec spec = Numbered();
  spec.match = testing::Where({{"$.channel", testing::Is(R"("ticks")")}});
  SequenceTracker tracker(spec);
  struct Nothing : Scope {
    absl::StatusOr<boost::json::value> Lookup(std::string_view) const override { return absl::NotFoundError("none"); }
  };
  ASSERT_TRUE(tracker.Bind(Nothing()).ok());
  const auto play = [&](std::string frame) { return tracker.OnFrame(1, Payload(Opcode::kText, std::move(frame))); };
  EXPECT_FALSE(play(R"({"channel":"ticks","seq":1})"));
  EXPECT_FALSE(play(R"({"channel":"other","seq":9})"));
  const auto failure = play(R"({"channel":"ticks"})");
  ASSERT_TRUE(failure);
  EXPECT_EQ(failure->failure_class, FailureClass::kAssertion);
}

TEST(Sequence, CountsWhatIsMissingOverTheWholeRange) {
  SequenceSpec spec = Numbered();
  spec.start = INT64_MIN;
  EXPECT_EQ(Sequence(spec).Play({Frame("9223372036854775807")}), "event-missing at 1");
  EXPECT_EQ(Sequence(Numbered()).Play({Frame("9223372036854775806"), Frame("9223372036854775807")}), "ok");
}

}  // namespace
}  // namespace wsfleet
