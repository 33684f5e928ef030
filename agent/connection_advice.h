#pragma once

#include <string_view>

#include "absl/status/status.h"
#include "agent/channel.h"

namespace wsfleet::agent {

// What to look at when a coordinator cannot be reached with this security, by how gRPC words it; empty: there is
// nothing to say. Without a certificate, with one that the coordinator does not trust, and over plain text in place of
// TLS the agent sees the same: the connection is closed.
std::string_view AdviceOn(const absl::Status& status, const ChannelSecurity& security);

}  // namespace wsfleet::agent
