#include "core/data/data_rows.h"

#include <map>
#include <string>

#include "boost/json/serialize.hpp"
#include "core/base/text.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace wsfleet {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<std::string> RowsOf(const absl::StatusOr<DataTable>& table) {
  std::vector<std::string> rows;
  for (std::size_t i = 0; i < table.value().size(); ++i) rows.push_back(boost::json::serialize(table.value().Row(i)));
  return rows;
}

TEST(DataTable, OfCsvHasQuotedFieldsAndSkipsEmptyLines) {
  const auto table = DataTable::Read("users.csv",
                                     "\xEF\xBB\xBFuser,\"full \"\"name\"\"\"\r\n"
                                     "ada,\"Lovelace, Ada\"\r\n\r\n"
                                     "bob,\"two\nlines\"\n"
                                     "eve,",
                                     DataUse::kOnce);
  ASSERT_TRUE(table.ok()) << table.status();
  EXPECT_THAT(table->columns(), ElementsAre("full \"name\"", "user"));
  EXPECT_THAT(RowsOf(table),
              ElementsAre(R"({"user":"ada","full \"name\"":"Lovelace, Ada"})",
                          R"({"user":"bob","full \"name\"":"two\nlines"})", R"({"user":"eve","full \"name\"":""})"));
}

TEST(DataTable, OfJsonLinesKeepsTypes) {
  const auto table = DataTable::Read(
      "users.jsonl", "{\"id\": 7, \"tags\": [1]}\n\n{\"id\": 8, \"tags\": null, \"x\": 1}\n", DataUse::kOnce);
  ASSERT_TRUE(table.ok()) << table.status();
  EXPECT_THAT(table->columns(), ElementsAre("id", "tags"));
  EXPECT_THAT(RowsOf(table), ElementsAre(R"({"id":7,"tags":[1]})", R"({"id":8,"tags":null,"x":1})"));
}

TEST(DataTable, SaysInWhichLineItIsWrong) {
  const std::string many = "a\n" + [] {
    std::string rows;
    for (std::size_t i = 0; i <= DataTable::kMaxRows; ++i) rows += "1\n";
    return rows;
  }();
  for (const auto& [path, content, words] : std::initializer_list<std::array<std::string, 3>>{
           {"a.csv", "", "a.csv:1: expected the names of the columns"},
           {"a.csv", "a,b\n", "a.csv:1: expected at least one row"},
           {"a.csv", "a,a\n1,2\n", "a.csv:1: column \"a\" is there twice"},
           {"a.csv", "a,b\n1,2\n1,2,3\n", "a.csv:3: expected 2 values, as the first line has names, found 3"},
           {"a.csv", "a,b\n\"x\ny\",2\n1\n", "a.csv:4: expected 2 values"},
           {"a.csv", "a\n\"x\n", "a.csv:2: a quote is not closed"},
           {"a.csv", "a\n\"x\"y\n", "a.csv:2: a quote is not closed, or something stands behind one"},
           {"a.csv", "a\n1\n\xff\n", "a.csv:3: expected UTF-8"},
           {"a.csv", many, "expected at most 100000 rows"},
           {"a.jsonl", "", "a.jsonl:1: expected at least one row"},
           {"a.jsonl", "{\"a\":1}\n[1]\n", "a.jsonl:2: expected a JSON object"},
           {"a.jsonl", "{\"a\":1}\n{\"b\":1}\n", "a.jsonl:2: expected the members of the first row, \"a\" is missing"},
           {"a.jsonl", "{\"a\":1}\n{\"a\":12345678901234567890123}\n",
            "a.jsonl:2: 12345678901234567890123 has more digits than are held; write it as a text"},
           {"a.jsonl", "{}\n", "a.jsonl:1: expected 1 to 100 members"}}) {
    EXPECT_THAT(std::string(ToStd(DataTable::Read(path, content, DataUse::kOnce).status().message())), HasSubstr(words))
        << path;
  }
}

DataTable Numbers(std::size_t count, DataUse use) {
  std::string content;
  for (std::size_t i = 0; i < count; ++i) content += "{\"n\": " + std::to_string(i) + "}\n";
  return DataTable::Read("n.jsonl", content, use).value();
}

std::uint64_t NumberOf(const boost::json::object& row) { return row.at("n").to_number<std::uint64_t>(); }
std::uint64_t Take(DataCursor& cursor) { return NumberOf(cursor.Next().value()); }

TEST(DataCursor, GivesEachRowOfOnceToOneSessionOfTheFleet) {
  const DataTable table = Numbers(10, DataUse::kOnce);
  std::map<std::uint64_t, int> given;
  for (std::uint64_t part = 0; part < 3; ++part) {
    DataCursor cursor(table, {part, 3}, 1);
    for (auto row = cursor.Next(); row.ok(); row = cursor.Next()) ++given[NumberOf(*row)];
    EXPECT_THAT(std::string(ToStd(cursor.Next().status().message())), HasSubstr("n.jsonl has no row left"));
  }
  EXPECT_EQ(given.size(), 10u);
  for (const auto& [row, times] : given) EXPECT_EQ(times, 1) << row;
}

TEST(DataCursor, BeginsAgainInItsOwnPartOfCycle) {
  const DataTable table = Numbers(5, DataUse::kCycle);
  DataCursor cursor(table, {1, 2}, 1);
  EXPECT_EQ(Take(cursor), 1u);
  EXPECT_EQ(Take(cursor), 3u);
  EXPECT_EQ(Take(cursor), 1u);
}

TEST(DataCursor, ChoosesAnyOfItsOwnPartAtRandom) {
  const DataTable table = Numbers(6, DataUse::kRandom);
  DataCursor cursor(table, {2, 3}, 1);
  std::map<std::uint64_t, int> given;
  for (int i = 0; i < 200; ++i) ++given[Take(cursor)];
  EXPECT_EQ(given.size(), 2u);  // 2 and 5
  EXPECT_TRUE(given.contains(2) && given.contains(5));
}

TEST(DataCursor, OfAPartWithoutRowsHasNone) {
  const DataTable table = Numbers(2, DataUse::kCycle);
  DataCursor cursor(table, {2, 3}, 1);
  EXPECT_TRUE(absl::IsFailedPrecondition(cursor.Next().status()));
}

}  // namespace
}  // namespace wsfleet
