#include "cli/output.h"

#include "boost/json/parse.hpp"
#include "gtest/gtest.h"

namespace wsfleet::cli {
namespace {

Listing Two() {
  Listing listing;
  listing.columns = {{"NAME"}, {"REGION"}, {"BOOT", true}};
  listing.rows = {{"ä", "eu", "1"}, {"longer", "us", "2"}};
  listing.names = {"ä", "longer"};
  listing.items = {{{"name", "ä"}}, {{"name", "longer"}, {"shards", {"a", "b"}}}};
  return listing;
}

TEST(Listing, StandsInColumns) {
  EXPECT_EQ(Render(Two(), OutputFormat::kTable), "NAME    REGION\nä       eu\nlonger  us\n");
}

TEST(Listing, ShowsMoreWhenItMayBeWide) {
  EXPECT_EQ(Render(Two(), OutputFormat::kWide), "NAME    REGION  BOOT\nä       eu      1\nlonger  us      2\n");
}

TEST(Listing, GivesATerminalNoOrders) {
  Listing listing = Two();
  listing.rows[0][0] = listing.names[0] = "\x1b[2J\nb";
  EXPECT_EQ(Render(listing, OutputFormat::kTable), "NAME    REGION\n?[2J?b  eu\nlonger  us\n");
  EXPECT_EQ(Render(listing, OutputFormat::kName), "?[2J?b\nlonger\n");
}

TEST(Listing, IsNamesOrJsonForPrograms) {
  EXPECT_EQ(Render(Two(), OutputFormat::kName), "ä\nlonger\n");
  EXPECT_EQ(Render(Two(), OutputFormat::kJson), "[{\"name\":\"ä\"},{\"name\":\"longer\",\"shards\":[\"a\",\"b\"]}]\n");
  EXPECT_EQ(Render(Listing(), OutputFormat::kJson), "[]\n");
}

TEST(Yaml, QuotesEveryStringAndKeepsTheShape) {
  EXPECT_EQ(RenderYaml(boost::json::parse(R"({"a":{"b":[1,{"c":"no","d":[]}]},"e":null,"f":{}})")),
            "\"a\":\n  \"b\":\n    - 1\n    - \"c\": \"no\"\n      \"d\": []\n\"e\": null\n\"f\": {}\n");
}

}  // namespace
}  // namespace wsfleet::cli
