#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "agent/spool_files.h"
#include "boost/asio/io_context.hpp"
#include "core/base/ids.h"
#include "wsfleet/v1/agent_session.pb.h"

namespace wsfleet::agent {

// Result batches from the moment they are numbered until they are acknowledged, in the order in which they were
// numbered. A batch never changes once it has its number. Bounded by bytes. Not thread-safe: it belongs to the agent's
// strand.
//
// With files, a batch outlives the process that spooled it. It is sent without waiting for its file: what is committed
// at the coordinator needs none.
class Spool {
 public:
  explicit Spool(std::size_t max_bytes) : max_bytes_(max_bytes) {}

  // Keeps copies in this directory from now on, and takes in what an earlier process left there. Errors as of
  // SpoolDirectory::Open. `on_room` is called on the strand when HasRoom() may have changed by the disk's health.
  absl::Status UseDirectory(const std::string& path, const std::string& owner, boost::asio::io_context& strand,
                            std::function<void()> on_room);

  // Numbers the batch and keeps it. False if it does not fit: nothing was kept.
  [[nodiscard]] bool Add(v1::ResultBatch batch);

  // Whether further results should be made: `reserve` more bytes fit, and none waits for a disk that fails.
  bool HasRoom(std::size_t reserve) const;

  // The next batch that is not on its way, unless `credits` are, or as many bytes as a slow way takes in a second or
  // two: what follows a batch on its way, such as a heartbeat, arrives after it. It is on its way then. Null if there
  // is none. The pointer holds until the batch is acknowledged.
  static constexpr std::size_t kMaxBytesInFlight = 128 << 10;  // or one batch
  const v1::ResultBatch* TakeNext(std::uint32_t credits);

  // Whether a further batch may be on its way.
  bool HasCredit(std::uint32_t credits) const { return in_flight_ < credits && bytes_in_flight_ < kMaxBytesInFlight; }

  // The stream broke: what was on its way has to be sent again, in the same order.
  void ResendAll();

  // Whatever its disposition, an acknowledged batch leaves. False if it was not (any more) here.
  bool Acknowledge(LeaseId lease, BatchSeq seq);

  std::uint32_t UnackedOf(LeaseId lease) const;
  // The first batch of each lease.
  std::vector<const v1::ResultBatch*> FirstOfEachLease() const;
  bool empty() const { return batches_.empty(); }
  std::size_t bytes() const { return bytes_; }
  std::uint32_t in_flight() const { return in_flight_; }
  std::size_t bytes_in_flight() const { return bytes_in_flight_; }

 private:
  struct Entry {
    std::shared_ptr<const v1::ResultBatch> batch;
    std::size_t bytes = 0;
    bool in_flight = false;
  };

  void Keep(v1::ResultBatch batch);

  std::size_t max_bytes_;
  std::size_t bytes_ = 0;
  std::uint32_t in_flight_ = 0;
  std::size_t bytes_in_flight_ = 0;
  std::deque<Entry> batches_;
  std::map<LeaseId, std::uint64_t> last_seq_;
  bool disk_fails_ = false;
  std::unique_ptr<SpoolFiles> files_;  // last: its thread calls back
};

}  // namespace wsfleet::agent
