#include "coordinator/oidc/strict_json.h"

#include <cstddef>
#include <utility>

#include "boost/json/parse.hpp"

namespace wsfleet::oidc {
namespace {

constexpr std::size_t kMaxDepth = 16;

std::size_t MembersOf(const boost::json::value& value) {
  std::size_t members = 0;
  if (const auto* object = value.if_object()) {
    members = object->size();
    for (const auto& member : *object) members += MembersOf(member.value());
  } else if (const auto* array = value.if_array()) {
    for (const auto& element : *array) members += MembersOf(element);
  }
  return members;
}

// As they are written: each has one colon that is in no string.
std::size_t WrittenMembers(std::string_view text) {
  std::size_t members = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '"') in_string = !in_string;
    if (in_string && text[i] == '\\') ++i;
    if (!in_string && text[i] == ':') ++members;
  }
  return members;
}

}  // namespace

std::optional<boost::json::object> ParseStrictObject(std::string_view text) {
  boost::json::parse_options options;
  options.max_depth = kMaxDepth;
  boost::json::error_code error;
  auto value = boost::json::parse(boost::json::string_view(text.data(), text.size()), error, {}, options);
  // Of members of one name the parser keeps the last.
  if (error || !value.is_object() || MembersOf(value) != WrittenMembers(text)) return std::nullopt;
  return std::move(value.get_object());
}

}  // namespace wsfleet::oidc
