#include "agent/engine/deflate_extension.h"

#include <algorithm>
#include <charconv>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "core/base/text.h"
#include "fmt/format.h"

namespace wsfleet::engine {
namespace {

constexpr std::string_view kName = "permessage-deflate";
constexpr int kSmallestWindow = 8, kLargestWindow = 15;

std::string_view Strip(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

// Splits at a mark outside of quotes (RFC 9110, 5.6.4).
std::vector<std::string_view> Split(std::string_view text, char mark) {
  std::vector<std::string_view> parts;
  bool quoted = false;
  std::size_t begin = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '"') quoted = !quoted;
    if (quoted && text[at] == '\\') ++at;
    if (at < text.size() && text[at] == mark && !quoted) {
      parts.push_back(Strip(text.substr(begin, at - begin)));
      begin = at + 1;
    }
  }
  parts.push_back(Strip(text.substr(std::min(begin, text.size()))));
  return parts;
}

absl::Status Wrong(std::string_view what) { return absl::InvalidArgumentError(ToAbsl(what)); }

// 8 to 15, without leading zeros (RFC 7692, 7.1.2.1).
std::optional<std::uint8_t> WindowBits(std::string_view value) {
  if (value.size() >= 2 && value.front() == '"' && value.back() == '"') value = value.substr(1, value.size() - 2);
  int bits = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), bits);
  if (error != std::errc() || end != value.data() + value.size() || value.starts_with('0')) return std::nullopt;
  if (bits < kSmallestWindow || bits > kLargestWindow) return std::nullopt;
  return static_cast<std::uint8_t>(bits);
}

absl::Status ReadParameter(std::string_view parameter, DeflateSpec& agreed) {
  const std::size_t equals = parameter.find('=');
  const std::string name = absl::AsciiStrToLower(ToAbsl(Strip(parameter.substr(0, equals))));
  const bool has_value = equals != std::string_view::npos;
  const std::string_view value = has_value ? Strip(parameter.substr(equals + 1)) : std::string_view();
  const auto bits_into = [&](std::optional<std::uint8_t>& out) -> absl::Status {
    if (out) return Wrong(fmt::format("{} is there twice", name));
    out = has_value ? WindowBits(value) : std::nullopt;
    return out ? absl::OkStatus()
               : Wrong(fmt::format("{}: expected {} to {}, found \"{}\"", name, kSmallestWindow, kLargestWindow,
                                   Printable(value)));
  };
  const auto flag_into = [&](bool& out) -> absl::Status {
    if (out) return Wrong(fmt::format("{} is there twice", name));
    out = true;
    return has_value ? Wrong(fmt::format("{} has a value", name)) : absl::OkStatus();
  };
  if (name == "server_max_window_bits") return bits_into(agreed.server_max_window_bits);
  if (name == "client_max_window_bits") return bits_into(agreed.client_max_window_bits);
  if (name == "server_no_context_takeover") return flag_into(agreed.server_no_context_takeover);
  if (name == "client_no_context_takeover") return flag_into(agreed.client_no_context_takeover);
  return Wrong(fmt::format("the parameter \"{}\" is not known", Printable(name)));
}

// Whether the answer accepts what was offered: a server that cannot must decline the extension (RFC
// 7692, 7.1.1, 7.1.2).
absl::Status CheckAgainst(const DeflateSpec& offered, const DeflateSpec& agreed) {
  if (offered.server_no_context_takeover && !agreed.server_no_context_takeover) {
    return Wrong("server_no_context_takeover was asked for, and is not in the answer");
  }
  if (offered.server_max_window_bits &&
      (!agreed.server_max_window_bits || *agreed.server_max_window_bits > *offered.server_max_window_bits)) {
    return Wrong(fmt::format("server_max_window_bits={} was asked for, and the answer has {}",
                             *offered.server_max_window_bits, DescribeDeflate(agreed)));
  }
  if (offered.client_max_window_bits && agreed.client_max_window_bits > offered.client_max_window_bits) {
    return Wrong(fmt::format("client_max_window_bits={} was offered, and the answer has {}",
                             *offered.client_max_window_bits, DescribeDeflate(agreed)));
  }
  return absl::OkStatus();
}

}  // namespace

