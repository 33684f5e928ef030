#pragma once

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "tests/support/temporary_directory.h"

namespace wsfleet::testing {

// A wall clock for the programs of a test, which may be set while they run; clocks that only go on stay as they are.
// It is libfaketime, whose shared memory lies in a /dev/shm of its own and ends with the program.
class WallClock {
 public:
  // Why programs cannot have one on this machine, as a skipped test says it; empty if they can.
  static const std::string& WhyNot();

  explicit WallClock(absl::Duration ahead = absl::ZeroDuration()) { Set(ahead); }

  // Against that of the machine; programs see it at their next look.
  void Set(absl::Duration ahead);

  // A program that is started behind these arguments has this clock.
  std::vector<std::string> Behind() const;

 private:
  TemporaryDirectory directory_;
};

}  // namespace wsfleet::testing
