#include "core/verdict/jwt_text.h"

#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_split.h"
#include "boost/json/value.hpp"
#include "core/base/text.h"
#include "core/value/json_parse.h"
#include "core/value/json_text.h"
#include "re2/re2.h"

namespace wsfleet {
namespace {

constexpr std::string_view kHidden = "[redacted]";

// A part in base64url that is a JSON object.
std::string ShowPart(absl::string_view part) {
  std::string bytes;
  if (!absl::WebSafeBase64Unescape(part, &bytes)) return std::string(kHidden);
  boost::system::error_code error;
  const boost::json::value value = ParseJson(bytes, error);
  return !error && value.is_object() ? CompactJson(value) : std::string(kHidden);
}

std::string Show(absl::string_view token) {
  const std::vector<absl::string_view> parts = absl::StrSplit(token, '.');
  const std::string header = ShowPart(parts[0]);
  // Whatever it is, it is not for people.
  if (header == kHidden) return header;
  std::string shown = "jwt" + header + "." + ShowPart(parts[1]);
  if (parts.size() == 2) return shown;
  // Without a signature, as `alg: none` has it, that there is none is what is to be seen.
  shown += '.';
  return parts.size() == 3 && parts[2].empty() ? shown : shown.append(kHidden);
}

}  // namespace

std::string ShowJwts(std::string_view text) {
  static const auto* const kToken = new re2::RE2(R"(eyJ[\w-]*(?:\.[\w-]*)+)");
  std::string out;
  re2::StringPiece found;
  const re2::StringPiece whole(text.data(), text.size());
  std::size_t at = 0;
  while (kToken->Match(whole, at, text.size(), re2::RE2::UNANCHORED, &found, 1)) {
    const auto begin = static_cast<std::size_t>(found.data() - text.data());
    out += text.substr(at, begin - at);
    out += Show({found.data(), found.size()});
    at = begin + found.size();
  }
  return out.append(text.substr(at));
}

}  // namespace wsfleet
