#include "core/match/json_path.h"

#include <string>
#include <string_view>

#include "boost/json/parse.hpp"
#include "core/value/json_text.h"
#include "gtest/gtest.h"

namespace wsfleet {
namespace {

// What the path selects, as a JSON array in the order of the selection.
std::string Selected(std::string_view path_text, const boost::json::value& document) {
  const absl::StatusOr<JsonPath> path = JsonPath::Parse(path_text);
  if (!path.ok()) return std::string(path.status().message().data(), path.status().message().size());
  std::string out = "[";
  for (const boost::json::value* node : path->Select(document)) {
    if (out.size() > 1) out += ',';
    out += CompactJson(*node);
  }
  return out + "]";
}

struct PathCase {
  std::string_view path;
  std::string_view selected;
};

void ExpectSelections(std::string_view document, std::initializer_list<PathCase> cases) {
  const boost::json::value root = boost::json::parse(boost::json::string_view(document.data(), document.size()));
  for (const PathCase& one : cases) EXPECT_EQ(Selected(one.path, root), one.selected) << one.path;
}

// The bookstore that RFC 9535, 1.5 asks its questions about, shortened to what the answers need.
constexpr std::string_view kStore = R"({"store": {
  "book": [
    {"category": "reference", "author": "N", "title": "S", "price": 8.95},
    {"category": "fiction", "author": "E", "title": "H", "price": 12.99},
    {"category": "fiction", "author": "H", "title": "M", "isbn": "0-553", "price": 8.99},
    {"category": "fiction", "author": "J", "title": "L", "isbn": "0-395", "price": 22.99}],
  "bicycle": {"color": "red", "price": 399}}})";

TEST(JsonPath, AnswersTheExamplesOfRfc9535Section15) {
  ExpectSelections(kStore, {
                               {"$.store.book[*].author", R"(["N","E","H","J"])"},
                               {"$..author", R"(["N","E","H","J"])"},
                               {"$.store..price", R"([8.95,12.99,8.99,22.99,399])"},
                               {"$..book[2].author", R"(["H"])"},
                               {"$..book[2].publisher", "[]"},
                               {"$..book[-1].title", R"(["L"])"},
                               {"$..book[0,1].title", R"(["S","H"])"},
                               {"$..book[:2].title", R"(["S","H"])"},
                               {"$..book[?@.isbn].title", R"(["M","L"])"},
                               {"$..book[?@.price<10].title", R"(["S","M"])"},
                               {"$['store']['bicycle']['color']", R"(["red"])"},
                           });
}

TEST(JsonPath, SelectsByNameIndexAndSlice) {
  ExpectSelections(R"({"o": {"j j": {"k.k": 3}, "'": {"@": 2}}})", {
                                                                       {"$.o['j j']", R"([{"k.k":3}])"},
                                                                       {"$.o['j j']['k.k']", "[3]"},
                                                                       {R"($.o["j j"]["k.k"])", "[3]"},
                                                                       {R"($["o"]["'"]["@"])", "[2]"},
                                                                       {R"($['o']['\'']['\u0040'])", "[2]"},
                                                                   });
  ExpectSelections(R"(["a","b","c","d","e","f","g"])", {
                                                           {"$[1]", R"(["b"])"},
                                                           {"$[-2]", R"(["f"])"},
                                                           {"$[7]", "[]"},
                                                           {"$[1:3]", R"(["b","c"])"},
                                                           {"$[5:]", R"(["f","g"])"},
                                                           {"$[1:5:2]", R"(["b","d"])"},
                                                           {"$[5:1:-2]", R"(["f","d"])"},
                                                           {"$[::-1]", R"(["g","f","e","d","c","b","a"])"},
                                                           {"$[0:3:0]", "[]"},
                                                           {"$[0,3]", R"(["a","d"])"},
                                                           {"$[0:2,5]", R"(["a","b","f"])"},
                                                           {"$[0,0]", R"(["a","a"])"},
                                                       });
}

