#include "core/scenario/fields.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "core/base/text.h"
#include "core/base/url.h"
#include "core/scenario/keys.h"
#include "fmt/format.h"

namespace wsfleet {
namespace {

using Kind = keys::Value::Kind;

// Beyond it a deadline is none, and arithmetic with times ends.
constexpr absl::Duration kMaxDuration = absl::Hours(100 * 365 * 24);

// The first ${…} of a text, or nothing.
std::string_view FirstTemplate(std::string_view text) {
  std::size_t at = text.find("${");
  while (at != std::string_view::npos && at > 0 && text[at - 1] == '$') at = text.find("${", at + 2);
  if (at == std::string_view::npos) return {};
  const std::size_t end = text.find('}', at);
  return text.substr(at, end == std::string_view::npos ? end : end + 1 - at);
}

// Templates stand in values, never in keys.
void RefuseTemplateInKey(ParseContext& context, const YamlNode::Entry& entry) {
  const std::string_view found = FirstTemplate(entry.key);
  if (found.empty()) return;
  context.diagnostics.Error(entry.key_range, fmt::format("{} is not allowed in a key", Excerpt(found, 60)));
}

void Expected(ParseContext& context, std::string_view key, const YamlNode& node, std::string_view expected) {
  context.diagnostics.Error(node.range, fmt::format("{}: expected {}, found {}", key, expected, DescribeNode(node)));
}

}  // namespace

std::string Suggestion(std::string_view word, std::span<const std::string_view> candidates) {
  const std::string_view closest = ClosestMatch(word, candidates);
  return closest.empty() ? std::string() : fmt::format("; did you mean \"{}\"?", closest);
}

bool CheckKeys(ParseContext& context, const YamlNode& node, std::string_view what, const keys::Table& table) {
  if (!node.is_mapping()) {
    Expected(context, what, node, "a mapping");
    return false;
  }
  for (const YamlNode::Entry& entry : node.entries) {
    if (context.diagnostics.full()) break;
    if (table.Find(entry.key) != nullptr) continue;
    std::vector<std::string_view> allowed;
    for (const keys::Key& key : table.keys) allowed.push_back(key.name);
    std::string hint = Suggestion(entry.key, allowed);
    if (hint.empty()) {
      for (const std::string_view key : allowed) hint += fmt::format("{}{}", hint.empty() ? "; expected " : ", ", key);
    }
    context.diagnostics.Error(entry.key_range, fmt::format("unknown key \"{}\"{}", Excerpt(entry.key, 60), hint));
  }
  return true;
}

void RequireKeys(ParseContext& context, const YamlNode& node, std::string_view what, const keys::Table& table) {
  for (const keys::Key& key : table.keys) {
    if (!key.required || node.Find(key.name) != nullptr) continue;
    context.diagnostics.Error(node.range, fmt::format("{}: \"{}\" is missing", what, key.name));
  }
}

const YamlNode* Get(const YamlNode& mapping, std::string_view key) {
  const YamlNode::Entry* entry = mapping.Find(key);
  return entry == nullptr ? nullptr : &entry->value;
}

bool IsLanguageIdentifier(std::string_view name) {
  if (name.empty() || (name.front() >= '0' && name.front() <= '9')) return false;
  return name.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") ==
         std::string_view::npos;
}

std::optional<std::string> ReadText(ParseContext& context, std::string_view key, const YamlNode& node) {
  if (node.is_scalar()) {
    const boost::json::value value = ScalarValue(node);
    if (value.is_string()) return node.text;
    if (!value.is_null()) {
      context.diagnostics.Error(node.range,
                                fmt::format("{0}: expected a text, found {1}; write \"{1}\"", key, node.text));
      return std::nullopt;
    }
  }
  Expected(context, key, node, "a text");
  return std::nullopt;
}

std::optional<std::string> ReadPlainText(ParseContext& context, std::string_view key, const YamlNode& node) {
  auto text = ReadText(context, key, node);
  const std::string_view found = text ? FirstTemplate(*text) : std::string_view();
  if (found.empty()) return text;
  context.diagnostics.Error(node.range, fmt::format("{}: {} is not allowed here", key, Excerpt(found, 60)));
  return std::nullopt;
}

std::optional<std::string> ReadIdentifier(ParseContext& context, std::string_view key, const YamlNode& node) {
  auto text = ReadPlainText(context, key, node);
  if (!text || IsLanguageIdentifier(*text)) return text;
  Expected(context, key, node, "a name of letters, digits and _");
  return std::nullopt;
}

bool CheckIdentifier(ParseContext& context, const YamlNode::Entry& entry) {
  if (IsLanguageIdentifier(entry.key)) return true;
  context.diagnostics.Error(
      entry.key_range, fmt::format("expected a name of letters, digits and _, found \"{}\"", Excerpt(entry.key, 60)));
  return false;
}

std::optional<bool> ReadBool(ParseContext& context, std::string_view key, const YamlNode& node) {
  const boost::json::value value = node.is_scalar() ? ScalarValue(node) : boost::json::value();
  if (value.is_bool()) return value.get_bool();
  Expected(context, key, node, "true or false");
  return std::nullopt;
}

std::optional<std::int64_t> ReadInteger(ParseContext& context, const keys::Key& key, const YamlNode& node) {
  const keys::Value& value_range = key.Of(keys::Value::Kind::kInteger);
  const auto [min, max] = std::pair(value_range.min, value_range.max);
  const boost::json::value value = node.is_scalar() ? ScalarValue(node) : boost::json::value();
  if (value.is_int64() && value.get_int64() >= min && value.get_int64() <= max) return value.get_int64();
  const std::string range = max == keys::kNoLimit ? fmt::format("{} or more", min) : fmt::format("{} to {}", min, max);
  Expected(context, key.name, node, fmt::format("a whole number, {}", range));
  return std::nullopt;
}

std::optional<absl::Duration> ReadDuration(ParseContext& context, const keys::Key& taken, const YamlNode& node) {
  const std::string_view key = taken.name;
  const Kind kind = taken.value.kind == Kind::kEither ? taken.Of(Kind::kPause).kind : taken.value.kind;
  if (node.is_scalar()) {
    if (const auto duration = ParseDuration(node.text, kind == Kind::kOffset)) {
      if (*duration > kMaxDuration || *duration < -kMaxDuration) {
        Expected(context, key, node, fmt::format("at most {}", DurationText(kMaxDuration)));
        return std::nullopt;
      }
      if (kind != Kind::kDuration || *duration > absl::ZeroDuration()) return duration;
      Expected(context, key, node, "more than zero");
      return std::nullopt;
    }
    if (ScalarValue(node).is_number()) {
      context.diagnostics.Error(
          node.range,
          fmt::format("{0}: expected a duration with a unit, found {1}; write {1}s or {1}ms", key, node.text));
      return std::nullopt;
    }
  }
  if (node.is_scalar() && !FirstTemplate(node.text).empty()) {
    ReadPlainText(context, key, node);
  } else {
    Expected(context, key, node, "a duration with a unit such as 250ms, 3s, 5m or 1h");
  }
  return std::nullopt;
}

std::optional<absl::Duration> ReadDurationWithin(ParseContext& context, const keys::Key& key, const YamlNode& node,
                                                 absl::Duration least, absl::Duration most) {
  const auto duration = ReadDuration(context, key, node);
  if (!duration || (*duration >= least && *duration <= most)) return duration;
  Expected(context, key.name, node, fmt::format("{} to {}", DurationText(least), DurationText(most)));
  return std::nullopt;
}

std::optional<std::uint64_t> ReadSize(ParseContext& context, std::string_view key, const YamlNode& node) {
  constexpr std::array<std::pair<std::string_view, std::uint64_t>, 3> kUnits{
      {{"KiB", 1024}, {"MiB", 1 << 20}, {"B", 1}}};
  for (const auto& [suffix, factor] : kUnits) {
    if (!node.is_scalar() || !node.text.ends_with(suffix)) continue;
    const std::string_view number = std::string_view(node.text).substr(0, node.text.size() - suffix.size());
    std::uint32_t value = 0;
    const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), value);
    if (error == std::errc() && end == number.data() + number.size()) return value * factor;
  }
  if (node.is_scalar() && ScalarValue(node).is_number()) {
    context.diagnostics.Error(
        node.range, fmt::format("{0}: expected a size with a unit, found {1}; write {1}KiB or {1}MiB", key, node.text));
  } else {
    Expected(context, key, node, "a size with a unit such as 512B, 64KiB or 1MiB");
  }
  return std::nullopt;
}

