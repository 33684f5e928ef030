#include "core/session/sequence.h"

#include "fmt/format.h"
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
      if (failure) return fmt::format("{} at {}", FailureClassName(failure->failure_class), frames_);
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

TEST(Sequence, LooksAtNoFrameWithoutANumber) {
  EXPECT_EQ(Sequence(Numbered()).Play({Frame("1"), "hello", R"({"seq":"2"})", "{}", Frame("2.5"), Frame("2")}), "ok");
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
  Sequence sequence(Numbered());
  EXPECT_EQ(sequence.Play({Frame("9223372036854775807"), Frame("18446744073709551615"), Frame("1e300")}), "ok");
}

}  // namespace
}  // namespace wsfleet
