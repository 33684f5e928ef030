#include "coordinator/logs/loki.h"

#include <algorithm>
#include <utility>

#include "absl/strings/numbers.h"
#include "boost/json/parse.hpp"
#include "coordinator/http_fetch.h"
#include "fmt/format.h"

namespace wsfleet::coordinator {
namespace {

constexpr int kMaxLines = 1000;

}  // namespace

bool IsAllowedUrl(std::string_view url, const std::vector<std::string>& allowed) {
  // What is added to an allowed URL is a path below it, in plain letters: no "..", however it is written, and no query.
  constexpr std::string_view kPlain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./";
  const auto is_below = [&](std::string_view rest) {
    return rest.find_first_not_of(kPlain) == std::string_view::npos && rest.find("..") == std::string_view::npos;
  };
  return std::ranges::any_of(allowed, [&](const std::string& entry) {
    if (entry.empty() || !url.starts_with(entry)) return false;
    const std::string_view rest = url.substr(entry.size());
    return is_below(rest) && (rest.empty() || entry.ends_with('/') || rest.starts_with('/'));
  });
}

absl::StatusOr<std::string> AskLoki(const LokiQuery& query, absl::Duration limit, const std::atomic<bool>& stop) {
  std::string base = query.base;
  while (base.ends_with('/')) base.pop_back();
  HttpFetch fetch;
  fetch.url =
      fmt::format("{}/loki/api/v1/query_range?query={}&start={}&end={}&limit={}&direction=backward", base,
                  QueryEscaped(query.query), absl::ToUnixNanos(query.start), absl::ToUnixNanos(query.end), kMaxLines);
  fetch.limit = limit;
  const auto body = Fetch(fetch, stop);
  return body.ok() ? LinesOfAnswer(*body) : body.status();
}

absl::StatusOr<std::string> LinesOfAnswer(std::string_view body) {
  const absl::Status other = absl::FailedPreconditionError("the answer is not one of Loki's");
  boost::json::error_code error;
  const auto answer = boost::json::parse(boost::json::string_view(body.data(), body.size()), error);
  if (error) return other;
  const auto* streams = answer.find_pointer("/data/result", error);
  if (streams == nullptr || !streams->is_array()) return other;
  std::vector<std::pair<std::uint64_t, std::string>> lines;
  for (const auto& stream : streams->get_array()) {
    const auto* values = stream.is_object() ? stream.get_object().if_contains("values") : nullptr;
    if (values == nullptr || !values->is_array()) return other;
    for (const auto& value : values->get_array()) {
      if (!value.is_array() || value.get_array().size() < 2 || !value.at(0).is_string() || !value.at(1).is_string()) {
        return other;
      }
      std::uint64_t at = 0;
      if (!absl::SimpleAtoi(value.at(0).get_string().c_str(), &at)) return other;
      lines.emplace_back(at, std::string(value.at(1).get_string()));
    }
  }
  std::ranges::stable_sort(lines, {}, [](const auto& line) { return line.first; });
  std::string text;
  for (const auto& [at, line] : lines) text += line + "\n";
  return text;
}

}  // namespace wsfleet::coordinator