std::optional<std::string> ReadWord(ParseContext& context, const keys::Key& key, const YamlNode& node) {
  const keys::Words allowed = key.Of(keys::Value::Kind::kWord).words;
  if (node.is_scalar() && std::ranges::find(allowed, node.text) != allowed.end()) return node.text;
  std::string list;
  for (const std::string_view word : allowed) list += fmt::format("{}{}", list.empty() ? "" : ", ", word);
  const std::string hint = node.is_scalar() ? Suggestion(node.text, allowed) : std::string();
  context.diagnostics.Error(
      node.range, fmt::format("{}: expected one of {}, found {}{}", key.name, list, DescribeNode(node), hint));
  return std::nullopt;
}

Template ReadTemplate(ParseContext& context, std::string_view key, const YamlNode& node) {
  if (!ReadText(context, key, node)) return {};
  SourceRange where;
  auto parsed = Template::Parse(node.text, node.range, &where);
  if (parsed.ok()) return *std::move(parsed);
  context.diagnostics.Error(where, std::string(ToStd(parsed.status().message())));
  return {};
}

Template ReadReference(ParseContext& context, std::string_view key, const YamlNode& node) {
  Template text = ReadTemplate(context, key, node);
  if (text.empty() || !text.is_literal()) return text;
  const auto resolved = ResolveUrl(Url(), text.literal());
  if (!resolved.ok()) {
    context.diagnostics.Error(node.range, fmt::format("{}: {}", key, ToStd(resolved.status().message())));
  }
  return text;
}

