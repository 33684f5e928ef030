#pragma once

#include <sys/types.h>

#include <cstddef>
#include <memory>
#include <optional>
#include <string>

#include "grpcpp/channel.h"
#include "tests/support/real_fleet.h"

namespace wsfleet::testing {

// A coordinator that lets in whom its own authority has named, an honest agent of eu-west-1, and what one of us-east-1
// that is not honest has of it: a certificate of its own, and where to connect. Real programs, but for the rogue.
class RogueFleet {
 public:
  RogueFleet();

  // How the rogue agent is called, and the honest one.
  static constexpr char kRogue[] = "team.rogue";
  static constexpr char kHonest[] = "team.honest";

  RealFleet& fleet() { return fleet_; }
  const TargetServer& target() const { return target_; }
  ChildProcess& honest() { return *honest_; }
  void RestartHonest();

  // A connection of its own to the listener of agents, with the rogue's certificate; to that of clients.
  std::shared_ptr<grpc::Channel> AgentChannel() const;
  std::shared_ptr<grpc::Channel> ClientChannel() const;
  // Of an admin of every fleet.
  std::string token() const;

  // Of two cases of some hundred milliseconds, for agents in this region; the run's id.
  std::string SubmitDetached(const std::string& region) const;

  // The honest agent does its work beside all this.
  void ExpectHonestRunPasses();
  // The coordinator is the process that it was, its memory has stayed within bounds, and what it wrote to its log does
  // nothing to a terminal.
  void ExpectWell();

 private:
  std::unique_ptr<ChildProcess> Enrol(const std::string& id, const std::string& region);
  std::string File(const std::string& path) const { return (fleet_.directory().path() / path).string(); }

  TargetServer target_{DemoTarget()};
  RealFleet fleet_;
  std::unique_ptr<ChildProcess> honest_;
  pid_t coordinator_ = 0;
  std::size_t checked_log_ = 0;  // bytes of it
};

// Bytes that do something to a terminal: all that control it, but for the ends of lines and tabs.
std::optional<std::size_t> FindControlByte(const std::string& text);

}  // namespace wsfleet::testing
