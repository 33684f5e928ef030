#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "wsfleet/v1/job.pb.h"

namespace wsfleet::cli {

// What is known of a run that is under way, and what of it is worth a line. Knows no terminal and no clock.
class ProgressModel {
 public:
  // `verbose`: a line for each result, not only for those that did not pass.
  explicit ProgressModel(bool verbose) : verbose_(verbose) {}

  // Takes an event; returns the lines that say what changed.
  std::vector<std::string> Apply(const v1::JobEvent& event);

  // The run at a glance: a line for each region with a bar, and a last one. No line is wider than `width` columns.
  std::vector<std::string> Block(absl::Duration elapsed, const std::string& keys, std::size_t width) const;

 private:
  struct Region {
    std::string name;
    v1::Shard shard;
    std::string doing;  // "chat/five events › expect_seq"
  };

  std::string ShardLine(const v1::Shard& before, const v1::Shard& now) const;

  const bool verbose_;
  std::map<std::uint64_t, Region> regions_;  // by shard
  std::uint32_t flaky_ = 0;
};

}  // namespace wsfleet::cli
