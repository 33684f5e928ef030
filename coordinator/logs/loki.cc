#include "coordinator/logs/loki.h"

#include <curl/curl.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "absl/strings/numbers.h"
#include "boost/json/parse.hpp"
#include "core/base/text.h"
#include "fmt/format.h"

namespace wsfleet::coordinator {
namespace {

constexpr std::size_t kMaxAnswer = 1 << 20;
constexpr int kMaxLines = 1000;

using Easy = std::unique_ptr<CURL, decltype(&curl_easy_cleanup)>;

std::size_t Append(char* bytes, std::size_t, std::size_t count, void* into) {
  auto& body = *static_cast<std::string*>(into);
  if (body.size() + count > kMaxAnswer) return 0;  // ends the transfer
  body.append(bytes, count);
  return count;
}

// Asked every second, and whenever something comes; not zero ends the transfer.
int IsToStop(void* stop, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  return static_cast<const std::atomic<bool>*>(stop)->load() ? 1 : 0;
}

std::string Escaped(CURL* curl, const std::string& text) {
  const std::unique_ptr<char, decltype(&curl_free)> escaped(
      curl_easy_escape(curl, text.data(), static_cast<int>(text.size())), curl_free);
  return escaped ? escaped.get() : "";
}

}  // namespace

bool IsAllowedUrl(std::string_view url, const std::vector<std::string>& allowed) {
  return std::ranges::any_of(allowed, [&](const std::string& entry) {
    if (entry.empty() || !url.starts_with(entry)) return false;
    const std::string_view rest = url.substr(entry.size());
    return rest.empty() || entry.ends_with('/') || rest.starts_with('/');
  });
}

absl::StatusOr<std::string> AskLoki(const LokiQuery& query, absl::Duration limit, const std::atomic<bool>& stop) {
  static const CURLcode kReady = curl_global_init(CURL_GLOBAL_DEFAULT);
  const Easy curl(kReady == CURLE_OK ? curl_easy_init() : nullptr, curl_easy_cleanup);
  if (!curl) return absl::UnavailableError("libcurl could not be started");
  std::string base = query.base;
  while (base.ends_with('/')) base.pop_back();
  const std::string url = fmt::format("{}/loki/api/v1/query_range?query={}&start={}&end={}&limit={}&direction=backward",
                                      base, Escaped(curl.get(), query.query), absl::ToUnixNanos(query.start),
                                      absl::ToUnixNanos(query.end), kMaxLines);
  std::string body;
  curl_easy_setopt(curl.get(), CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl.get(), CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(curl.get(), CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl.get(), CURLOPT_TIMEOUT_MS, static_cast<long>(absl::ToInt64Milliseconds(limit)));
  curl_easy_setopt(curl.get(), CURLOPT_WRITEFUNCTION, Append);
  curl_easy_setopt(curl.get(), CURLOPT_WRITEDATA, &body);
  curl_easy_setopt(curl.get(), CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(curl.get(), CURLOPT_XFERINFOFUNCTION, IsToStop);
  curl_easy_setopt(curl.get(), CURLOPT_XFERINFODATA, &stop);
  if (const CURLcode code = curl_easy_perform(curl.get()); code != CURLE_OK) {
    const bool too_large = code == CURLE_WRITE_ERROR;
    return absl::UnavailableError(too_large ? fmt::format("the answer is larger than {} MiB", kMaxAnswer >> 20)
                                            : std::string(curl_easy_strerror(code)));
  }
  long status = 0;
  curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &status);
  if (status != 200) {
    return absl::FailedPreconditionError(fmt::format("status {}: {}", status, Printable(Excerpt(body, 200))));
  }
  return LinesOfAnswer(body);
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
