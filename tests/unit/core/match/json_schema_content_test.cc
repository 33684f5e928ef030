#include "core/match/json_schema_content.h"

#include "boost/json/parse.hpp"
#include "gtest/gtest.h"

namespace wsfleet {
namespace {

std::string ProblemOf(SchemaKind kind, const char* content) {
  return ProblemOfContent(kind, boost::json::parse(content)).value_or("");
}

TEST(JsonSchemaContent, IsOfTheTypeThatDraft07AsksFor) {
  for (const auto& [kind, content] : {std::pair(SchemaKind::kNumber, "5"),
                                      {SchemaKind::kNumber, "-1.5"},
                                      {SchemaKind::kCount, "0"},
                                      {SchemaKind::kValues, "[]"},
                                      {SchemaKind::kRequired, "[\"a\"]"},
                                      {SchemaKind::kType, "\"integer\""},
                                      {SchemaKind::kType, "[\"null\", \"string\"]"},
                                      {SchemaKind::kUnique, "false"},
                                      {SchemaKind::kMultiple, "0.5"},
                                      {SchemaKind::kPattern, "\"^a\""},
                                      {SchemaKind::kPlain, "{}"}}) {
    EXPECT_EQ(ProblemOf(kind, content), "") << content;
  }
  for (const auto& [kind, content] : {std::pair(SchemaKind::kNumber, "\"5\""),
                                      {SchemaKind::kNumber, "true"},
                                      {SchemaKind::kNumber, "null"},
                                      {SchemaKind::kCount, "\"1\""},
                                      {SchemaKind::kCount, "-1"},
                                      {SchemaKind::kCount, "1.5"},
                                      {SchemaKind::kValues, "2"},
                                      {SchemaKind::kRequired, "[1]"},
                                      {SchemaKind::kType, "\"strin\""},
                                      {SchemaKind::kType, "[]"},
                                      {SchemaKind::kUnique, "\"true\""},
                                      {SchemaKind::kMultiple, "0"},
                                      {SchemaKind::kPattern, "\"(\""}}) {
    EXPECT_NE(ProblemOf(kind, content), "") << content;
  }
  EXPECT_EQ(ProblemOf(SchemaKind::kNumber, "\"5\""), "expected a number, found \"5\"");
}

}  // namespace
}  // namespace wsfleet
