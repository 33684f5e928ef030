#include "core/scenario/parse_match.h"

#include <algorithm>
#include <array>

#include "core/base/text.h"
#include "core/match/json_schema.h"
#include "core/scenario/bundle_file.h"
#include "core/scenario/keys.h"
#include "fmt/format.h"
#include "re2/re2.h"

namespace wsfleet {
namespace {

constexpr std::size_t kMaxRegexBytes = 1024;

SourceRange Inside(SourceRange range, std::size_t offset) {
  range.column += static_cast<std::uint32_t>(offset);
  range.length = range.length > offset ? range.length - static_cast<std::uint32_t>(offset) : 1;
  return range;
}

std::shared_ptr<const Predicate> Nested(ParseContext& context, std::string_view key, const YamlNode& node) {
  return std::make_shared<const Predicate>(ParsePredicate(context, key, node));
}

void ParseNumberOperand(ParseContext& context, std::string_view key, const YamlNode& node, Predicate::Test& test) {
  test.operand = ReadValue(context, node);
  const auto* constant = std::get_if<boost::json::value>(&test.operand.value);
  const auto* text = std::get_if<Template>(&test.operand.value);
  const bool fits = (constant && constant->is_number()) || (text && text->sole_reference());
  if (!fits) {
    context.diagnostics.Error(node.range, fmt::format("{}: expected a number, found {}", key, DescribeNode(node)));
  }
}

// Null, and an error, if there is no such file or it is no schema.
std::shared_ptr<const JsonSchema> ReadSchema(ParseContext& context, std::string_view path, const SourceRange& range) {
  const std::string* content = FindFile(context, "schema", path, range);
  if (content == nullptr) return nullptr;
  std::shared_ptr<const JsonSchema>& known = context.schemas[content];
  if (known != nullptr) return known;
  absl::StatusOr<std::shared_ptr<const JsonSchema>> schema = JsonSchema::Parse(*content);
  if (!schema.ok()) {
    context.diagnostics.Error(range, fmt::format("schema: {}: {}", path, ToStd(schema.status().message())));
    return nullptr;
  }
  return known = *std::move(schema);
}

// Calls `check` with each value that something is compared with as it is written: a template has none yet.
template <typename Check>
void ForEachConstant(ParseContext& context, const YamlNode& node, const Check& check) {
  if (node.is_scalar()) {
    const TemplateValue value = ReadValue(context, node);
    if (const auto* constant = std::get_if<boost::json::value>(&value.value)) check(node, *constant);
    return;
  }
  for (const YamlNode::Entry& entry : node.entries) {
    if (entry.key == "eq" || entry.key == "not") ForEachConstant(context, entry.value, check);
    if (entry.key != "in") continue;
    // Values, not tests.
    for (const YamlNode& element : entry.value.elements) {
      const TemplateValue value = ReadValue(context, element);
      if (const auto* constant = std::get_if<boost::json::value>(&value.value)) check(element, *constant);
    }
  }
}

// "; write 404" for "404", and for 2xx what it stands for elsewhere.
std::string HowANumberIsWritten(const YamlNode& node) {
  static const RE2 kNumber("[0-9]+"), kHundred("[1-5]xx");
  if (RE2::FullMatch(node.text, kNumber)) return fmt::format("; write {}", node.text);
  if (!RE2::FullMatch(node.text, kHundred)) return {};
  return fmt::format("; write {{gte: {0}00, lte: {0}99}}", node.text.front());
}

bool ParseTest(ParseContext& context, const YamlNode::Entry& entry, Predicate::Test& test) {
  using Op = Predicate::Op;
  const std::string& key = entry.key;
  const YamlNode& node = entry.value;
  const auto operand = [&](Op op) {
    test.op = op;
    test.operand = ReadValue(context, node);
    return true;
  };
  const auto number = [&](Op op) {
    test.op = op;
    ParseNumberOperand(context, key, node, test);
    return true;
  };
  const auto nested = [&](Op op) {
    test.op = op;
    test.nested = Nested(context, key, node);
    return true;
  };
  if (key == "eq") return operand(Op::kEquals);
  if (key == "contains") return operand(Op::kContains);
  if (key == "lt") return number(Op::kLess);
  if (key == "lte") return number(Op::kLessOrEqual);
  if (key == "gt") return number(Op::kGreater);
  if (key == "gte") return number(Op::kGreaterOrEqual);
  if (key == "not") return nested(Op::kNot);
  if (key == "length") {
    CheckNumbers(context, key, node);
    return nested(Op::kLength);
  }
  if (key == "every") return nested(Op::kEvery);
  if (key == "in") {
    // A template that is the whole value may be a list; what it is shows when it is filled in.
    const TemplateValue value = node.is_scalar() ? ReadValue(context, node) : TemplateValue();
    const auto* text = std::get_if<Template>(&value.value);
    const bool variable = text != nullptr && text->sole_reference() != nullptr;
    if (!variable && (!node.is_sequence() || node.elements.empty())) {
      context.diagnostics.Error(node.range, fmt::format("in: expected a list of values, found {}", DescribeNode(node)));
      return false;
    }
    return operand(Op::kIn);
  }
  if (key == "type") {
    if (!ReadWord(context, keys::kPredicate[key], node)) return false;
    test.op = Op::kType;
    test.operand.value = boost::json::value(node.text);
    return true;
  }
  if (key == "exists") {
    const auto exists = ReadBool(context, key, node);
    test.op = Op::kExists;
    test.exists = exists.value_or(true);
    return exists.has_value();
  }
  const auto text = ReadPlainText(context, key, node);
  if (!text) return false;
  if (key == "schema") {
    test.op = Op::kSchema;
    test.schema_path = *text;
    test.schema = ReadSchema(context, *text, node.range);
    return test.schema != nullptr;
  }
  test.op = Op::kRegex;
  test.regex = ParseRegex(context, key, *text, node.range);
  return test.regex != nullptr;
}

bool ParseSubject(ParseContext& context, const YamlNode::Entry& entry, bool json_only, Selector::Entry& out) {
  if (entry.key.starts_with('$')) {
    out.subject = Selector::Subject::kJson;
    auto path = ParsePath(context, entry.key, entry.key_range);
    if (!path) return false;
    out.path = *std::move(path);
    return true;
  }
  if (!json_only) {
    if (entry.key == "text") return out.subject = Selector::Subject::kText, true;
    if (entry.key == "hex") return out.subject = Selector::Subject::kHex, true;
    if (entry.key == "opcode") return out.subject = Selector::Subject::kOpcode, true;
  }
  context.diagnostics.Error(
      entry.key_range,
      json_only ? fmt::format("unknown key \"{}\"; expected a JSON path such as $.type", entry.key)
                : fmt::format("unknown key \"{}\"{}; expected a JSON path such as $.type, or text, hex, opcode",
                              entry.key, Suggestion(entry.key, keys::kSubjects)));
  return false;
}

// What a frame can never have: a test for it would wait in vain, and blame the target. Null is no text.
void CheckValue(ParseContext& context, Selector::Subject subject, const YamlNode& node, const std::string* text) {
  const auto& opcodes = keys::kFrameOpcodes;
  const std::string found = text == nullptr ? DescribeNode(node) : fmt::format("\"{}\"", Excerpt(*text, 40));
  if (subject == Selector::Subject::kOpcode &&
      (text == nullptr || std::ranges::find(opcodes, *text) == opcodes.end())) {
    context.diagnostics.Error(node.range,
                              fmt::format("opcode: expected one of {}, found {}{}", fmt::join(opcodes, ", "), found,
                                          text == nullptr ? "" : Suggestion(*text, opcodes)));
  }
  static const RE2 kHex(re2::StringPiece(keys::kHexPattern.data(), keys::kHexPattern.size()));
  if (subject == Selector::Subject::kHex && (text == nullptr || !RE2::PartialMatch(*text, kHex))) {
    context.diagnostics.Error(node.range,
                              fmt::format("hex: expected pairs of lower-case hexadecimal digits, found {}{}", found,
                                          text == nullptr ? "; write it in quotes" : ""));
  }
}

void CheckValues(ParseContext& context, Selector::Subject subject, const YamlNode& node) {
  if (subject == Selector::Subject::kJson || subject == Selector::Subject::kText) return;
  ForEachConstant(context, node, [&](const YamlNode& found, const boost::json::value& value) {
    const std::string text = ValueAsText(value);
    CheckValue(context, subject, found, value.is_string() ? &text : nullptr);
  });
}

}  // namespace

std::shared_ptr<const re2::RE2> ParseRegex(ParseContext& context, std::string_view key, std::string_view text,
                                           const SourceRange& range) {
  RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(1 << 20);
  if (text.size() > kMaxRegexBytes) {
    context.diagnostics.Error(range, fmt::format("{}: the expression is longer than {} bytes", key, kMaxRegexBytes));
    return nullptr;
  }
  auto regex = std::make_shared<const RE2>(re2::StringPiece(text.data(), text.size()), options);
  if (regex->ok()) return regex;
  const std::size_t at = regex->error_arg().empty() ? std::string_view::npos : text.find(regex->error_arg());
  context.diagnostics.Error(at == std::string_view::npos ? range : Inside(range, at),
                            fmt::format("{}: {}", key, regex->error()));
  return nullptr;
}

std::optional<JsonPath> ParsePath(ParseContext& context, std::string_view text, const SourceRange& range) {
  JsonPath::ParseError error;
  auto path = JsonPath::Parse(text, &error);
  if (path.ok()) return *std::move(path);
  context.diagnostics.Error(Inside(range, error.offset), error.message);
  return std::nullopt;
}

Predicate ParsePredicate(ParseContext& context, std::string_view key, const YamlNode& node) {
  Predicate predicate;
  predicate.range = node.range;
  if (node.is_sequence()) {
    context.diagnostics.Error(
        node.range, fmt::format("{}: expected a value or tests, found a list; write {{eq: […]}} or {{in: […]}}", key));
    return predicate;
  }
  if (node.is_scalar()) {
    predicate.literal = true;
    Predicate::Test& test = predicate.tests.emplace_back();
    test.operand = ReadValue(context, node);
    return predicate;
  }
  if (node.entries.empty()) {
    context.diagnostics.Error(node.range, fmt::format("{}: expected at least one test", key));
    return predicate;
  }
  CheckKeys(context, node, key, keys::kPredicate);
  for (const YamlNode::Entry& entry : node.entries) {
    if (keys::kPredicate.Find(entry.key) == nullptr) continue;
    Predicate::Test test;
    if (ParseTest(context, entry, test)) predicate.tests.push_back(std::move(test));
  }
  return predicate;
}

void CheckNumbers(ParseContext& context, std::string_view key, const YamlNode& node) {
  ForEachConstant(context, node, [&](const YamlNode& found, const boost::json::value& value) {
    if (value.is_number()) return;
    context.diagnostics.Error(found.range, fmt::format("{}: expected a number or tests of one, found {}{}", key,
                                                       DescribeNode(found), HowANumberIsWritten(found)));
  });
}

void CheckWords(ParseContext& context, std::string_view key, const YamlNode& node, keys::Words words) {
  ForEachConstant(context, node, [&](const YamlNode& found, const boost::json::value& value) {
    const std::string text = ValueAsText(value);
    if (value.is_string() && std::ranges::find(words, text) != words.end()) return;
    context.diagnostics.Error(
        found.range, fmt::format("{}: expected one of {}, found {}{}", key, fmt::join(words, ", "), DescribeNode(found),
                                 Suggestion(text, words)));
  });
}

Selector ParseSelector(ParseContext& context, const YamlNode& node, bool json_only) {
  Selector selector;
  if (!node.is_mapping() || node.entries.empty()) {
    context.diagnostics.Error(
        node.range,
        fmt::format("expected paths and what they must hold, such as {{$.type: hello}}, found {}", DescribeNode(node)));
    return selector;
  }
  for (const YamlNode::Entry& entry : node.entries) {
    Selector::Entry out;
    out.key = entry.key;
    out.range = entry.key_range;
    const bool known = ParseSubject(context, entry, json_only, out);
    out.predicate = ParsePredicate(context, entry.key, entry.value);
    if (known) CheckValues(context, out.subject, entry.value);
    if (known) selector.entries.push_back(std::move(out));
  }
  return selector;
}

std::optional<CaptureSource> ParseSource(ParseContext& context, std::string_view key, const YamlNode& node, bool http) {
  const auto text = ReadPlainText(context, key, node);
  if (!text) return std::nullopt;
  CaptureSource source;
  source.range = node.range;
  if (text->starts_with('$')) {
    auto path = ParsePath(context, *text, node.range);
    if (!path) return std::nullopt;
    source.path = *std::move(path);
    return source;
  }
  constexpr std::string_view kRegex = "regex:", kHeader = "header:", kCookie = "cookie:";
  if (text->starts_with(kRegex)) {
    source.kind = CaptureSource::Kind::kRegex;
    source.regex =
        ParseRegex(context, key, std::string_view(*text).substr(kRegex.size()), Inside(node.range, kRegex.size()));
    if (source.regex == nullptr) return std::nullopt;
    if (source.regex->NumberOfCapturingGroups() > 0) return source;
    context.diagnostics.Error(node.range,
                              fmt::format("{}: the first group of the expression is what is read, and it has "
                                          "none; write it in parentheses, as in regex:id=([0-9]+)",
                                          key));
    return std::nullopt;
  }
  if (http && text->starts_with(kHeader) && text->size() > kHeader.size()) {
    source.kind = CaptureSource::Kind::kHeader;
    source.name = text->substr(kHeader.size());
    return source;
  }
  if (http && text->starts_with(kCookie) && text->size() > kCookie.size()) {
    source.kind = CaptureSource::Kind::kCookie;
    source.name = text->substr(kCookie.size());
    return source;
  }
  context.diagnostics.Error(node.range, fmt::format("{}: expected $.path{} or regex:…, found \"{}\"", key,
                                                    http ? ", header:NAME, cookie:NAME" : "", Excerpt(*text, 60)));
  return std::nullopt;
}

std::vector<Capture> ParseCaptures(ParseContext& context, const YamlNode& node, bool http) {
  std::vector<Capture> captures;
  if (!node.is_mapping()) {
    context.diagnostics.Error(
        node.range, fmt::format("capture: expected a mapping of variables to sources, found {}", DescribeNode(node)));
    return captures;
  }
  for (const YamlNode::Entry& entry : node.entries) {
    const bool named = CheckVariableName(context, entry.key, entry.key_range);
    auto source = ParseSource(context, entry.key, entry.value, http);
    if (!named || !source) continue;
    Capture& capture = captures.emplace_back();
    capture.variable = entry.key;
    capture.source = *std::move(source);
    capture.source.range = entry.key_range;
  }
  return captures;
}

}  // namespace wsfleet
