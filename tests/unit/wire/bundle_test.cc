#include "proto/wire/bundle.h"

#include "gtest/gtest.h"
#include "rapidcheck.h"

namespace wsfleet::wire {
namespace {

Bundle TwoSuites() {
  Bundle bundle;
  bundle.files = {
      {"a.wsfleet.yaml", "name: a\n"}, {"b/c.wsfleet.yaml", "name: c\n"}, {"data.bin", std::string("\0\n3\n", 4)}};
  bundle.suites = {"b/c.wsfleet.yaml", "a.wsfleet.yaml"};
  return bundle;
}

TEST(Bundle, ComesBackFromItsCanonicalForm) {
  const Bundle bundle = TwoSuites();
  const auto parsed = ParseCanonicalForm(CanonicalForm(bundle));
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  EXPECT_EQ(parsed->files, bundle.files);
  EXPECT_EQ(parsed->suites, bundle.suites);
}

TEST(Bundle, HasTheDigestThatSha256sumPrints) {
  // printf abc | sha256sum
  EXPECT_EQ(Digest("abc").value(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(Bundle, HasAnotherDigestWhenTheOrderOfItsSuitesChanges) {
  Bundle swapped = TwoSuites();
  std::swap(swapped.suites[0], swapped.suites[1]);
  EXPECT_NE(Digest(CanonicalForm(TwoSuites())), Digest(CanonicalForm(swapped)));
}

TEST(Bundle, IsRefusedWhenASuiteIsNotAmongItsFiles) {
  Bundle bundle = TwoSuites();
  bundle.suites.push_back("missing.yaml");
  const auto parsed = ParseCanonicalForm(CanonicalForm(bundle));
  ASSERT_FALSE(parsed.ok());
  EXPECT_NE(parsed.status().message().find("missing.yaml"), absl::string_view::npos);
}

TEST(Bundle, IsRefusedAtEveryCut) {
  const std::string whole = CanonicalForm(TwoSuites());
  for (std::size_t length = 0; length < whole.size(); ++length) {
    EXPECT_FALSE(ParseCanonicalForm(whole.substr(0, length)).ok()) << "cut after " << length << " bytes";
  }
  EXPECT_FALSE(ParseCanonicalForm(whole + "x").ok());
}

TEST(Bundle, IsRefusedOverEightMebibytes) {
  Bundle bundle;
  bundle.files = {{"a", std::string(kMaxBundleBytes / 2 + 1, 'x')}, {"b", std::string(kMaxBundleBytes / 2, 'x')}};
  EXPECT_FALSE(ParseCanonicalForm(CanonicalForm(bundle)).ok());
}

TEST(Bundle, IsSentInChunksThatMakeTheWhole) {
  const std::string whole(3 * kChunkBytes + 17, 'x');
  std::string joined;
  for (const std::string& chunk : Chunks(whole)) {
    EXPECT_LE(chunk.size(), kChunkBytes);
    joined += chunk;
  }
  EXPECT_EQ(joined, whole);
}

// rapidcheck prints the seed of a failure.
TEST(Bundle, OnlyTheCanonicalFormOfABundleIsAccepted) {
  EXPECT_TRUE(rc::check("what parses is canonical", [](const std::string& tail) {
    const std::string text = "wsfleet-bundle 1\n0\n1\n1\na" + tail;
    const auto parsed = ParseCanonicalForm(text);
    if (parsed.ok()) RC_ASSERT(CanonicalForm(*parsed) == text);
  }));
}

}  // namespace
}  // namespace wsfleet::wire
