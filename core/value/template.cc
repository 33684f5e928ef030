#include "core/value/template.h"

#include <algorithm>
#include <memory>

#include "absl/status/status.h"
#include "core/value/json_text.h"
#include "fmt/format.h"

namespace wsfleet {
namespace {

// A capture may be as large as a frame, and a template may name it often.
constexpr std::size_t kMaxExpandedBytes = 8 << 20;

constexpr std::string_view kOpen = "${";
constexpr std::string_view kEscapedOpen = "$${";

bool IsNameByte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.';
}

// Where `length` bytes at `offset` of a text stand that begins at `begin`. After a line break the place in the source
// is not known (the YAML may have been folded or escaped), so the mark stays at the beginning.
SourceRange RangeInside(const SourceRange& begin, std::string_view text, std::size_t offset, std::size_t length) {
  SourceRange range = begin;
  if (!begin.known() || text.substr(0, offset).find('\n') != std::string_view::npos) return range;
  range.column += static_cast<std::uint32_t>(offset);
  range.length = static_cast<std::uint32_t>(std::max<std::size_t>(1, length));
  return range;
}

// Text between two references is one part, however many escapes it holds.
void AppendLiteral(std::vector<Template::Part>& parts, std::string_view text) {
  if (text.empty()) return;
  if (parts.empty() || parts.back().reference) parts.emplace_back();
  parts.back().text += text;
}

absl::Status Spend(std::size_t& budget, std::size_t bytes) {
  if (bytes > budget) {
    return absl::ResourceExhaustedError(fmt::format("templates expand to more than {} bytes", kMaxExpandedBytes));
  }
  budget -= bytes;
  return absl::OkStatus();
}

absl::StatusOr<std::string> ExpandTextWithin(const Template& text, const Scope& scope, std::size_t& budget) {
  std::string out;
  for (const Template::Part& part : text.parts()) {
    if (!part.reference) {
      if (absl::Status spent = Spend(budget, part.text.size()); !spent.ok()) return spent;
      out += part.text;
      continue;
    }
    const absl::StatusOr<boost::json::value> value = scope.Lookup(part.text);
    if (!value.ok()) return value.status();
    const std::string written = ValueAsText(*value);
    if (absl::Status spent = Spend(budget, written.size()); !spent.ok()) return spent;
    out += written;
  }
  return out;
}

// The cost of a value that is copied as it is; its text form is near enough to its size in memory.
std::size_t CopyCost(const boost::json::value& value) {
  if (value.is_string()) return value.get_string().size();
  if (value.is_structured()) return CompactJson(value).size();
  return sizeof(value);
}

absl::StatusOr<boost::json::value> ExpandWithin(const TemplateValue& value, const Scope& scope, std::size_t& budget);

absl::StatusOr<boost::json::value> ExpandTemplate(const Template& text, const Scope& scope, std::size_t& budget) {
  if (const Template::Part* reference = text.sole_reference()) {
    absl::StatusOr<boost::json::value> value = scope.Lookup(reference->text);
    if (!value.ok()) return value;
    if (absl::Status spent = Spend(budget, CopyCost(*value)); !spent.ok()) return spent;
    return value;
  }
  absl::StatusOr<std::string> expanded = ExpandTextWithin(text, scope, budget);
  if (!expanded.ok()) return expanded.status();
  return boost::json::value(*expanded);
}

absl::StatusOr<boost::json::value> ExpandArray(const TemplateValue::Array& array, const Scope& scope,
                                               std::size_t& budget) {
  boost::json::array out;
  out.reserve(array.size());
  for (const TemplateValue& element : array) {
    absl::StatusOr<boost::json::value> expanded = ExpandWithin(element, scope, budget);
    if (!expanded.ok()) return expanded;
    out.push_back(*std::move(expanded));
  }
  return boost::json::value(std::move(out));
}

absl::StatusOr<boost::json::value> ExpandObject(const TemplateValue::Object& object, const Scope& scope,
                                                std::size_t& budget) {
  boost::json::object out;
  out.reserve(object.size());
  for (const auto& [key, member] : object) {
    absl::StatusOr<boost::json::value> expanded = ExpandWithin(member, scope, budget);
    if (!expanded.ok()) return expanded;
    out.insert_or_assign(key, *std::move(expanded));
  }
  return boost::json::value(std::move(out));
}

absl::StatusOr<boost::json::value> ExpandWithin(const TemplateValue& value, const Scope& scope, std::size_t& budget) {
  if (const auto* constant = std::get_if<boost::json::value>(&value.value)) return *constant;
  if (const auto* text = std::get_if<Template>(&value.value)) return ExpandTemplate(*text, scope, budget);
  if (const auto* array = std::get_if<TemplateValue::Array>(&value.value)) return ExpandArray(*array, scope, budget);
  return ExpandObject(std::get<TemplateValue::Object>(value.value), scope, budget);
}

}  // namespace

