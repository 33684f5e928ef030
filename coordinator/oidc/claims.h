#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "boost/json/object.hpp"
#include "coordinator/oidc/issuer.h"
#include "core/access/grants.h"

namespace wsfleet::oidc {

// Who somebody is by their issuer's word.
struct Person {
  std::string name;      // for people: "alice (corp)", which no stored token is called
  std::string identity;  // issuer, a space, subject: one person for ever
  Grants grants;         // empty: their groups have no role here
  absl::Time expires;
};

// Decides by the claims of a token whose signature is good (RFC 7519, 4.1; OpenID Connect Core, 3.1.3.7). Pure.
// UNAUTHENTICATED: with a message that goes on after "found a JWT ".
absl::StatusOr<Person> Judge(const Issuer& issuer, const boost::json::object& claims, absl::Time now);

}  // namespace wsfleet::oidc
