#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "agent/channel.h"

namespace wsfleet::agent {

// What to look at when a coordinator cannot be reached with this security, by how gRPC words it; empty: there is
// nothing to say. Without a certificate, with one that the coordinator does not trust, and over plain text in place of
// TLS the agent sees the same: the connection is closed. Of its own certificate it knows whether that is valid `now`,
// by its own clock.
std::string AdviceOn(const absl::Status& status, const ChannelSecurity& security, absl::Time now);

}  // namespace wsfleet::agent
