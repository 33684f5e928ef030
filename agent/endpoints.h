#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/base/now.h"
#include "grpcpp/channel.h"
#include "wsfleet/v1/agent_session.grpc.pb.h"

namespace wsfleet::agent {

// Where the coordinator may be: the addresses that the operator gave, tried in turn, and that to which a replica sent
// us. Belongs to the agent's strand.
class Endpoints {
 public:
  using Dial = std::function<std::shared_ptr<grpc::Channel>(const std::string& address)>;
  static constexpr int kMaxHops = 3;  // without a session in between

  // `addresses` has at least one.
  Endpoints(std::vector<std::string> addresses, Dial dial);

  const std::string& address() const { return address_; }
  // Of the address that is in use. Valid until Redial().
  v1::AgentSession::Stub& stub();

  // The connection that is in use may be dead without knowing it: the next stub for this address makes a new one. Not
  // called from gRPC's reactions, since the channel may end with it.
  void Redial() { stubs_.erase(address_); }

  // As Redial(), of all of them: what connections are made with has changed. Calls that are under way go on.
  void RedialAll() { stubs_.clear(); }

  // There is a session: it is the right one.
  void OnSession() {
    hops_ = 0;
    asked_again_ = false;
    silent_.clear();
  }

  // The one in use takes connections, at most, and says nothing. The replica that takes its fleets over sends us there
  // until it has them: such redirects are not followed before `until`.
  void OnSilence(SteadyTime until) {
    silent_ = address_;
    silent_until_ = until;
  }

  // The one in use did not give a session, or it broke: the next one that the operator gave. Who sent us to it is
  // alive, and soon knows better where to: it is asked once more before, and as long as it sends us to a silent one.
  void Next();

  // Goes where a replica sends us. False, and nothing changes, if that says nothing new (its epoch does not rise above
  // that of the redirect before), after too many hops, or if that one is silent.
  bool Follow(const v1::Redirect& redirect, SteadyTime now);

 private:
  const std::vector<std::string> addresses_;
  const Dial dial_;
  std::map<std::string, std::unique_ptr<v1::AgentSession::Stub>> stubs_;
  std::size_t next_ = 0;
  std::string address_;
  std::uint64_t epoch_ = 0;
  int hops_ = 0;
  bool asked_again_ = false;
  std::string silent_;  // until then; empty: none
  SteadyTime silent_until_;
  bool sent_to_silent_ = false;
};

}  // namespace wsfleet::agent
