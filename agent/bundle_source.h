#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "agent/endpoints.h"
#include "boost/asio/io_context.hpp"
#include "core/base/ids.h"
#include "core/scenario/parser.h"
#include "wsfleet/v1/agent_session.grpc.pb.h"

namespace wsfleet::agent {

// Bundles by digest: fetched from the coordinator once, checked against their digest, and the last few kept. Belongs to
// the agent's strand.
class BundleSource {
 public:
  using Callback = std::function<void(absl::StatusOr<std::shared_ptr<const Bundle>>)>;
  static constexpr std::size_t kKept = 8;

  // `on_idle` is called on the strand when the last fetch under way has ended.
  BundleSource(boost::asio::io_context& strand, Endpoints& endpoints, FleetName fleet, AgentId agent,
               std::function<void()> on_idle);
  ~BundleSource();

  // `callback` is called on the strand, never from within this call. Those who ask for the same bundle meanwhile share
  // one fetch.
  void Get(const BundleDigest& digest, Callback callback);

  // It came without being asked for; kept if it is what its digest says.
  void Offer(const BundleDigest& digest, const std::string& canonical);

  // Ends every fetch; their callbacks get CANCELLED. gRPC may call back until idle().
  void CancelAll();
  bool idle() const { return fetches_.empty(); }

 private:
  class Fetch;

  void Keep(const BundleDigest& digest, std::shared_ptr<const Bundle> bundle);
  void Finish(const BundleDigest& digest, const absl::StatusOr<std::string>& canonical);

  boost::asio::io_context& strand_;
  Endpoints& endpoints_;
  FleetName fleet_;
  AgentId agent_;
  std::function<void()> on_idle_;
  std::deque<std::pair<BundleDigest, std::shared_ptr<const Bundle>>> kept_;  // newest first
  std::map<BundleDigest, std::vector<Callback>> waiting_;
  std::map<BundleDigest, std::shared_ptr<Fetch>> fetches_;  // under way
};

}  // namespace wsfleet::agent
