#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <tuple>

#include "core/base/ids.h"

namespace wsfleet::testing {

// The sessions that the target itself saw, by what their paths say: "/ws/SESSION/CASE", where SESSION is the engine's
// ${session.id}, "JOB-SHARD-LEASE-NUMBER".
struct TargetLog {
  struct Execution {  // of a case, under a lease
    JobId job;
    std::uint64_t shard = 0;
    std::uint64_t lease = 0;
    std::string case_name;
    friend auto operator<=>(const Execution&, const Execution&) = default;
  };
  struct Sessions {
    int begun = 0;
    int closed = 0;  // by a close frame of the client, with 1000
  };
  std::map<Execution, Sessions> executions;
  int unreadable = 0;  // paths of another form: nobody of ours asks for them
};

// `access_log`: lines of the demo target; one that is half written is left out.
TargetLog ReadTargetLog(std::string_view access_log);

}  // namespace wsfleet::testing
