#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace wsfleet::cli {

// A child process in a process group of its own, so that Ctrl-C in the terminal is not its. Its output goes to a file.
// At the end of its life it is asked to end (SIGTERM), and killed 2 s later.
class Child {
 public:
  // `program` is looked for beside this program, then in PATH.
  static absl::StatusOr<Child> Start(const std::string& program, std::vector<std::string> arguments,
                                     const std::string& log_path);
  Child(Child&& other) noexcept;
  Child& operator=(Child&&) = delete;
  ~Child();

  const std::string& program() const { return program_; }
  // For poll(): readable when the process has ended.
  int descriptor() const { return pidfd_; }
  void Terminate() const;

  // Waits until the process has written `path`, which appears whole. UNAVAILABLE: it ended or `limit` passed; with its
  // output.
  absl::Status AwaitFile(const std::string& path, absl::Duration limit) const;

  // The last lines of its output.
  std::string Output() const;

 private:
  Child(std::string program, std::string log_path, pid_t pid, int pidfd);

  std::string program_;
  std::string log_path_;
  pid_t pid_;
  int pidfd_;
};

}  // namespace wsfleet::cli
