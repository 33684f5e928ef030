#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "boost/json/value.hpp"
#include "core/match/selector.h"
#include "core/verdict/taxonomy.h"

namespace wsfleet::engine {

// The head of an HTTP/1.x response as it was received.
struct HttpHead {
  std::uint32_t status = 0;
  std::string reason;
  std::vector<HeaderField> headers;
  std::size_t bytes = 0;  // of the head, with the empty line
  std::string wrong;      // the first line that is no field (RFC 9112, 5), folded ones too; empty: all are

  // The first field of this name, in any case; null if there is none.
  const std::string* Find(std::string_view name) const;
  // The values of all fields of this name, as predicates look at them.
  std::vector<boost::json::value> All(std::string_view name) const;
};

// Nothing if the head is not complete or is not HTTP/1.x (RFC 9112, 4).
std::optional<HttpHead> ParseHead(std::string_view raw);

// What an answer other than 101 to an upgrade is, by its status.
FailureClass ClassOfRefusal(std::uint32_t status);

// INVALID_ARGUMENT if a field could not be sent as one line (RFC 9110, 5): a name that is no token, or a line end or
// another control character in a value; or if there are more than 60 KiB of them. The value is not in the message: it
// may be a secret.
absl::Status CheckFields(const std::vector<HeaderField>& fields);

// Why a 101 is not one (RFC 6455, 4.1), beyond what the WebSocket library checks; empty if it is. `offered`: the
// subprotocols that were asked for.
std::string CheckSwitch(const HttpHead& head, const std::vector<std::string>& offered);

}  // namespace wsfleet::engine
