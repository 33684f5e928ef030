#pragma once

#include <memory>
#include <string>

#include "absl/time/clock.h"
#include "fmt/format.h"
#include "tests/support/token_issuer.h"
#include "tests/unit/coordinator/coordinator_fixture.h"

namespace wsfleet::coordinator {

// The coordinator with an issuer, whose groups have the names of roles and have them in fleet "default".
class IssuerTest : public CoordinatorTest {
 protected:
  IssuerTest() {
    directory_.Write("keys.json", testing::JwkSet({key_.Jwk()}));
    options_.oidc_file = directory_.Write("oidc.yaml", R"(version: wsfleet/v1
issuers:
  - name: corp
    issuer: https://id.example
    audience: [wsfleet]
    jwks_file: keys.json
    name_claim: email
    leeway: 0s
    roles:
      - {group: viewer, fleet: default, role: viewer}
      - {group: runner, fleet: default, role: runner}
      - {group: operator, fleet: default, role: operator}
      - {group: admin, fleet: default, role: admin}
      - {group: blue, fleet: blue, role: runner}
      - {group: owner, fleet: "*", role: admin}
)");
    Restart();
  }

  // `groups`: JSON.
  std::string Issue(const std::string& groups, absl::Duration life = absl::Minutes(10)) const {
    return key_.Token(fmt::format(
        R"({{"iss":"https://id.example","aud":"wsfleet","sub":"17","email":"ann@example","groups":{},"exp":{}}})",
        groups, absl::ToDoubleSeconds(absl::Now() + life - absl::UnixEpoch())));
  }

  static std::unique_ptr<grpc::ClientContext> As(const std::string& token) {
    auto context = std::make_unique<grpc::ClientContext>();
    SetDeadline(*context);
    context->AddMetadata("authorization", "Bearer " + token);
    return context;
  }

  const testing::IssuerKey key_{testing::IssuerKey::Type::kP256};
};

}  // namespace wsfleet::coordinator
