#include "coordinator/secret_text.h"

#include <set>

#include "gtest/gtest.h"

namespace wsfleet::coordinator {
namespace {

TEST(RandomBytes, AreAsManyAsAskedForAndOthersEachTime) {
  std::set<std::string> seen;
  for (int i = 0; i < 100; ++i) {
    const auto bytes = RandomBytes(32);
    ASSERT_TRUE(bytes.ok());
    EXPECT_EQ(bytes->size(), 32u);
    seen.insert(*bytes);
  }
  EXPECT_EQ(seen.size(), 100u);
}

TEST(Sha256Hex, IsThatOfTheStandard) {
  EXPECT_EQ(Sha256Hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad") << "FIPS 180-4";
}

}  // namespace
}  // namespace wsfleet::coordinator
