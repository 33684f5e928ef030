#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "core/job/records.h"

namespace wsfleet::testing {

// What a client saw of one run that it wanted: everything that it was told, and nothing else.
struct Testimony {
  struct Event {
    std::uint64_t number = 0;
    JobEventRecord::Kind kind = JobEventRecord::Kind::kJobChanged;
    std::uint64_t shard = 0;    // kResult
    std::string case_id;        // kResult
    std::string outcome;        // kResult
    std::uint32_t attempt = 0;  // kResult
    std::string text;           // kNote
    std::string verdict;        // kJobChanged; empty while it runs
  };
  RunKey key;
  std::vector<JobId> acknowledged;  // of each submit under the key that was answered
  std::vector<Event> events;        // numbered ones, as they came
  std::string verdict;              // the last that was shown
  std::string trouble;              // why it could not be followed to its end; empty: it was
};

}  // namespace wsfleet::testing
