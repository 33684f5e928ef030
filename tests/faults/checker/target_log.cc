#include "tests/faults/checker/target_log.h"

#include <charconv>
#include <optional>
#include <sstream>
#include <vector>

#include "boost/json/parse.hpp"
#include "boost/json/value.hpp"

namespace wsfleet::testing {
namespace {

std::optional<std::uint64_t> CutNumber(std::string& text) {
  const std::size_t dash = text.rfind('-');
  if (dash == std::string::npos) return std::nullopt;
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data() + dash + 1, text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  text.resize(dash);
  return number;
}

std::optional<TargetLog::Execution> ExecutionOf(std::string_view path) {
  constexpr std::string_view kPrefix = "/ws/";
  const std::size_t slash = path.rfind('/');
  if (!path.starts_with(kPrefix) || slash < kPrefix.size()) return std::nullopt;
  std::string session(path.substr(kPrefix.size(), slash - kPrefix.size()));
  const auto number = CutNumber(session);
  const auto lease = CutNumber(session);
  const auto shard = CutNumber(session);
  if (!number || !lease || !shard) return std::nullopt;
  return TargetLog::Execution{JobId(session), *shard, *lease, std::string(path.substr(slash + 1))};
}

}  // namespace

TargetLog ReadTargetLog(std::string_view access_log) {
  TargetLog log;
  std::map<std::uint64_t, TargetLog::Execution> of_connection;
  std::istringstream lines{std::string(access_log)};
  for (std::string line; std::getline(lines, line) && !lines.eof();) {
    const boost::json::value entry = boost::json::parse(line);
    const std::string event(entry.at("event").as_string());
    const auto connection = entry.at("connection").to_number<std::uint64_t>();
    if (event == "upgrade") {
      const auto* path = entry.as_object().if_contains("target");
      const auto execution = path == nullptr ? std::nullopt : ExecutionOf(std::string(path->as_string()));
      if (!execution) {
        ++log.unreadable;
        continue;
      }
      ++log.executions[*execution].begun;
      of_connection.emplace(connection, *execution);
    } else if (event == "close" && entry.at("code").to_number<int>() == 1000) {
      const auto known = of_connection.find(connection);
      if (known != of_connection.end()) ++log.executions[known->second].closed;
    }
  }
  return log;
}

}  // namespace wsfleet::testing
