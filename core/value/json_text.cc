#include "core/value/json_text.h"

#include <cmath>

#include "boost/json/serialize.hpp"
#include "core/value/json_numbers.h"
#include "fmt/format.h"

namespace wsfleet {
namespace {

void Append(const boost::json::value& value, std::string& out);

void AppendArray(const boost::json::array& array, std::string& out) {
  out += '[';
  for (std::size_t i = 0; i < array.size(); ++i) {
    if (i > 0) out += ',';
    Append(array[i], out);
  }
  out += ']';
}

void AppendObject(const boost::json::object& object, std::string& out) {
  out += '{';
  bool first = true;
  for (const auto& member : object) {
    if (!first) out += ',';
    first = false;
    out += boost::json::serialize(boost::json::string_view(member.key()));
    out += ':';
    Append(member.value(), out);
  }
  out += '}';
}

void Append(const boost::json::value& value, std::string& out) {
  switch (value.kind()) {
    case boost::json::kind::array:
      return AppendArray(value.get_array(), out);
    case boost::json::kind::object:
      return AppendObject(value.get_object(), out);
    case boost::json::kind::double_:
      // The shortest text that reads back as the same number. JSON knows no infinity: Boost's own way out.
      if (std::isfinite(value.get_double())) {
        const double number = value.get_double();
        const bool is_long = std::abs(number) >= kFirstRounded && std::abs(number) < 1e21;
        out += is_long ? fmt::format("{:.0f}", number) : fmt::format("{}", number);
        return;
      }
      [[fallthrough]];
    default:
      out += boost::json::serialize(value);
  }
}

void AppendLine(std::size_t level, std::string& out) {
  out += '\n';
  out.append(level, ' ');
}

void AppendIndented(const boost::json::value& value, std::size_t level, std::string& out) {
  const auto* array = value.if_array();
  const auto* object = value.if_object();
  if ((array == nullptr || array->empty()) && (object == nullptr || object->empty())) return Append(value, out);
  std::size_t left = array != nullptr ? array->size() : object->size();
  const auto end_element = [&] {
    if (--left > 0) out += ',';
    AppendLine(left > 0 ? level + 1 : level, out);
  };
  out += array != nullptr ? '[' : '{';
  AppendLine(level + 1, out);
  if (array != nullptr) {
    for (const boost::json::value& element : *array) {
      AppendIndented(element, level + 1, out);
      end_element();
    }
  } else {
    for (const auto& member : *object) {
      out += boost::json::serialize(boost::json::string_view(member.key())) + ": ";
      AppendIndented(member.value(), level + 1, out);
      end_element();
    }
  }
  out += array != nullptr ? ']' : '}';
}

}  // namespace

std::string CompactJson(const boost::json::value& value) {
  std::string out;
  Append(value, out);
  return out;
}

std::string IndentedJson(const boost::json::value& value) {
  std::string out;
  AppendIndented(value, 0, out);
  return out;
}

}  // namespace wsfleet
