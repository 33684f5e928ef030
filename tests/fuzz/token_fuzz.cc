#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "coordinator/access/token_registry.h"
#include "coordinator/identity/join_token.h"
#include "coordinator/secret_text.h"

// What somebody presents to be let in: only the token itself is one. No refusal repeats what was presented, which may
// be a token of another place: it is the same for any other text of that length.
namespace {

using namespace wsfleet;
using namespace wsfleet::coordinator;

constexpr std::string_view kToken = "wsf_the-only-one";

class OneToken final : public store::TokenStore {
 public:
  absl::Status CreateToken(const TokenRecord&) override { return absl::OkStatus(); }
  absl::StatusOr<TokenRecord> RevokeToken(const FleetName&, const std::string&, absl::Time) override {
    return TokenRecord{};
  }
  absl::StatusOr<std::uint64_t> TokensVersion() override { return 1; }
  absl::StatusOr<std::vector<TokenRecord>> UnrevokedTokens() override {
    TokenRecord token;
    token.id = TokenId("one");
    token.name = "one";
    token.fleet = FleetName("default");
    token.digest = Sha256Hex(kToken);
    token.expires = absl::InfiniteFuture();
    return std::vector<TokenRecord>{token};
  }
  absl::StatusOr<std::vector<TokenRecord>> ListTokens(const FleetName&, std::uint32_t, const TokenId&) override {
    return std::vector<TokenRecord>{};
  }
  absl::Status RemoveTokens(absl::Time) override { return absl::OkStatus(); }
};

const TokenRegistry& Registry() {
  static OneToken store;
  static const std::unique_ptr<TokenRegistry> registry = [] {
    auto made = std::make_unique<TokenRegistry>(store, TokenRegistry::Settings{.bootstrap = "wsf_bootstrap"});
    if (!made->Begin().ok()) std::abort();
    return made;
  }();
  return *registry;
}

constexpr std::string_view kBearer = "Bearer ";

// Another text of the same length, in the same form: two dots make it one of an issuer.
std::string Other(std::string authorization) {
  const std::size_t kept = authorization.starts_with(kBearer) ? kBearer.size() : 0;
  std::replace_if(
      authorization.begin() + static_cast<std::ptrdiff_t>(kept), authorization.end(), [](char c) { return c != '.'; },
      'x');
  return authorization;
}

void Check(const std::string& authorization) {
  const auto caller = Registry().Find(authorization);
  const bool known = authorization == std::string(kBearer) + std::string(kToken) ||
                     authorization == std::string(kBearer) + "wsf_bootstrap";
  if (caller.ok() != known) std::abort();
  if (!known && caller.status() != Registry().Find(Other(authorization)).status()) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  Check(text);
  Check(std::string(kBearer) + text);
  const auto join = ParseJoinToken(text);
  if (!join.ok()) {
    if (join.status() != ParseJoinToken(std::string(size, 'x')).status()) std::abort();
  } else if (join->text != text || text.find(join->id) == std::string::npos || !HasHash(*join, HashOf(*join))) {
    std::abort();
  }
  return 0;
}
