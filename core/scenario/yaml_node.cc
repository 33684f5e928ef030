#include "core/scenario/yaml_node.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

#include "core/base/text.h"
#include "fmt/format.h"
#include "re2/re2.h"

namespace wsfleet {
namespace {

bool IsOneOf(std::string_view text, std::initializer_list<std::string_view> words) {
  return std::ranges::find(words, text) != words.end();
}

bool ParseInteger(std::string_view text, boost::json::value& out) {
  int base = 10;
  if (text.starts_with("0o") || text.starts_with("0x")) {
    base = text[1] == 'o' ? 8 : 16;
    text.remove_prefix(2);
  } else if (text.starts_with('+')) {
    text.remove_prefix(1);
    if (text.starts_with('-')) return false;
  }
  const char* end = text.data() + text.size();
  std::int64_t number = 0;
  if (const auto result = std::from_chars(text.data(), end, number, base);
      result.ec == std::errc() && result.ptr == end && !text.empty()) {
    out = number;
    return true;
  }
  std::uint64_t large = 0;
  const auto result = std::from_chars(text.data(), end, large, base);
  if (result.ec != std::errc() || result.ptr != end || text.empty()) return false;
  out = large;
  return true;
}

bool ParseFloat(std::string_view text, boost::json::value& out) {
  if (text.starts_with('+')) text.remove_prefix(1);
  // from_chars would also take "inf" and "nan", which are strings here.
  const bool plain = !text.empty() && text.find_first_not_of("0123456789+-.eE") == std::string_view::npos &&
                     text.find_first_of("0123456789") != std::string_view::npos;
  double number = 0;
  const char* end = text.data() + text.size();
  if (!plain) return false;
  const auto result = std::from_chars(text.data(), end, number);
  if (result.ec != std::errc() || result.ptr != end) return false;
  out = number;
  return true;
}

}  // namespace

const YamlNode::Entry* YamlNode::Find(std::string_view key) const {
  const auto found = std::ranges::find(entries, key, &Entry::key);
  return found == entries.end() ? nullptr : &*found;
}

boost::json::value ScalarValue(const YamlNode& node) {
  if (node.quoted) return boost::json::value(node.text);
  if (IsOneOf(node.text, {"", "~", "null", "Null", "NULL"})) return nullptr;
  if (IsOneOf(node.text, {"true", "True", "TRUE"})) return true;
  if (IsOneOf(node.text, {"false", "False", "FALSE"})) return false;
  boost::json::value number;
  if (ParseInteger(node.text, number) || ParseFloat(node.text, number)) return number;
  return boost::json::value(node.text);
}

bool IsUnheldNumber(const YamlNode& node) {
  static const RE2 kWhole("[-+]?0*([0-9]+)"), kBased("0o[0-7]+|0x[0-9a-fA-F]+");
  static const RE2 kFloat(R"([-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?)");
  static const RE2 kNone(R"([-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN))");
  if (!node.is_scalar() || node.quoted || node.text.empty()) return false;
  const boost::json::value value = ScalarValue(node);
  std::string digits;
  if (value.is_double() && RE2::FullMatch(node.text, kWhole, &digits)) {
    return digits != fmt::format("{:.0f}", std::abs(value.get_double()));
  }
  return value.is_string() &&
         (RE2::FullMatch(node.text, kBased) || RE2::FullMatch(node.text, kFloat) || RE2::FullMatch(node.text, kNone));
}

std::string DescribeNode(const YamlNode& node) {
  if (node.is_mapping()) return "a mapping";
  if (node.is_sequence()) return node.elements.empty() ? "an empty list" : "a list";
  const boost::json::value value = ScalarValue(node);
  if (value.is_null()) return "nothing";
  if (value.is_string()) return fmt::format("\"{}\"", Excerpt(node.text, 60));
  return Excerpt(node.text, 60);
}

}  // namespace wsfleet