TEST(JsonPath, ComparesInFiltersAsRfc9535Section2352Says) {
  ExpectSelections(R"({"obj": {"x": "y"}, "arr": [2, 3]})", {
                                                                {"$[?$.absent1 == $.absent2]", R"([{"x":"y"},[2,3]])"},
                                                                {"$[?$.absent1 <= $.absent2]", R"([{"x":"y"},[2,3]])"},
                                                                {"$[?$.absent == 'g']", "[]"},
                                                                {"$[?$.absent != 'g']", R"([{"x":"y"},[2,3]])"},
                                                                {"$[?1 <= 2]", R"([{"x":"y"},[2,3]])"},
                                                                {"$[?1 > 2]", "[]"},
                                                                {"$[?13 == '13']", "[]"},
                                                                {"$[?'a' <= 'b']", R"([{"x":"y"},[2,3]])"},
                                                                {"$[?$.obj == $.arr]", "[]"},
                                                                {"$[?$.obj == $.obj]", R"([{"x":"y"},[2,3]])"},
                                                                {"$[?$.obj == 17]", "[]"},
                                                                {"$[?$.arr <= $.arr]", R"([{"x":"y"},[2,3]])"},
                                                                {"$[?1 <= $.arr]", "[]"},
                                                                {"$[?true <= true]", R"([{"x":"y"},[2,3]])"},
                                                                {"$[?true > true]", "[]"},
                                                            });
}

TEST(JsonPath, FiltersAsRfc9535Section2353Says) {
  constexpr std::string_view kDocument =
      R"({"a": [3, 5, 1, 2, 4, 6, {"b": "j"}, {"b": "k"}, {"b": {}}, {"b": "kilo"}],
          "o": {"p": 1, "q": 2, "r": 3, "s": 5, "t": {"u": 6}}, "e": "f"})";
  ExpectSelections(kDocument, {
                                  {"$.a[?@.b == 'kilo']", R"([{"b":"kilo"}])"},
                                  {"$.a[?(@.b == 'kilo')]", R"([{"b":"kilo"}])"},
                                  {"$.a[?@>3.5]", "[5,4,6]"},
                                  {"$.a[?@.b]", R"([{"b":"j"},{"b":"k"},{"b":{}},{"b":"kilo"}])"},
                                  {"$[?@.*]", R"([[3,5,1,2,4,6,{"b":"j"},{"b":"k"},{"b":{}},{"b":"kilo"}],)"
                                              R"({"p":1,"q":2,"r":3,"s":5,"t":{"u":6}}])"},
                                  {"$[?@[?@.b]]", R"([[3,5,1,2,4,6,{"b":"j"},{"b":"k"},{"b":{}},{"b":"kilo"}]])"},
                                  {"$.o[?@<3, ?@<3]", "[1,2,1,2]"},
                                  {"$.a[?@<2 || @.b == \"k\"]", R"([1,{"b":"k"}])"},
                                  {"$.o[?@>1 && @<4]", "[2,3]"},
                                  {"$.o[?@.u || @.x]", R"([{"u":6}])"},
                                  {"$.a[?@.b == $.x]", "[3,5,1,2,4,6]"},
                                  {"$.a[?@ == @]", R"([3,5,1,2,4,6,{"b":"j"},{"b":"k"},{"b":{}},{"b":"kilo"}])"},
                                  {"$.a[?!@.b && @ > 4]", "[5,6]"},
                                  {"$.a[?!(@.b || @ < 6)]", "[6]"},
                              });
}

TEST(JsonPath, DescendsAsRfc9535Section2523Says) {
  ExpectSelections(R"({"o": {"j": 1, "k": 2}, "a": [5, 3, [{"j": 4}, {"k": 6}]]})",
                   {
                       {"$..j", "[1,4]"},
                       {"$..[0]", R"([5,{"j":4}])"},
                       {"$.o..[*, *]", "[1,2,1,2]"},
                       {"$.a..[0, 1]", R"([5,3,{"j":4},{"k":6}])"},
                   });
}

TEST(JsonPath, TellsNullFromAbsence) {
  ExpectSelections(R"({"a": null, "b": [null], "null": 1})", {
                                                                 {"$.a", "[null]"},
                                                                 {"$.a[0]", "[]"},
                                                                 {"$.a.d", "[]"},
                                                                 {"$.b[?@]", "[null]"},
                                                                 {"$.b[?@==null]", "[null]"},
                                                                 {"$.c[?@.d==null]", "[]"},
                                                                 {"$.null", "[1]"},
                                                             });
}

