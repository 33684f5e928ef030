#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/base/ids.h"
#include "wsfleet/v1/agent_session.pb.h"

namespace wsfleet::agent {

// Result batches as files of a directory (0700), one each: whole, with a checksum, or not there. One process at a time
// has it. Every call blocks; not thread-safe.
class SpoolDirectory {
 public:
  struct Opened {
    std::unique_ptr<SpoolDirectory> directory;
    std::vector<v1::ResultBatch> batches;  // by lease and number
    std::vector<std::string> damaged;      // set aside as FILE.damaged
  };

  // `owner`: whose results these are, "fleet/agent". FAILED_PRECONDITION: another process has it, it is another
  // agent's, or it cannot be made or written; with the path and what to do.
  static absl::StatusOr<Opened> Open(const std::string& path, const std::string& owner);
  ~SpoolDirectory();
  SpoolDirectory(const SpoolDirectory&) = delete;
  SpoolDirectory& operator=(const SpoolDirectory&) = delete;

  // On the disk when it is OK; RESOURCE_EXHAUSTED: the disk is full. Nothing of it is left after an error.
  absl::Status Write(const v1::ResultBatch& batch);

  // OK if it was not there.
  absl::Status Remove(LeaseId lease, BatchSeq seq);

 private:
  SpoolDirectory(std::string path, int lock) : path_(std::move(path)), lock_(lock) {}

  absl::Status CheckOwner(const std::string& owner);
  absl::StatusOr<Opened> Read();
  std::string FileOf(LeaseId lease, BatchSeq seq) const;

  std::string path_;
  int lock_;
};

}  // namespace wsfleet::agent
