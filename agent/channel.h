#pragma once

#include <memory>
#include <string>

#include "grpcpp/channel.h"
#include "grpcpp/support/channel_arguments.h"

namespace wsfleet::agent {

// How an agent shows who it is, and whom it believes. All PEM.
struct ChannelSecurity {
  bool plaintext = false;  // loopback only; nothing of the rest counts
  std::string authority;
  std::string certificate;
  std::string key;
  std::string server_name;  // verified instead of the host of the address; empty: that one
};

// A connection to a coordinator that is made when it is first used. `arguments` are added to those of an agent.
std::shared_ptr<grpc::Channel> OpenChannel(const std::string& address, const ChannelSecurity& security,
                                           grpc::ChannelArguments arguments = {});

}  // namespace wsfleet::agent
