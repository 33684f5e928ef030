#include "core/har/json_round_trip.h"

#include <charconv>
#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "boost/json/basic_parser_impl.hpp"
#include "boost/json/value.hpp"
#include "core/value/json_text.h"

namespace wsfleet {
namespace {

namespace json = boost::json;

// What Boost.JSON's parser tells of a document; its members end the parsing by false.
struct RoundTripHandler {
  static constexpr std::size_t max_object_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_array_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_key_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_string_size = static_cast<std::size_t>(-1);

  std::vector<std::set<std::string, std::less<>>> names;  // of each object that is open
  std::string part;                                       // of a key or a number

  bool Refuse(json::error_code& error) {
    error = json::error::not_exact;
    return false;
  }
  bool Number(const json::value& value, json::string_view rest, json::error_code& error) {
    part.append(rest.data(), rest.size());
    const bool same = CompactJson(value) == part;
    part.clear();
    return same || Refuse(error);
  }

  bool on_document_begin(json::error_code&) { return true; }
  bool on_document_end(json::error_code&) { return true; }
  bool on_object_begin(json::error_code&) {
    names.emplace_back();
    return true;
  }
  bool on_object_end(std::size_t, json::error_code&) {
    names.pop_back();
    return true;
  }
  bool on_array_begin(json::error_code&) { return true; }
  bool on_array_end(std::size_t, json::error_code&) { return true; }
  bool on_key_part(json::string_view text, std::size_t, json::error_code&) {
    part.append(text.data(), text.size());
    return true;
  }
  bool on_key(json::string_view text, std::size_t, json::error_code& error) {
    part.append(text.data(), text.size());
    const bool is_new = names.back().insert(part).second;
    part.clear();
    return is_new || Refuse(error);
  }
  bool on_string_part(json::string_view, std::size_t, json::error_code&) { return true; }
  bool on_string(json::string_view, std::size_t, json::error_code&) { return true; }
  bool on_number_part(json::string_view text, json::error_code&) {
    part.append(text.data(), text.size());
    return true;
  }
  bool on_int64(std::int64_t value, json::string_view text, json::error_code& error) {
    return Number(value, text, error);
  }
  bool on_uint64(std::uint64_t value, json::string_view text, json::error_code& error) {
    return Number(value, text, error);
  }
  // The parser's own value is not always the nearest one (json_parse.h).
  bool on_double(double, json::string_view rest, json::error_code& error) {
    part.append(rest.data(), rest.size());
    double nearest = 0;
    std::from_chars(part.data(), part.data() + part.size(), nearest);
    return Number(nearest, {}, error);
  }
  bool on_bool(bool, json::error_code&) { return true; }
  bool on_null(json::error_code&) { return true; }
  bool on_comment_part(json::string_view, json::error_code&) { return true; }
  bool on_comment(json::string_view, json::error_code&) { return true; }
};

}  // namespace

bool SurvivesRoundTrip(std::string_view text) {
  json::basic_parser<RoundTripHandler> parser{json::parse_options()};
  json::error_code error;
  const std::size_t read = parser.write_some(false, text.data(), text.size(), error);
  return !error && read == text.size();
}

}  // namespace wsfleet
