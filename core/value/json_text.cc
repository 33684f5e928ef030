#include "core/value/json_text.h"

#include <cmath>

#include "boost/json/serialize.hpp"
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
        out += fmt::format("{}", value.get_double());
        return;
      }
      [[fallthrough]];
    default:
      out += boost::json::serialize(value);
  }
}

}  // namespace

std::string CompactJson(const boost::json::value& value) {
  std::string out;
  Append(value, out);
  return out;
}

}  // namespace wsfleet
