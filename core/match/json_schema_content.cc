#include "core/match/json_schema_content.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "boost/json/array.hpp"
#include "core/match/json_schema_document.h"
#include "core/match/predicate_text.h"
#include "fmt/format.h"
#include "re2/re2.h"

namespace wsfleet {
namespace {

namespace json = boost::json;

constexpr std::array<std::string_view, 7> kTypes{"array", "boolean", "integer", "null", "number", "object", "string"};

bool IsType(const json::value& value) {
  const auto* text = value.if_string();
  return text != nullptr && std::ranges::find(kTypes, std::string_view(text->data(), text->size())) != kTypes.end();
}

template <typename Test>
bool IsListOf(const json::value& value, const Test& test) {
  return value.is_array() && std::ranges::all_of(value.get_array(), test);
}

bool IsText(const json::value& value) { return value.is_string(); }

bool IsAboveZero(const json::value& value) {
  if (value.is_int64()) return value.get_int64() > 0;
  return value.is_double() && value.get_double() > 0;
}

// What is expected; empty if `content` is that.
std::string_view Expected(SchemaKind kind, const json::value& content) {
  switch (kind) {
    case SchemaKind::kNumber:
      return content.is_number() ? "" : "a number";
    case SchemaKind::kCount:
      return content.is_int64() && content.get_int64() >= 0 ? "" : "a whole number from 0";
    case SchemaKind::kValues:
      return content.is_array() ? "" : "a list of values";
    case SchemaKind::kRequired:
      return IsListOf(content, IsText) ? "" : "a list of names";
    case SchemaKind::kType: {
      const bool list = IsListOf(content, IsType) && !content.get_array().empty();
      return IsType(content) || list ? "" : "array, boolean, integer, null, number, object, string or a list of these";
    }
    case SchemaKind::kUnique:
      return content.is_bool() ? "" : "true or false";
    case SchemaKind::kMultiple:
      return IsAboveZero(content) ? "" : "a number above 0";
    case SchemaKind::kPattern:
      return content.is_string() ? "" : "a regular expression";
    default:
      return "";
  }
}

}  // namespace

std::optional<std::string> ProblemOfContent(SchemaKind kind, const json::value& content) {
  if (const std::string_view expected = Expected(kind, content); !expected.empty()) {
    return fmt::format("expected {}, found {}", expected, DescribeValue(content));
  }
  if (kind != SchemaKind::kPattern) return std::nullopt;
  const re2::RE2 regex(std::string(content.get_string()), PatternOptions());
  if (regex.ok()) return std::nullopt;
  return fmt::format("no expression of RE2: {}", regex.error());
}

}  // namespace wsfleet
