#include "core/match/json_schema_document.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <iterator>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_replace.h"
#include "boost/json/array.hpp"
#include "core/base/text.h"
#include "core/match/json_schema.h"
#include "core/match/json_schema_content.h"
#include "core/match/json_schema_keywords.h"
#include "core/match/predicate_text.h"
#include "fmt/format.h"
#include "re2/re2.h"

namespace wsfleet {
namespace {

namespace json = boost::json;

// So that an expensive one counts for more.
std::int64_t CountValues(const json::value& value) {
  std::int64_t count = 1;
  if (const auto* array = value.if_array()) {
    for (const json::value& element : *array) count += CountValues(element);
  } else if (const auto* object = value.if_object()) {
    for (const auto& [name, element] : *object) count += CountValues(element);
  }
  return count;
}

std::int64_t TestsOf(SchemaKind kind, const json::value& content) {
  switch (kind) {
    case SchemaKind::kPlain:
    case SchemaKind::kNumber:
    case SchemaKind::kCount:
    case SchemaKind::kValues:
    case SchemaKind::kRequired:
    case SchemaKind::kType:
      return CountValues(content);
    default:
      break;
  }
  return kind == SchemaKind::kInsideMap && content.is_object() ? static_cast<std::int64_t>(content.get_object().size())
                                                               : 0;
}

std::string ToString(const json::string& text) { return {text.data(), text.size()}; }

// One step of a JSON pointer (RFC 6901).
std::string Below(std::string_view place, std::string_view name) {
  return fmt::format("{}/{}", place, absl::StrReplaceAll(ToAbsl(name), {{"~", "~0"}, {"/", "~1"}}));
}

// A URI's fragment (RFC 3986) as it was meant; nothing if it is broken.
std::optional<std::string> Unescaped(std::string_view fragment) {
  std::string out;
  for (std::size_t i = 0; i < fragment.size(); ++i) {
    if (fragment[i] != '%') {
      out += fragment[i];
      continue;
    }
    if (i + 2 >= fragment.size() || !absl::ascii_isxdigit(static_cast<unsigned char>(fragment[i + 1])) ||
        !absl::ascii_isxdigit(static_cast<unsigned char>(fragment[i + 2]))) {
      return std::nullopt;
    }
    out += static_cast<char>(std::stoi(std::string(fragment.substr(i + 1, 2)), nullptr, 16));
    i += 2;
  }
  return out;
}

// Each schema, wherever it stands, becomes a definition of its own: valijson 1.0 finds schemas by their path, and those
// of some keywords have that of the schema around them.
class Preparation {
 public:
  explicit Preparation(const json::value& document) : document_(document) {}

  absl::StatusOr<json::object> Run() {
    CheckDraft();
    const std::size_t root = DefinitionOf("", document_);
    json::object prepared;
    // Each may bring more along.
    for (std::size_t i = 0; i < definitions_.size() && error_.empty(); ++i) prepared[std::to_string(i)] = Prepare(i);
    for (std::size_t i = 0; i < definitions_.size() && error_.empty(); ++i) ChainOf(i, 0);
    if (error_.empty()) CheckDepth(root, 1);
    if (!error_.empty()) return absl::InvalidArgumentError(error_);
    json::object out;
    out["allOf"] = json::array{json::object{{"$ref", NameOf(root)}}};
    out["definitions"] = std::move(prepared);
    return out;
  }

 private:
  struct Definition {
    std::string place;
    const json::value* schema;
    std::vector<std::size_t> references = {};
    std::vector<std::size_t> here = {};  // those for the same value
    std::optional<int> chain = {};       // the longest of the latter
    bool visiting = false;
    bool read = false;
  };

  void Fail(std::string_view place, std::string_view what) {
    if (error_.empty()) error_ = fmt::format("{}: {}", place.empty() ? "/" : place, what);
  }

  void CheckDraft() {
    const json::object* object = document_.if_object();
    const json::value* draft = object == nullptr ? nullptr : object->if_contains("$schema");
    if (draft == nullptr) return;
    const std::string name = draft->is_string() ? ToString(draft->get_string()) : std::string();
    if (!absl::StrContains(name, "json-schema.org/draft-07/") &&
        !absl::StrContains(name, "json-schema.org/draft-06/")) {
      Fail("/$schema",
           fmt::format("expected http://json-schema.org/draft-07/schema#, found {}", DescribeValue(*draft)));
    }
  }

