#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "agent/engine/deflate_extension.h"
#include "agent/engine/http_head.h"
#include "core/base/proxy_url.h"
#include "core/base/url.h"

// The answer to an upgrade, as any server may write it: its head, and what a 101 agrees to. The first line of the input
// is a URL, which a suite's author writes.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace wsfleet;
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::size_t line = std::min(input.find('\n'), input.size());
  const auto url = ParseUrl(input.substr(0, line));
  if (url.ok() && (url->host.empty() || url->target.empty() || url->port == 0)) std::abort();
  (void)ParseProxyUrl(input.substr(0, line));

  const std::string_view raw = input.substr(std::min(line + 1, input.size()));
  const auto head = engine::ParseHead(raw);
  if (!head) return 0;
  if (head->bytes > raw.size() || head->status < 100 || head->status > 999) std::abort();
  (void)engine::CheckSwitch(*head, {"chat.v1"});
  DeflateSpec offered;
  offered.server_max_window_bits = 12;
  const auto agreed = engine::AgreedDeflate(*head, offered);
  // Whoever agrees keeps what was asked for.
  if (agreed.ok() && agreed->has_value() && (*agreed)->server_max_window_bits.value_or(15) > 12) std::abort();
  const auto unasked = engine::AgreedDeflate(*head, std::nullopt);
  if (unasked.ok() && unasked->has_value()) std::abort();
  return 0;
}
