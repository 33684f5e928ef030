#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "agent/identity.h"
#include "grpcpp/channel.h"

namespace wsfleet::agent {

// Who an agent says it is when it asks for its first certificate.
struct EnrolOrder {
  std::string join_token_file;
  std::string instance;
  FleetName fleet;
  RegionName region;
  std::map<std::string, std::string, std::less<>> labels;
};

// Asks for the certificate until the coordinator has answered, and stores it. Blocks, for as long as nobody answers;
// the log says so. Other errors are final: the token was used up, has expired, is for another region, …
absl::Status Enrol(const std::shared_ptr<grpc::Channel>& channel, const EnrolOrder& order, Identity& identity);

}  // namespace wsfleet::agent
