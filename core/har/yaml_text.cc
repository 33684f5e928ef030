#include "core/har/yaml_text.h"

#include "absl/strings/ascii.h"
#include "boost/json/serialize.hpp"
#include "core/base/credential_text.h"
#include "core/scenario/yaml_node.h"
#include "core/value/json_text.h"

namespace wsfleet {
namespace {

// Beginning with a letter, / or $., of signs that have no meaning in YAML (7.3.3); and nothing but a string.
bool IsPlain(std::string_view text) {
  if (text.empty()) return false;
  const bool begins = absl::ascii_isalpha(static_cast<unsigned char>(text.front())) || text.front() == '/' ||
                      (text.starts_with("$.") && text.size() > 2);
  for (const char c : text) {
    if (!absl::ascii_isalnum(static_cast<unsigned char>(c)) &&
        std::string_view("$_./-").find(c) == std::string_view::npos) {
      return false;
    }
  }
  YamlNode node;
  node.text = std::string(text);
  return begins && ScalarValue(node).is_string() && text != "yes" && text != "no" && text != "on" && text != "off";
}

// What {"name": …, "value": …} says of its value; empty if it does not.
std::string_view NameOfPair(const boost::json::object& object) {
  if (!object.contains("value")) return {};
  for (const auto& member : object) {
    const auto* text = member.value().if_string();
    if (text != nullptr && IsNameOfPair({member.key().data(), member.key().size()}))
      return {text->data(), text->size()};
  }
  return {};
}

std::string Write(const boost::json::value& value, std::string_view name, const TextOfMember& text_of) {
  if (const auto* object = value.if_object()) {
    std::string out;
    const std::string_view named = NameOfPair(*object);
    for (const auto& member : *object) {
      const std::string_view key(member.key().data(), member.key().size());
      const bool is_named = key == "value" && !named.empty();
      out += (out.empty() ? "" : ", ") + YamlText(key) + ": " + Write(member.value(), is_named ? named : key, text_of);
    }
    return "{" + out + "}";
  }
  if (const auto* array = value.if_array()) {
    std::string out;
    for (const auto& element : *array) out += (out.empty() ? "" : ", ") + Write(element, name, text_of);
    return "[" + out + "]";
  }
  if (const auto* text = value.if_string()) return YamlText(text_of(name, {text->data(), text->size()}));
  return CompactJson(value);
}

}  // namespace

std::string YamlText(std::string_view text) {
  return IsPlain(text) ? std::string(text) : boost::json::serialize(boost::json::string_view(text.data(), text.size()));
}

std::string YamlValue(const boost::json::value& value, const TextOfMember& text_of) {
  return Write(value, {}, text_of);
}

}  // namespace wsfleet
