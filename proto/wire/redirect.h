#pragma once

#include <optional>

#include "absl/status/status.h"
#include "wsfleet/v1/agent_session.pb.h"

// Where to ask instead, beside an error: whoever answered so did not take the request. Without an address: nobody
// knows. ToGrpc and FromGrpc carry it.
namespace wsfleet::wire {

absl::Status WithRedirect(absl::Status status, const v1::Redirect& redirect);

// Nothing: the error has none.
std::optional<v1::Redirect> RedirectOf(const absl::Status& status);

}  // namespace wsfleet::wire
