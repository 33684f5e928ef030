#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "boost/json/parse.hpp"
#include "core/match/json_path.h"
#include "core/match/json_schema.h"

// A line with a schema and a value after it: what is read judges in bounded time, and says why it does not accept.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::size_t end = text.find('\n');
  if (end == std::string_view::npos) return 0;
  const auto schema = wsfleet::JsonSchema::Parse(text.substr(0, end));
  if (!schema.ok()) return 0;
  boost::json::parse_options options;
  options.max_depth = wsfleet::JsonPath::kMaxDepth;
  boost::json::error_code error;
  const std::string_view rest = text.substr(end + 1);
  const auto value = boost::json::parse(boost::json::string_view(rest.data(), rest.size()), error, {}, options);
  if (!error && !(*schema)->Accepts(value) && !(*schema)->Explain(value).starts_with("$")) std::abort();
  return 0;
}
