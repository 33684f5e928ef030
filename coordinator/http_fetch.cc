#include "coordinator/http_fetch.h"

#include <curl/curl.h>

#include <memory>

#include "core/base/text.h"
#include "fmt/format.h"

namespace wsfleet::coordinator {
namespace {

using Easy = std::unique_ptr<CURL, decltype(&curl_easy_cleanup)>;

struct Body {
  std::string text;
  std::size_t max_bytes;
};

std::size_t Append(char* bytes, std::size_t, std::size_t count, void* into) {
  auto& body = *static_cast<Body*>(into);
  if (body.text.size() + count > body.max_bytes) return 0;  // ends the transfer
  body.text.append(bytes, count);
  return count;
}

// Asked every second, and whenever something comes; not zero ends the transfer.
int IsToStop(void* stop, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  return static_cast<const std::atomic<bool>*>(stop)->load() ? 1 : 0;
}

void SetOptions(CURL* curl, const HttpFetch& fetch, Body& body, const std::atomic<bool>& stop) {
  curl_easy_setopt(curl, CURLOPT_URL, fetch.url.c_str());
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, fetch.schemes == HttpFetch::Schemes::kHttps ? "https" : "http,https");
  if (!fetch.ca_file.empty()) curl_easy_setopt(curl, CURLOPT_CAINFO, fetch.ca_file.c_str());
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, static_cast<long>(absl::ToInt64Milliseconds(fetch.limit)));
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, Append);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &body);
  curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, IsToStop);
  curl_easy_setopt(curl, CURLOPT_XFERINFODATA, &stop);
}

}  // namespace

absl::StatusOr<std::string> Fetch(const HttpFetch& fetch, const std::atomic<bool>& stop) {
  static const CURLcode kReady = curl_global_init(CURL_GLOBAL_DEFAULT);
  const Easy curl(kReady == CURLE_OK ? curl_easy_init() : nullptr, curl_easy_cleanup);
  if (!curl) return absl::UnavailableError("libcurl could not be started");
  Body body{{}, fetch.max_bytes};
  SetOptions(curl.get(), fetch, body, stop);
  if (const CURLcode code = curl_easy_perform(curl.get()); code != CURLE_OK) {
    const bool too_large = code == CURLE_WRITE_ERROR;
    return absl::UnavailableError(too_large ? fmt::format("the answer is larger than {} KiB", fetch.max_bytes >> 10)
                                            : std::string(curl_easy_strerror(code)));
  }
  long status = 0;
  curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &status);
  if (status == 200) return std::move(body.text);
  return absl::FailedPreconditionError(fmt::format("status {}: {}", status, Printable(Excerpt(body.text, 200))));
}

std::string QueryEscaped(const std::string& text) {
  const std::unique_ptr<char, decltype(&curl_free)> escaped(
      curl_easy_escape(nullptr, text.data(), static_cast<int>(text.size())), curl_free);
  return escaped ? escaped.get() : "";
}

}  // namespace wsfleet::coordinator