TEST(JsonPath, ComparesNumbersByTheirExactValue) {
  ExpectSelections("[9007199254740993, 9007199254740992.0, 1, 1.0, 18446744073709551615]",
                   {
                       {"$[?@ == 9007199254740993]", "[9007199254740993]"},
                       {"$[?@ == 1]", "[1,1]"},
                       {"$[?@ > 1e19]", "[18446744073709551615]"},
                       {"$[?@ == 18446744073709551615]", "[18446744073709551615]"},
                   });
}

TEST(JsonPath, MarksTheFirstWrongByte) {
  struct Wrong {
    std::string_view path;
    std::size_t offset;
    std::string_view message;
  };
  const Wrong cases[] = {
      {"$.items[?length(@.id) > 3]", 9, "JSONPath function \"length\" is not supported; use the predicate {length: …}"},
      {"$[?match(@.a, 'x')]", 3, "JSONPath function \"match\" is not supported; use the predicate {regex: …}"},
      {"$[?1 < count(@.*)]", 7, "JSONPath function \"count\" is not supported"},
      {"$[?!value(@.a)]", 4, "JSONPath function \"value\" is not supported"},
      {"", 0, "expected $ at the beginning of a JSONPath, found the end of the path"},
      {"type", 0, "expected $ at the beginning of a JSONPath, found \"t\""},
      {"$.", 2, "expected a member name or *, found the end of the path"},
      {"$.a ", 3, "expected \".\", \"[\" or the end of the path, found \" \""},
      {"$.1", 2, "expected a member name or *, found \"1\""},
      {"$[é]", 2, "expected a quoted name, an index, a slice, * or ?, found \"é\""},
      {"$[0", 3, "expected \",\" or \"]\", found the end of the path"},
      {"$[-0]", 2, "an index has no leading zero and no minus zero"},
      {"$[9007199254740992]", 2, "an index is at most 2^53 - 1"},
      {"$[?@ == 12345678901234567890123]", 8, "the number has more digits than are held"},
      {"$['a]", 2, "the string is not closed"},
      {"$['\\x']", 3, "unknown escape in a string"},
      {"$[\"\\ud800\"]", 3, "a high surrogate without a low one after it"},
      {"$[?@.a == 1.]", 12, "expected a digit, found \"]\""},
      {"$[?@.* == 1]", 3, "only a path that selects one value at most can be compared"},
      {"$[?1]", 4, "expected == != < <= > or >= after a literal, found \"]\""},
      {"$[?@.a = 1]", 7, "expected \",\" or \"]\", found \"=\""},
      {"$[?(@.a]", 7, "expected \"&&\", \"||\" or \")\", found \"]\""},
      {"$[?foo]", 3, "expected @, $, a literal, \"!\" or \"(\", found \"f\""},
  };
  for (const Wrong& one : cases) {
    JsonPath::ParseError error;
    EXPECT_FALSE(JsonPath::Parse(one.path, &error).ok()) << one.path;
    EXPECT_EQ(error.offset, one.offset) << one.path;
    EXPECT_EQ(error.message, one.message) << one.path;
  }
}

TEST(JsonPath, IsLimitedInLengthAndDepth) {
  EXPECT_FALSE(JsonPath::Parse("$." + std::string(JsonPath::kMaxBytes, 'a')).ok());
  std::string deep = "$";
  for (int i = 0; i < 80; ++i) deep += "[?@";
  JsonPath::ParseError error;
  EXPECT_FALSE(JsonPath::Parse(deep, &error).ok());
  EXPECT_EQ(error.message, "nested deeper than 64 levels");
}

TEST(JsonPath, StopsAtItsLimitOfNodesAndSaysSo) {
  boost::json::array rows;
  for (int i = 0; i < 200; ++i) rows.emplace_back(boost::json::array(200, boost::json::value(i)));
  const boost::json::value document(std::move(rows));
  const absl::StatusOr<JsonPath> path = JsonPath::Parse("$..*");
  ASSERT_TRUE(path.ok());
  bool truncated = false;
  EXPECT_LE(path->Select(document, &truncated).size(), JsonPath::kMaxNodes);
  EXPECT_TRUE(truncated);
  const absl::StatusOr<JsonPath> one = JsonPath::Parse("$[199][199]");
  ASSERT_TRUE(one.ok());
  EXPECT_EQ(one->Select(document, &truncated).size(), 1u);
  EXPECT_FALSE(truncated);
}

}  // namespace
}  // namespace wsfleet
