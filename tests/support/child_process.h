#pragma once

#include <sys/types.h>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "tests/support/temporary_directory.h"

namespace wsfleet::testing {

struct Command {
  std::vector<std::string> arguments;              // [0]: program
  std::map<std::string, std::string> environment;  // over the test's own; an empty value removes the variable
  std::string working_directory;
};

struct Finished {
  int exit_code = -1;  // 128 + signal if it was killed
  std::string out;
  std::string err;
};

// A real process, its output in files. Killed at the end of its life if it still runs.
class ChildProcess {
 public:
  explicit ChildProcess(const Command& command);
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  pid_t pid() const { return pid_; }
  void Signal(int number) const;
  bool running();
  // Nothing if it still runs after `limit`.
  std::optional<int> Wait(absl::Duration limit);
  std::string out() const;
  std::string err() const;

 private:
  TemporaryDirectory output_;
  pid_t pid_ = -1;
  std::optional<int> exit_code_;
};

// Runs a command to its end; exit code -1 and what it had printed if it is not over after `limit` (it is killed then).
Finished RunCommand(const Command& command, absl::Duration limit);

// Waits until `condition` holds, looking every few milliseconds; false if it does not within `limit`. The limit is for
// a test that fails, not a measure of speed.
bool WaitUntil(const std::function<bool()>& condition, absl::Duration limit = absl::Seconds(30));

}  // namespace wsfleet::testing
