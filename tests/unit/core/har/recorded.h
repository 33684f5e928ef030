#pragma once

#include <string>
#include <vector>

#include "boost/json/serialize.hpp"
#include "boost/json/value.hpp"

namespace wsfleet {

inline boost::json::value Frame(std::string_view type, std::string_view data, double time = 0, int opcode = 1) {
  return {{"type", type.data()}, {"time", time}, {"opcode", opcode}, {"data", std::string(data)}};
}

inline boost::json::value Header(std::string_view name, std::string_view value) {
  return {{"name", std::string(name)}, {"value", std::string(value)}};
}

// An entry as Chrome writes it.
inline boost::json::object Entry(std::string_view url, boost::json::array frames, boost::json::array headers = {},
                                 boost::json::array answer = {}) {
  return {
      {"_resourceType", "websocket"},
      {"request", boost::json::object{{"method", "GET"}, {"url", std::string(url)}, {"headers", std::move(headers)}}},
      {"response", boost::json::object{{"status", 101}, {"headers", std::move(answer)}}},
      {"_webSocketMessages", std::move(frames)}};
}

inline std::string Archive(boost::json::array entries) {
  return boost::json::serialize(
      boost::json::object{{"log", boost::json::object{{"version", "1.2"}, {"entries", std::move(entries)}}}});
}

}  // namespace wsfleet
