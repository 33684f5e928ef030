#include "core/value/json_parse.h"

#include <charconv>
#include <cstdint>
#include <string>
#include <system_error>

#include "boost/json/array.hpp"
#include "boost/json/basic_parser_impl.hpp"
#include "boost/json/object.hpp"
#include "boost/json/string.hpp"
#include "boost/json/value_stack.hpp"

namespace wsfleet {
namespace {

namespace json = boost::json;

// What Boost.JSON's parser tells of a document, made a value of.
struct ExactHandler {
  static constexpr std::size_t max_object_size = json::object::max_size();
  static constexpr std::size_t max_array_size = json::array::max_size();
  static constexpr std::size_t max_key_size = json::string::max_size();
  static constexpr std::size_t max_string_size = json::string::max_size();

  json::value_stack stack;
  std::string number_begin;  // of a number that is told in parts

  bool on_document_begin(json::error_code&) { return true; }
  bool on_document_end(json::error_code&) { return true; }
  bool on_object_begin(json::error_code&) { return true; }
  bool on_object_end(std::size_t members, json::error_code&) {
    stack.push_object(members);
    return true;
  }
  bool on_array_begin(json::error_code&) { return true; }
  bool on_array_end(std::size_t elements, json::error_code&) {
    stack.push_array(elements);
    return true;
  }
  bool on_key_part(json::string_view text, std::size_t, json::error_code&) {
    stack.push_chars(text);
    return true;
  }
  bool on_key(json::string_view text, std::size_t, json::error_code&) {
    stack.push_key(text);
    return true;
  }
  bool on_string_part(json::string_view text, std::size_t, json::error_code&) {
    stack.push_chars(text);
    return true;
  }
  bool on_string(json::string_view text, std::size_t, json::error_code&) {
    stack.push_string(text);
    return true;
  }
  bool on_number_part(json::string_view text, json::error_code&) {
    number_begin.append(text.data(), text.size());
    return true;
  }
  bool on_int64(std::int64_t value, json::string_view, json::error_code&) {
    number_begin.clear();
    stack.push_int64(value);
    return true;
  }
  bool on_uint64(std::uint64_t value, json::string_view, json::error_code&) {
    number_begin.clear();
    stack.push_uint64(value);
    return true;
  }
  bool on_double(double value, json::string_view rest, json::error_code&) {
    number_begin.append(rest.data(), rest.size());
    const char* const end = number_begin.data() + number_begin.size();
    double nearest = 0;
    const auto read = std::from_chars(number_begin.data(), end, nearest);
    // Out of range (1e999): as the parser has it.
    stack.push_double(read.ec == std::errc() && read.ptr == end ? nearest : value);
    number_begin.clear();
    return true;
  }
  bool on_bool(bool value, json::error_code&) {
    stack.push_bool(value);
    return true;
  }
  bool on_null(json::error_code&) {
    stack.push_null();
    return true;
  }
  bool on_comment_part(json::string_view, json::error_code&) { return true; }
  bool on_comment(json::string_view, json::error_code&) { return true; }
};

}  // namespace

json::value ParseJson(std::string_view text, json::error_code& error, std::size_t max_depth) {
  json::parse_options options;
  options.max_depth = max_depth;
  json::basic_parser<ExactHandler> parser(options);
  parser.handler().stack.reset();
  const std::size_t read = parser.write_some(false, text.data(), text.size(), error);
  if (!error && read < text.size()) error = json::error::extra_data;
  if (error) return nullptr;
  return parser.handler().stack.release();
}

std::size_t JsonTreeBytes(std::string_view text) {
  // Of Boost.JSON on 64 bits, with what the allocator adds: a table for each array and object, and in it a place for
  // each element, or for each member with its key; a longer string is a copy.
  constexpr std::size_t kTable = 48, kElement = 24, kMember = 32, kQuote = 16;
  std::size_t bytes = 0;
  bool has_strings = false;
  for (const char c : text) {
    switch (c) {
      case '[':
      case '{':
        bytes += kTable;
        break;
      case ',':
        bytes += kElement;
        break;
      case ':':
        bytes += kMember;
        break;
      case '"':
        bytes += kQuote;
        has_strings = true;
        break;
      default:
        break;
    }
  }
  return bytes + (has_strings ? text.size() : 0);
}

}  // namespace wsfleet
