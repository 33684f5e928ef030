#include "coordinator/oidc/key_set.h"

#include <algorithm>
#include <utility>

#include "boost/json/array.hpp"
#include "boost/json/object.hpp"
#include "coordinator/oidc/base64url.h"
#include "coordinator/oidc/strict_json.h"
#include "core/base/text.h"
#include "fmt/format.h"

namespace wsfleet::oidc {
namespace {

constexpr char kNoKeySet[] = "expected a JWK set: {\"keys\": […]} with each member once";

// Empty if it is absent or no string.
std::string MemberOf(const boost::json::object& jwk, boost::json::string_view name) {
  const auto* value = jwk.if_contains(name);
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

// RFC 7517, 4.2, 4.3.
bool IsForSignatures(const boost::json::object& jwk) {
  if (jwk.contains("use") && MemberOf(jwk, "use") != "sig") return false;
  const auto* operations = jwk.if_contains("key_ops");
  if (operations == nullptr) return true;
  return operations->is_array() && std::ranges::any_of(operations->get_array(), [](const auto& operation) {
           return operation.is_string() && operation.get_string() == "verify";
         });
}

absl::StatusOr<std::string> NumberOf(const boost::json::object& jwk, boost::json::string_view name) {
  auto bytes = DecodeBase64Url(MemberOf(jwk, name));
  if (bytes && !bytes->empty()) return *std::move(bytes);
  return absl::InvalidArgumentError(
      fmt::format("expected \"{}\" in base64url without padding", std::string_view(name.data(), name.size())));
}

absl::StatusOr<PublicKey> KeyOf(const boost::json::object& jwk) {
  const std::string type = MemberOf(jwk, "kty");
  if (!IsForSignatures(jwk)) return absl::UnimplementedError("for another use than signatures");
  if (type != "RSA" && (type != "EC" || MemberOf(jwk, "crv") != "P-256")) {
    return absl::UnimplementedError("of another type than RSA and EC P-256");
  }
  const bool is_rsa = type == "RSA";
  if (jwk.contains("alg") && MemberOf(jwk, "alg") != (is_rsa ? "RS256" : "ES256")) {
    return absl::UnimplementedError("for another algorithm than RS256 and ES256");
  }
  const auto first = NumberOf(jwk, is_rsa ? "n" : "x"), second = NumberOf(jwk, is_rsa ? "e" : "y");
  if (!first.ok()) return first.status();
  if (!second.ok()) return second.status();
  return is_rsa ? PublicKey::Rsa(*first, *second) : PublicKey::P256(*first, *second);
}

absl::StatusOr<std::optional<std::string>> IdOf(const boost::json::object& jwk) {
  const auto* id = jwk.if_contains("kid");
  if (id == nullptr) return std::optional<std::string>();
  if (!id->is_string() || id->get_string().empty()) return absl::InvalidArgumentError("expected \"kid\" to be a text");
  return std::optional<std::string>(id->get_string());
}

}  // namespace

absl::StatusOr<KeySet> KeySet::Parse(std::string_view json) {
  if (json.size() > kMaxBytes) {
    return absl::InvalidArgumentError(fmt::format("expected a JWK set of at most {} KiB", kMaxBytes >> 10));
  }
  const auto object = ParseStrictObject(json);
  const auto* keys = object ? object->if_contains("keys") : nullptr;
  if (keys == nullptr || !keys->is_array()) return absl::InvalidArgumentError(kNoKeySet);
  if (keys->get_array().size() > kMaxKeys) {
    return absl::InvalidArgumentError(
        fmt::format("expected at most {} keys, found {}", kMaxKeys, keys->get_array().size()));
  }
  KeySet set;
  std::size_t index = 0;
  for (const auto& element : keys->get_array()) {
    const std::string place = fmt::format("keys[{}]", index++);
    const auto* jwk = element.if_object();
    if (jwk == nullptr) return absl::InvalidArgumentError(fmt::format("{}: expected an object", place));
    if (jwk->contains("d")) {
      return absl::InvalidArgumentError(
          fmt::format("{}: it is a private key; whoever reads it can sign tokens", place));
    }
    auto id = IdOf(*jwk);
    if (!id.ok()) return absl::InvalidArgumentError(fmt::format("{}: {}", place, ToStd(id.status().message())));
    auto key = KeyOf(*jwk);
    if (!key.ok()) {
      set.passed_over_.push_back(fmt::format("{}: {}", place, ToStd(key.status().message())));
      continue;
    }
    const bool is_double = std::ranges::any_of(set.keys_, [&](const Entry& other) {
      return *id && other.id == *id && other.key.algorithm() == key->algorithm();
    });
    if (is_double) {
      return absl::InvalidArgumentError(
          fmt::format("{}: there is another key \"{}\" of the same type", place, Printable(Excerpt(**id, 60))));
    }
    set.keys_.push_back({*std::move(id), *std::move(key)});
  }
  if (!set.keys_.empty()) return set;
  return absl::InvalidArgumentError(
      fmt::format("expected a key for RS256 (RSA, {} bits or more) or ES256 (EC P-256), found none{}",
                  PublicKey::kMinRsaBits, set.passed_over_.empty() ? "" : "; " + set.passed_over_.front()));
}

absl::StatusOr<PublicKey> KeySet::Find(Algorithm algorithm, const std::optional<std::string>& key_id) const {
  if (!key_id && keys_.size() > 1) {
    return absl::UnauthenticatedError("that does not say which key it is signed with (\"kid\"), and there are several");
  }
  bool found = false;
  for (const Entry& entry : keys_) {
    if (key_id && entry.id != key_id) continue;
    found = true;
    if (entry.key.algorithm() == algorithm) return entry.key;
  }
  if (!found) return absl::NotFoundError("no such key");
  return absl::UnauthenticatedError(
      fmt::format("that says it is signed by {}, and its key is for another algorithm", AlgorithmName(algorithm)));
}

bool KeySet::Contains(std::string_view thumbprint) const {
  return std::ranges::any_of(keys_, [&](const Entry& entry) { return entry.key.thumbprint() == thumbprint; });
}

}  // namespace wsfleet::oidc