bool CheckUrl(ParseContext& context, std::string_view key, std::string_view url, const SourceRange& range) {
  const auto parsed = ParseUrl(url);
  if (!parsed.ok()) context.diagnostics.Error(range, fmt::format("{}: {}", key, ToStd(parsed.status().message())));
  return parsed.ok();
}

Template ReadSecretReference(ParseContext& context, std::string_view key, const YamlNode& node) {
  const std::size_t errors = context.diagnostics.errors();
  Template text = ReadTemplate(context, key, node);
  if (context.diagnostics.errors() != errors) return text;
  const Template::Part* reference = text.sole_reference();
  if (reference == nullptr || !reference->text.starts_with("secret.")) {
    context.diagnostics.Error(
        node.range,
        fmt::format("{}: a literal secret is refused; write ${{secret.NAME}} and pass --secret NAME=env:VARIABLE",
                    key));
  }
  return text;
}

TemplateValue ReadValue(ParseContext& context, const YamlNode& node) {
  TemplateValue out;
  if (node.is_scalar()) {
    const boost::json::value value = ScalarValue(node);
    if (IsUnheldNumber(node)) {
      context.diagnostics.Error(node.range,
                                fmt::format("{} is no number that is held as it is written; for a text, write "
                                            "it in quotes",
                                            Excerpt(node.text, 60)));
    }
    if (!value.is_string()) {
      out.value = value;
      return out;
    }
    Template text = ReadTemplate(context, "value", node);
    if (text.is_literal()) {
      out.value = boost::json::value(text.literal());
    } else {
      out.value = std::move(text);
    }
    return out;
  }
  bool constant = true;
  if (node.is_sequence()) {
    TemplateValue::Array array;
    for (const YamlNode& element : node.elements) {
      constant = array.emplace_back(ReadValue(context, element)).is_constant() && constant;
    }
    if (constant) {
      boost::json::array values;
      for (const TemplateValue& element : array) values.push_back(std::get<boost::json::value>(element.value));
      out.value = boost::json::value(std::move(values));
    } else {
      out.value = std::move(array);
    }
    return out;
  }
  TemplateValue::Object object;
  for (const YamlNode::Entry& entry : node.entries) {
    RefuseTemplateInKey(context, entry);
    constant = object.emplace_back(entry.key, ReadValue(context, entry.value)).second.is_constant() && constant;
  }
  if (constant) {
    boost::json::object values;
    for (const auto& [key, value] : object) values[key] = std::get<boost::json::value>(value.value);
    out.value = boost::json::value(std::move(values));
  } else {
    out.value = std::move(object);
  }
  return out;
}

std::vector<std::pair<std::string, Template>> ReadTemplateMap(ParseContext& context, std::string_view key,
                                                              const YamlNode& node) {
  std::vector<std::pair<std::string, Template>> out;
  if (!node.is_mapping()) {
    Expected(context, key, node, "a mapping");
    return out;
  }
  for (const YamlNode::Entry& entry : node.entries) {
    RefuseTemplateInKey(context, entry);
    out.emplace_back(entry.key, ReadTemplate(context, entry.key, entry.value));
  }
  return out;
}

std::vector<std::string> ReadTextList(ParseContext& context, std::string_view key, const YamlNode& node) {
  std::vector<std::string> out;
  if (!node.is_sequence()) {
    Expected(context, key, node, "a list");
    return out;
  }
  for (const YamlNode& element : node.elements) {
    if (auto text = ReadPlainText(context, key, element)) out.push_back(*std::move(text));
  }
  return out;
}

std::vector<std::string> ReadTextList(ParseContext& context, const keys::Key& key, const YamlNode& node) {
  const keys::Value& list = key.Of(keys::Value::Kind::kList);
  if (node.is_sequence() && (std::ssize(node.elements) < list.min || std::ssize(node.elements) > list.max)) {
    context.diagnostics.Error(node.range, fmt::format("{}: expected a list of {} to {}, found {}", key.name, list.min,
                                                      list.max, node.elements.size()));
    return {};
  }
  return ReadTextList(context, key.name, node);
}

void CheckVersion(ParseContext& context, const YamlNode& root) {
  const YamlNode* version = Get(root, "version");
  if (version == nullptr || (version->is_scalar() && version->text == "wsfleet/v1")) return;
  Expected(context, "version", *version, "wsfleet/v1");
}

void RequireVersion(ParseContext& context, const YamlNode& root) {
  if (Get(root, "version") == nullptr) {
    context.diagnostics.Error(root.range, "\"version\" is missing; write version: wsfleet/v1");
  }
  CheckVersion(context, root);
}

bool CheckVariableName(ParseContext& context, const std::string& name, const SourceRange& range) {
  if (std::ranges::find(keys::kReservedNames, name) != keys::kReservedNames.end()) {
    context.diagnostics.Error(range, fmt::format("\"{}\" is reserved for templates", name));
    return false;
  }
  return CheckIdentifier(context, {name, range, {}});
}

}  // namespace wsfleet
