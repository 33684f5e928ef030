#pragma once

#include "absl/status/statusor.h"
#include "core/secret/given_secret.h"
#include "wsfleet/v1/agent_session.pb.h"

// Values of secrets in messages. What gRPC makes of a message, on its way out and in, is not overwritten by anybody;
// the messages themselves are.
namespace wsfleet::wire {

void PutSecrets(const GivenSecrets& secrets, v1::Assignment& assignment);

// And leaves none in the message, also after an error. INVALID_ARGUMENT: hosts that are none.
absl::StatusOr<GivenSecrets> TakeSecrets(v1::Assignment& assignment);

// Overwrites the values, and leaves none.
void WipeSecrets(google::protobuf::Map<std::string, std::string>& secrets);
// The same of whatever this message holds.
void WipeSecrets(v1::CoordinatorMessage& message);

}  // namespace wsfleet::wire