  std::size_t DefinitionOf(const std::string& place, const json::value& schema) {
    const auto [it, is_new] = by_place_.try_emplace(place, definitions_.size());
    if (is_new) definitions_.push_back({place, &schema});
    if (definitions_.size() > JsonSchema::kMaxSchemas) {
      Fail(place, fmt::format("more than {} schemas in one file", JsonSchema::kMaxSchemas));
    }
    return it->second;
  }

  json::object Refer(std::size_t from, const std::string& place, const json::value& schema) {
    const std::size_t to = DefinitionOf(place, schema);
    definitions_[from].references.push_back(to);
    return {{"$ref", NameOf(to)}};
  }

  // A schema for the same value as that of a definition.
  json::object ReferHere(std::size_t from, const std::string& place, const json::value& schema) {
    json::object reference = Refer(from, place, schema);
    definitions_[from].here.push_back(definitions_[from].references.back());
    return reference;
  }

  static std::string NameOf(std::size_t definition) { return fmt::format("#/definitions/{}", definition); }

  json::value Prepare(std::size_t index) {
    const json::value& schema = *definitions_[index].schema;
    const std::string place = definitions_[index].place;
    if (schema.is_bool()) return schema;
    const json::object* object = schema.if_object();
    if (object == nullptr) {
      Fail(place, fmt::format("expected a schema (an object, true or false), found {}", DescribeValue(schema)));
      return {};
    }
    if (const json::value* reference = object->if_contains("$ref")) {
      return PrepareReference(index, *reference, Below(place, "$ref"));
    }
    // valijson looks at allOf first.
    json::array all{json::object()};
    json::object out;
    std::int64_t tests = 1;
    for (const SchemaKeyword& keyword : kSchemaKeywords) {
      const json::value* content = object->if_contains(ToJson(keyword.name));
      if (content == nullptr) continue;
      tests += TestsOf(keyword.kind, *content);
      const std::string below = Below(place, keyword.name);
      if (const auto problem = ProblemOfContent(keyword.kind, *content)) Fail(below, *problem);
      json::value prepared = PrepareKeyword(index, keyword, *content, below);
      if (!error_.empty()) return {};
      if (keyword.name == "allOf") {
        std::ranges::move(prepared.get_array(), std::back_inserter(all));
      } else if (!prepared.is_null() || keyword.kind == SchemaKind::kPlain) {
        out[NameOf(keyword)] = std::move(prepared);
      }
    }
    all[0].get_object()[ToJson(kTestsKeyword)] = tests;
    out["allOf"] = std::move(all);
    return out;
  }

  static json::string_view ToJson(std::string_view text) { return {text.data(), text.size()}; }

  static std::string NameOf(const SchemaKeyword& keyword) {
    const bool own = keyword.kind == SchemaKind::kPattern || keyword.kind == SchemaKind::kUnique ||
                     keyword.kind == SchemaKind::kMultiple || keyword.kind == SchemaKind::kType ||
                     keyword.kind == SchemaKind::kNumber;
    return fmt::format("{}{}", own ? "wsfleet:" : "", keyword.name);
  }

  // Null: nothing is asked for.
  json::value PrepareKeyword(std::size_t index, const SchemaKeyword& keyword, const json::value& content,
                             const std::string& place) {
    const bool is_list = keyword.kind == SchemaKind::kItems && content.is_array();
    switch (keyword.kind) {
      case SchemaKind::kPlain:
      case SchemaKind::kNumber:
      case SchemaKind::kCount:
      case SchemaKind::kValues:
      case SchemaKind::kRequired:
      case SchemaKind::kType:
      case SchemaKind::kPattern:
      case SchemaKind::kMultiple:
        return content;
      case SchemaKind::kUnique:
        return content.is_bool() && content.get_bool() ? json::value(true) : json::value();
      case SchemaKind::kHere:
        return ReferHere(index, place, content);
      case SchemaKind::kItems:
      case SchemaKind::kInside:
        if (!is_list) return Refer(index, place, content);
        [[fallthrough]];
      case SchemaKind::kHereList:
        return PrepareList(index, !is_list, content, place);
      case SchemaKind::kInsideMap:
      case SchemaKind::kDependents:
        return PrepareMap(index, keyword.kind == SchemaKind::kDependents, content, place);
      case SchemaKind::kRefused:
        break;
    }
    Fail(place, fmt::format("\"{}\" is not judged here; draft-07 without patternProperties is", keyword.name));
    return {};
  }

