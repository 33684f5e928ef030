#include "tests/targets/demo/token.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "absl/strings/escaping.h"
#include "absl/time/clock.h"
#include "boost/json/parse.hpp"
#include "boost/json/value.hpp"

namespace wsfleet::demo {
namespace {

std::optional<boost::json::object> Decode(std::string_view part) {
  std::string text;
  if (!absl::WebSafeBase64Unescape(absl::string_view(part.data(), part.size()), &text)) return std::nullopt;
  boost::json::error_code error;
  const boost::json::value json = boost::json::parse(text, error);
  if (error || !json.is_object()) return std::nullopt;
  return json.get_object();
}

std::int64_t Seconds(const boost::json::object& claims, std::string_view name, std::int64_t absent) {
  const auto* value = claims.if_contains(boost::json::string_view(name.data(), name.size()));
  return value != nullptr && value->is_int64() ? value->get_int64() : absent;
}

bool IsSigned(std::string_view input, std::string_view signature, std::string_view key) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int length = 0;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), reinterpret_cast<const unsigned char*>(input.data()),
       input.size(), digest, &length);
  std::string given;
  absl::WebSafeBase64Unescape(absl::string_view(signature.data(), signature.size()), &given);
  return given.size() == length && CRYPTO_memcmp(given.data(), digest, length) == 0;
}

}  // namespace

std::optional<std::string> CheckToken(std::string_view token, std::string_view key, std::string& why) {
  const std::size_t first = token.find('.');
  const std::size_t second = first == std::string_view::npos ? first : token.find('.', first + 1);
  if (second == std::string_view::npos) {
    why = token.empty() ? "token missing" : "token malformed";
    return std::nullopt;
  }
  const auto header = Decode(token.substr(0, first));
  const auto claims = Decode(token.substr(first + 1, second - first - 1));
  const auto* algorithm = header ? header->if_contains("alg") : nullptr;
  if (!claims || algorithm == nullptr || *algorithm != "HS256") {
    why = "token malformed or not HS256";
    return std::nullopt;
  }
  if (!IsSigned(token.substr(0, second), token.substr(second + 1), key)) {
    why = "signature invalid";
    return std::nullopt;
  }
  const std::int64_t now = absl::ToUnixSeconds(absl::Now());
  if (Seconds(*claims, "exp", 0) <= now) {
    why = "token expired";
    return std::nullopt;
  }
  if (Seconds(*claims, "nbf", 0) > now) {
    why = "token not valid yet";
    return std::nullopt;
  }
  const auto* subject = claims->if_contains("sub");
  return subject != nullptr && subject->is_string() ? std::string(subject->get_string()) : std::string("anonymous");
}

}  // namespace wsfleet::demo
