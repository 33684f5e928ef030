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

  // The run at a glance: a line for each shard with a bar (where there are many, for each region), and a last one. No
  // line is wider than `width` columns.
  std::vector<std::string> Block(absl::Duration elapsed, const std::string& keys, std::size_t width) const;

 private:
  struct Shard {
    std::string region;
    v1::Shard last;     // as it was told last
    std::string doing;  // "chat/five events › expect_seq"
  };
  struct Bar {
    std::string name;
    std::uint32_t finished = 0, planned = 0, failed = 0;
    std::string doing;
  };

  void ApplyResult(const v1::ShardCaseResult& result, std::vector<std::string>& lines);
  void ApplyShard(const v1::Shard& now, bool one_of_many, std::vector<std::string>& lines);
  std::vector<Bar> Bars() const;

  const bool verbose_;
  std::map<std::uint64_t, Shard> shards_;  // by index
  std::uint32_t flaky_ = 0;
  std::uint32_t not_passed_ = 0;  // results
};

}  // namespace wsfleet::cli
