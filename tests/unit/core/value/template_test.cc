#include "core/value/template.h"

#include <string>
#include <string_view>
#include <utility>

#include "boost/json/parse.hpp"
#include "core/value/json_text.h"
#include "tests/unit/core/building.h"

namespace wsfleet {
namespace {

testing::Variables Given(std::initializer_list<std::pair<std::string_view, boost::json::value>> values) {
  testing::Variables scope;
  for (const auto& [name, value] : values) scope.Set(std::string(name), value);
  return scope;
}

Template Parsed(std::string_view text) {
  absl::StatusOr<Template> parsed = Template::Parse(text, {}, nullptr);
  EXPECT_TRUE(parsed.ok()) << text;
  return parsed.ok() ? *parsed : Template();
}

TEST(Template, WritesValuesIntoText) {
  const testing::Variables scope =
      Given({{"n", 3}, {"half", 0.5}, {"name", "ada"}, {"list", boost::json::parse("[1,\"a\"]")}});
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"plain", "plain"},
      {"", ""},
      {"${name}", "ada"},
      {"n=${n}, half=${half}", "n=3, half=0.5"},
      {"${list}${list}", "[1,\"a\"][1,\"a\"]"},
      {"$${name}", "${name}"},
      {"$${${name}}", "${ada}"},
      {"5$ and $", "5$ and $"},
  };
  for (const auto& [text, expected] : cases) {
    const absl::StatusOr<std::string> expanded = ExpandText(Parsed(text), scope);
    ASSERT_TRUE(expanded.ok()) << text;
    EXPECT_EQ(*expanded, expected) << text;
    EXPECT_EQ(Parsed(text).source_text(), text);
  }
}

TEST(Template, KeepsTheTypeOfAValueThatStandsAlone) {
  const testing::Variables scope = Given({{"n", 3}});
  const absl::StatusOr<boost::json::value> alone = Expand(TemplateValue{Parsed("${n}")}, scope);
  ASSERT_TRUE(alone.ok());
  EXPECT_TRUE(alone->is_int64());
  const absl::StatusOr<boost::json::value> in_text = Expand(TemplateValue{Parsed("${n} ")}, scope);
  ASSERT_TRUE(in_text.ok());
  EXPECT_EQ(*in_text, boost::json::value("3 "));
}

TEST(Template, ExpandsInsideArraysAndObjects) {
  const testing::Variables scope = Given({{"id", "o-1"}});
  TemplateValue::Array list;
  list.push_back({Parsed("${id}")});
  list.push_back({boost::json::value(nullptr)});
  TemplateValue::Object object;
  object.emplace_back("ids", TemplateValue{list});
  const TemplateValue value{object};
  EXPECT_FALSE(value.is_constant());
  const absl::StatusOr<boost::json::value> expanded = Expand(value, scope);
  ASSERT_TRUE(expanded.ok());
  EXPECT_EQ(CompactJson(*expanded), R"({"ids":["o-1",null]})");
}

TEST(Template, MarksTheByteThatIsWrong) {
  struct Case {
    std::string_view text;
    std::uint32_t column;
    std::uint32_t length;
  };
  const Case cases[] = {{"ab${cd", 12, 4}, {"${}", 10, 3}, {"x${a b}", 14, 1}};
  for (const Case& one : cases) {
    SourceRange error;
    const SourceRange begin{.file = "a.yaml", .line = 4, .column = 10, .length = 20};
    EXPECT_FALSE(Template::Parse(one.text, begin, &error).ok()) << one.text;
    EXPECT_EQ(error.line, 4u) << one.text;
    EXPECT_EQ(error.column, one.column) << one.text;
    EXPECT_EQ(error.length, one.length) << one.text;
  }
}

TEST(Template, KnowsWhereEachReferenceStands) {
  const SourceRange begin{.file = "a.yaml", .line = 2, .column = 5, .length = 1};
  const absl::StatusOr<Template> parsed = Template::Parse("id ${a} ${env.B}", begin, nullptr);
  ASSERT_TRUE(parsed.ok());
  ASSERT_EQ(parsed->parts().size(), 4u);
  EXPECT_EQ(parsed->parts()[1].range.column, 8u);
  EXPECT_EQ(parsed->parts()[3].text, "env.B");
  EXPECT_EQ(parsed->parts()[3].range.column, 13u);
  EXPECT_EQ(parsed->parts()[3].range.length, 8u);
}

TEST(Template, RefusesToGrowBeyondItsLimit) {
  const testing::Variables scope = Given({{"big", boost::json::value(std::string(1 << 20, 'x'))}});
  std::string text;
  for (int i = 0; i < 9; ++i) text += "${big}";
  EXPECT_EQ(ExpandText(Parsed(text), scope).status().code(), absl::StatusCode::kResourceExhausted);
}

TEST(Template, SaysWhichNameIsUnknown) {
  const testing::Variables scope;
  EXPECT_EQ(ExpandText(Parsed("${oid}"), scope).status().code(), absl::StatusCode::kNotFound);
}

TEST(JsonText, WritesNumbersAsPeopleDo) {
  EXPECT_EQ(CompactJson(boost::json::parse(R"({"a":[1.5,-3,1e300,18446744073709551615],"b":"\"","c":true})")),
            R"({"a":[1.5,-3,1e+300,18446744073709551615],"b":"\"","c":true})");
}

}  // namespace
}  // namespace wsfleet