  json::value PrepareList(std::size_t index, bool here, const json::value& content, const std::string& place) {
    const json::array* list = content.if_array();
    if (list == nullptr || (list->empty() && here)) {
      Fail(place, fmt::format("expected a list of schemas, found {}", DescribeValue(content)));
      return {};
    }
    json::array out;
    for (std::size_t i = 0; i < list->size(); ++i) {
      const std::string element = Below(place, std::to_string(i));
      out.push_back(here ? ReferHere(index, element, (*list)[i]) : Refer(index, element, (*list)[i]));
    }
    return out;
  }

  json::value PrepareMap(std::size_t index, bool dependents, const json::value& content, const std::string& place) {
    const json::object* map = content.if_object();
    if (map == nullptr) {
      Fail(place, fmt::format("expected an object of names and schemas, found {}", DescribeValue(content)));
      return {};
    }
    json::object out;
    for (const auto& [key, schema] : *map) {
      const std::string element = Below(place, std::string_view(key.data(), key.size()));
      if (!dependents) {
        out[key] = Refer(index, element, schema);
      } else if (schema.is_array()) {
        if (const auto problem = ProblemOfContent(SchemaKind::kRequired, schema)) Fail(element, *problem);
        out[key] = schema;
      } else {
        out[key] = ReferHere(index, element, schema);
      }
    }
    return out;
  }

  json::value PrepareReference(std::size_t index, const json::value& reference, const std::string& place) {
    const std::string text = reference.is_string() ? ToString(reference.get_string()) : std::string();
    const std::optional<std::string> pointer = text.starts_with('#') ? Unescaped(text.substr(1)) : std::nullopt;
    if (!pointer || (!pointer->empty() && !pointer->starts_with('/'))) {
      Fail(place,
           fmt::format("expected a place in this file (\"#/definitions/…\"), found {}", DescribeValue(reference)));
      return {};
    }
    json::error_code error;
    const json::value* target = document_.find_pointer(ToJson(*pointer), error);
    if (target == nullptr) {
      Fail(place, fmt::format("nothing is at {} in this file", text));
      return {};
    }
    return ReferHere(index, *pointer, *target);
  }

  // How many schemas apply to one value through each other, from a definition on that so many others led to.
  int ChainOf(std::size_t index, int before) {
    Definition& definition = definitions_[index];
    if (definition.chain) return *definition.chain;
    if (definition.visiting) {
      Fail(definition.place, "the schema refers to itself for the same value");
      return 0;
    }
    definition.visiting = true;
    const int itself = IsReference(*definition.schema) ? 0 : 1;
    int longest = itself;
    for (const std::size_t next : definition.here) {
      if (before + longest > JsonSchema::kMaxChain) break;
      longest = std::max(longest, itself + ChainOf(next, before + itself));
    }
    definition.visiting = false;
    if (before + longest > JsonSchema::kMaxChain) {
      Fail(definition.place,
           fmt::format("more than {} schemas apply to one value through each other", JsonSchema::kMaxChain));
    }
    definition.chain = longest;
    return longest;
  }

  static bool IsReference(const json::value& schema) {
    return schema.is_object() && schema.get_object().contains("$ref");
  }

  // Of the recursion in which valijson reads them.
  void CheckDepth(std::size_t index, int depth) {
    Definition& definition = definitions_[index];
    if (definition.read) return;
    definition.read = true;
    if (depth > JsonSchema::kMaxDepth) {
      return Fail(definition.place,
                  fmt::format("more than {} schemas refer to each other in a row", JsonSchema::kMaxDepth));
    }
    for (const std::size_t next : definition.references) CheckDepth(next, depth + 1);
  }

  const json::value& document_;
  std::map<std::string, std::size_t> by_place_;
  std::vector<Definition> definitions_;
  std::string error_;
};

}  // namespace

re2::RE2::Options PatternOptions() {
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(1 << 20);
  return options;
}

absl::StatusOr<json::object> PrepareSchema(const json::value& schema) { return Preparation(schema).Run(); }

void NormalizeNumbers(json::value& value) {
  if (auto* array = value.if_array()) {
    for (json::value& element : *array) NormalizeNumbers(element);
  } else if (auto* object = value.if_object()) {
    for (auto& [name, element] : *object) NormalizeNumbers(element);
  } else if (value.is_uint64()) {
    value = static_cast<double>(value.get_uint64());
  } else if (value.is_double()) {
    constexpr double kEnd = 9223372036854775808.0;  // 2^63
    const double number = value.get_double();
    if (number >= -kEnd && number < kEnd && number == std::trunc(number)) value = static_cast<std::int64_t>(number);
  }
}

}  // namespace wsfleet
