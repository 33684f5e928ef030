#include "coordinator/oidc/jwt.h"

#include <algorithm>
#include <array>
#include <utility>

#include "absl/strings/ascii.h"
#include "coordinator/oidc/base64url.h"
#include "coordinator/oidc/strict_json.h"
#include "core/base/text.h"
#include "fmt/format.h"

namespace wsfleet::oidc {
namespace {

constexpr std::size_t kMaxKeyIdBytes = 512;
// Of access tokens (RFC 9068) and of what does not say. Others, such as logout+jwt, are for other uses.
constexpr std::array<std::string_view, 3> kTypes{"jwt", "at+jwt", "application/at+jwt"};

absl::Status BadToken(std::string_view what) { return absl::UnauthenticatedError(ToAbsl(what)); }

std::string Quoted(std::string_view text) { return fmt::format("\"{}\"", Printable(Excerpt(text, 60))); }

// Null if it is absent or no string.
const boost::json::string* TextOf(const boost::json::object& object, boost::json::string_view name) {
  const auto* value = object.if_contains(name);
  return value == nullptr ? nullptr : value->if_string();
}

absl::Status CheckType(const boost::json::object& header) {
  const auto* value = header.if_contains("typ");
  if (value == nullptr) return absl::OkStatus();
  const std::string type = value->is_string() ? absl::AsciiStrToLower(std::string(value->get_string())) : std::string();
  if (std::ranges::find(kTypes, type) != kTypes.end()) return absl::OkStatus();
  return BadToken(
      fmt::format("of type {}, expected JWT or at+jwt", value->is_string() ? Quoted(type) : "that is no text"));
}

absl::Status ReadHeader(const boost::json::object& header, Jwt& jwt) {
  const auto* algorithm = TextOf(header, "alg");
  if (algorithm == nullptr) return BadToken("whose header has no \"alg\"");
  const std::string_view name(algorithm->data(), algorithm->size());
  const auto known = ParseAlgorithm(name);
  if (!known) return BadToken(fmt::format("with algorithm {}, expected RS256 or ES256", Quoted(name)));
  jwt.algorithm = *known;
  if (header.contains("crit")) return BadToken("whose header asks for extensions (\"crit\"); expected none");
  if (auto status = CheckType(header); !status.ok()) return status;
  if (header.contains("kid")) {
    const auto* key_id = TextOf(header, "kid");
    if (key_id == nullptr || key_id->empty() || key_id->size() > kMaxKeyIdBytes) {
      return BadToken(fmt::format("whose \"kid\" is no text of 1 to {} bytes", kMaxKeyIdBytes));
    }
    jwt.key_id = std::string(*key_id);
  }
  return absl::OkStatus();
}

}  // namespace

bool LooksLikeJwt(std::string_view token) { return std::ranges::count(token, '.') == 2; }

absl::StatusOr<Jwt> ReadJwt(std::string_view token) {
  if (token.size() > kMaxJwtBytes) {
    return BadToken(fmt::format("of {} bytes, expected {} at most", token.size(), kMaxJwtBytes));
  }
  if (!LooksLikeJwt(token)) return BadToken("that is cut off: it has three parts with dots between them");
  const std::size_t first = token.find('.'), second = token.find('.', first + 1);
  const auto header = DecodeBase64Url(token.substr(0, first));
  const auto payload = DecodeBase64Url(token.substr(first + 1, second - first - 1));
  auto signature = DecodeBase64Url(token.substr(second + 1));
  if (!header || !payload || !signature)
    return BadToken("that is damaged: a part of it is not base64url without padding");
  const auto header_object = ParseStrictObject(*header);
  if (!header_object) return BadToken("whose header is not one JSON object with each member once");
  Jwt jwt;
  if (auto status = ReadHeader(*header_object, jwt); !status.ok()) return status;
  if (signature->empty()) return BadToken("without a signature");
  auto claims = ParseStrictObject(*payload);
  if (!claims) return BadToken("whose claims are not one JSON object with each member once");
  jwt.claims = *std::move(claims);
  jwt.signed_part = std::string(token.substr(0, second));
  jwt.signature = *std::move(signature);
  return jwt;
}

}  // namespace wsfleet::oidc
