#include "core/base/secret.h"

#include <concepts>
#include <type_traits>
#include <utility>

#include "fmt/format.h"
#include "gtest/gtest.h"

namespace wsfleet {
namespace {

static_assert(!std::is_copy_constructible_v<Secret> && !std::is_copy_assignable_v<Secret>);
static_assert(!std::is_convertible_v<Secret, std::string> && !std::is_convertible_v<Secret, std::string_view>);
static_assert(!fmt::is_formattable<Secret>::value);

TEST(Secret, TakesAValueAndOverwritesWhereItWas) {
  for (std::string text : {std::string("short"), std::string(100, 's')}) {
    const std::string before = text;
    const char* const place = text.data();
    const Secret secret = Secret::Take(text);
    EXPECT_EQ(secret.Reveal(), before);
    EXPECT_TRUE(text.empty());
    // Within its capacity, which it still has.
    EXPECT_EQ(std::string_view(place, before.size()), std::string(before.size(), '\0'));
  }
}

TEST(Secret, MovesWithoutLeavingAnythingBehind) {
  Secret one("s3cr3t");
  const char* const place = one.Reveal().data();
  Secret other = std::move(one);
  EXPECT_TRUE(one.empty());  // NOLINT(bugprone-use-after-move): that is what is asked
  EXPECT_EQ(other.Reveal().data(), place);
  Secret third("another");
  third = std::move(other);
  EXPECT_EQ(third.Reveal(), "s3cr3t");
}

TEST(Secret, IsEqualByItsValue) {
  EXPECT_EQ(Secret("a"), Secret("a"));
  EXPECT_NE(Secret("a"), Secret("b"));
  EXPECT_EQ(Secret(), Secret(""));
}

}  // namespace
}  // namespace wsfleet
