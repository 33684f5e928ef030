#include "core/value/json_numbers.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <system_error>

#include "boost/json/array.hpp"
#include "boost/json/object.hpp"
#include "fmt/format.h"

namespace wsfleet {
namespace {

template <typename Number>
bool IsRead(std::string_view text, Number& number) {
  const char* end = text.data() + text.size();
  const auto result = std::from_chars(text.data(), end, number);
  return result.ec == std::errc() && result.ptr == end;
}

bool IsHeld(std::string_view text) {
  const bool whole = text.find_first_of(".eE") == std::string_view::npos;
  std::int64_t small = 0;
  std::uint64_t large = 0;
  if (whole && (IsRead(text, small) || IsRead(text, large))) return true;
  double number = 0;
  if (!IsRead(text, number)) return false;
  // Every double from 2^63 on is whole, and is written with all its digits.
  return !whole || fmt::format("{:.0f}", number) == text;
}

// The end of the text, in which escaped quotes may stand, that begins at a quote.
std::size_t EndOfText(std::string_view json, std::size_t at) {
  for (++at; at < json.size() && json[at] != '"'; ++at) {
    if (json[at] == '\\') ++at;
  }
  return std::min(at + 1, json.size());
}

// As which double a text that IsHeld() denies is held.
double HeldAs(std::string_view text) {
  double number = 0;
  if (IsRead(text, number)) return number;
  return text.starts_with('-') ? -HUGE_VAL : HUGE_VAL;
}

bool HoldsNumber(const boost::json::value& value, double number) {
  const auto holds = [number](const boost::json::value& part) { return HoldsNumber(part, number); };
  if (const auto* array = value.if_array()) return std::ranges::any_of(*array, holds);
  if (const auto* object = value.if_object()) {
    return std::ranges::any_of(*object, [&](const auto& member) { return holds(member.value()); });
  }
  return value.is_double() && value.get_double() == number;
}

template <typename IsMeant>
std::string_view FirstRounded(std::string_view json, const IsMeant& is_meant) {
  std::size_t at = 0;
  while ((at = json.find_first_of("\"-0123456789", at)) != std::string_view::npos) {
    if (json[at] == '"') {
      at = EndOfText(json, at);
      continue;
    }
    const std::size_t end = std::min(json.find_first_not_of("+-0123456789.eE", at), json.size());
    const std::string_view number = json.substr(at, end - at);
    if (!IsHeld(number) && is_meant(number)) return number;
    at = end;
  }
  return {};
}

}  // namespace

std::string_view FirstRoundedNumber(std::string_view json) {
  return FirstRounded(json, [](std::string_view) { return true; });
}

std::string_view FirstRoundedNumber(std::string_view json, std::span<const boost::json::value* const> values) {
  return FirstRounded(json, [values](std::string_view text) {
    const double number = HeldAs(text);
    return std::ranges::any_of(values, [number](const auto* value) { return HoldsNumber(*value, number); });
  });
}

bool MayBeRounded(const boost::json::value& value) {
  if (const auto* array = value.if_array()) return std::ranges::any_of(*array, MayBeRounded);
  if (const auto* object = value.if_object()) {
    return std::ranges::any_of(*object, [](const auto& member) { return MayBeRounded(member.value()); });
  }
  return value.is_double() && std::abs(value.get_double()) >= kFirstRounded;
}

}  // namespace wsfleet