Template Template::Literal(std::string text) {
  Template out;
  if (!text.empty()) out.parts_.push_back({.reference = false, .text = std::move(text), .range = {}});
  return out;
}

absl::StatusOr<Template> Template::Parse(std::string_view text, const SourceRange& range, SourceRange* error_range) {
  const auto fail = [&](std::size_t offset, std::size_t length, std::string_view message) {
    if (error_range != nullptr) *error_range = RangeInside(range, text, offset, length);
    return absl::InvalidArgumentError(std::string(message));
  };
  Template out;
  out.range_ = range;
  std::size_t at = 0;
  while (at < text.size()) {
    const std::string_view rest = text.substr(at);
    if (rest.starts_with(kEscapedOpen)) {
      AppendLiteral(out.parts_, kOpen);
      at += kEscapedOpen.size();
      continue;
    }
    if (!rest.starts_with(kOpen)) {
      const std::size_t next = std::min(rest.find('$', 1), rest.size());
      AppendLiteral(out.parts_, rest.substr(0, next));
      at += next;
      continue;
    }
    const std::size_t end = rest.find('}');
    if (end == std::string_view::npos) return fail(at, rest.size(), "\"${\" is not closed; write $${ for a literal ${");
    const std::string_view name = rest.substr(kOpen.size(), end - kOpen.size());
    if (name.empty()) return fail(at, end + 1, "expected a name between ${ and }; write $${ for a literal ${");
    const auto wrong = std::ranges::find_if_not(name, IsNameByte);
    if (wrong != name.end()) {
      return fail(at + kOpen.size() + static_cast<std::size_t>(wrong - name.begin()), 1,
                  "a name between ${ and } has letters, digits, \".\", \"_\" and \"-\" only");
    }
    out.parts_.push_back(
        {.reference = true, .text = std::string(name), .range = RangeInside(range, text, at, end + 1)});
    at += end + 1;
  }
  return out;
}

bool Template::is_literal() const {
  return std::ranges::none_of(parts_, [](const Part& part) { return part.reference; });
}

std::string Template::literal() const { return parts_.empty() ? std::string() : parts_.front().text; }

const Template::Part* Template::sole_reference() const {
  return parts_.size() == 1 && parts_.front().reference ? &parts_.front() : nullptr;
}

std::string Template::source_text() const {
  std::string out;
  for (const Part& part : parts_) {
    if (part.reference) {
      out += fmt::format("${{{}}}", part.text);
      continue;
    }
    std::string_view rest = part.text;
    for (std::size_t at = rest.find(kOpen); at != std::string_view::npos; at = rest.find(kOpen)) {
      out += rest.substr(0, at);
      out += kEscapedOpen;
      rest.remove_prefix(at + kOpen.size());
    }
    out += rest;
  }
  return out;
}

TemplateValue::TemplateValue() = default;
TemplateValue::TemplateValue(boost::json::value constant) : value(std::move(constant)) {}
TemplateValue::TemplateValue(Template text) : value(std::move(text)) {}
TemplateValue::TemplateValue(Array array) : value(std::move(array)) {}
TemplateValue::TemplateValue(Object object) : value(std::move(object)) {}
TemplateValue::TemplateValue(const TemplateValue&) = default;
TemplateValue::TemplateValue(TemplateValue&&) noexcept = default;
TemplateValue& TemplateValue::operator=(const TemplateValue&) = default;
TemplateValue& TemplateValue::operator=(TemplateValue&&) noexcept = default;
TemplateValue::~TemplateValue() = default;

bool TemplateValue::is_constant() const {
  if (const auto* text = std::get_if<Template>(&value)) return text->is_literal();
  if (const auto* array = std::get_if<Array>(&value)) {
    return std::ranges::all_of(*array, [](const TemplateValue& element) { return element.is_constant(); });
  }
  if (const auto* object = std::get_if<Object>(&value)) {
    return std::ranges::all_of(*object, [](const auto& member) { return member.second.is_constant(); });
  }
  return true;
}

absl::StatusOr<std::string> ExpandText(const Template& text, const Scope& scope) {
  std::size_t budget = kMaxExpandedBytes;
  return ExpandTextWithin(text, scope, budget);
}

absl::StatusOr<boost::json::value> Expand(const TemplateValue& value, const Scope& scope) {
  std::size_t budget = kMaxExpandedBytes;
  return ExpandWithin(value, scope, budget);
}

std::string ValueAsText(const boost::json::value& value) {
  if (value.is_string()) return std::string(std::string_view(value.get_string().data(), value.get_string().size()));
  return CompactJson(value);
}

}  // namespace wsfleet