std::string OfferDeflate(const DeflateSpec& wanted) {
  std::string offer(kName);
  if (wanted.server_no_context_takeover) offer += "; server_no_context_takeover";
  if (wanted.client_no_context_takeover) offer += "; client_no_context_takeover";
  if (wanted.server_max_window_bits)
    offer += fmt::format("; server_max_window_bits={}", *wanted.server_max_window_bits);
  offer += "; client_max_window_bits";
  if (wanted.client_max_window_bits) offer += fmt::format("={}", *wanted.client_max_window_bits);
  return offer;
}

absl::StatusOr<std::optional<DeflateSpec>> AgreedDeflate(const HttpHead& head,
                                                         const std::optional<DeflateSpec>& offered) {
  std::optional<DeflateSpec> agreed;
  for (const HeaderField& field : head.headers) {
    if (!absl::EqualsIgnoreCase(ToAbsl(field.name), "sec-websocket-extensions")) continue;
    for (const std::string_view extension : Split(field.value, ',')) {
      if (extension.empty()) continue;
      const std::vector<std::string_view> parts = Split(extension, ';');
      const std::string name = absl::AsciiStrToLower(ToAbsl(parts.front()));
      if (name != kName || !offered) {
        return Wrong(fmt::format("the answer names the extension \"{}\", which was not offered", Printable(extension)));
      }
      if (agreed) return Wrong("the answer names permessage-deflate twice");
      agreed.emplace();
      for (std::size_t i = 1; i < parts.size(); ++i) {
        if (absl::Status status = ReadParameter(parts[i], *agreed); !status.ok()) {
          return Wrong(fmt::format("permessage-deflate: {}", ToStd(status.message())));
        }
      }
      if (absl::Status status = CheckAgainst(*offered, *agreed); !status.ok()) {
        return Wrong(fmt::format("permessage-deflate: {}", ToStd(status.message())));
      }
    }
  }
  return agreed;
}

bool MayCompress(const DeflateSpec& offered, const DeflateSpec& agreed) {
  if (offered.client_no_context_takeover && !agreed.client_no_context_takeover) return false;
  if (offered.client_max_window_bits && !agreed.client_max_window_bits) return false;
  return agreed.client_max_window_bits.value_or(kLargestWindow) > kSmallestWindow;
}

std::string DifferenceOf(const DeflateTests& asked, const DeflateSpec& agreed) {
  std::string out;
  const auto bits = [&](std::string_view name, const std::optional<std::uint8_t>& wanted,
                        const std::optional<std::uint8_t>& found) {
    if (wanted && *wanted != found.value_or(kLargestWindow)) {
      out += fmt::format("{}{}={}", out.empty() ? "expected " : "; ", name, *wanted);
    }
  };
  const auto flag = [&](std::string_view name, const std::optional<bool>& wanted, bool found) {
    if (wanted && *wanted != found) {
      out += fmt::format("{}{}{}", out.empty() ? "expected " : "; ", *wanted ? "" : "no ", name);
    }
  };
  flag("server_no_context_takeover", asked.server_no_context_takeover, agreed.server_no_context_takeover);
  flag("client_no_context_takeover", asked.client_no_context_takeover, agreed.client_no_context_takeover);
  bits("server_max_window_bits", asked.server_max_window_bits, agreed.server_max_window_bits);
  bits("client_max_window_bits", asked.client_max_window_bits, agreed.client_max_window_bits);
  return out;
}

std::string DescribeDeflate(const DeflateSpec& spec) {
  std::string out;
  const auto add = [&](const std::string& part) { out += (out.empty() ? "" : "; ") + part; };
  if (spec.server_no_context_takeover) add("server_no_context_takeover");
  if (spec.client_no_context_takeover) add("client_no_context_takeover");
  if (spec.server_max_window_bits) add(fmt::format("server_max_window_bits={}", *spec.server_max_window_bits));
  if (spec.client_max_window_bits) add(fmt::format("client_max_window_bits={}", *spec.client_max_window_bits));
  return out.empty() ? "no parameters" : out;
}

}  // namespace wsfleet::engine
