#include "tests/support/child_process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <stdexcept>

#include "absl/time/clock.h"

extern char** environ;

namespace wsfleet::testing {
namespace {

std::vector<std::string> EnvironmentOf(const Command& command) {
  std::vector<std::string> environment;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string text = *entry;
    if (!command.environment.contains(text.substr(0, text.find('=')))) environment.push_back(text);
  }
  for (const auto& [name, value] : command.environment) {
    if (!value.empty()) environment.push_back(name + "=" + value);
  }
  return environment;
}

std::vector<char*> Pointers(std::vector<std::string>& strings) {
  std::vector<char*> pointers;
  for (std::string& text : strings) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

// In the child, before exec: only calls that are safe after fork in a program with threads.
[[noreturn]] void Become(char* const* arguments, char* const* environment, const char* folder, const char* out,
                         const char* err) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  setpgid(0, 0);  // a Ctrl-C in the test's terminal is not the child's
  // What the tests themselves were started with, such as `nohup`, is not what their children are tested with.
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) signal(number, SIG_DFL);
  const int null = open("/dev/null", O_RDONLY);
  const int out_file = open(out, O_WRONLY | O_CREAT | O_TRUNC, 0600);
  const int err_file = open(err, O_WRONLY | O_CREAT | O_TRUNC, 0600);
  dup2(null, STDIN_FILENO);
  dup2(out_file, STDOUT_FILENO);
  dup2(err_file, STDERR_FILENO);
  if (folder != nullptr && chdir(folder) != 0) _exit(126);
  execvpe(arguments[0], arguments, environment);
  _exit(127);
}

int ExitCode(int status) { return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status); }

}  // namespace

ChildProcess::ChildProcess(const Command& command) {
  std::vector<std::string> arguments = command.arguments;
  std::vector<std::string> environment = EnvironmentOf(command);
  const std::vector<char*> argv = Pointers(arguments);
  const std::vector<char*> envp = Pointers(environment);
  const std::string out = (output_.path() / "out").string();
  const std::string err = (output_.path() / "err").string();
  const char* folder = command.working_directory.empty() ? nullptr : command.working_directory.c_str();
  pid_ = fork();
  if (pid_ < 0) throw std::runtime_error("fork failed");
  if (pid_ == 0) Become(argv.data(), envp.data(), folder, out.c_str(), err.c_str());
}

ChildProcess::~ChildProcess() {
  if (!running()) return;
  Signal(SIGKILL);
  waitpid(pid_, nullptr, 0);
}

void ChildProcess::Signal(int number) const {
  if (!exit_code_) kill(pid_, number);
}

bool ChildProcess::running() {
  if (exit_code_) return false;
  int status = 0;
  if (waitpid(pid_, &status, WNOHANG) == pid_) exit_code_ = ExitCode(status);
  return !exit_code_.has_value();
}

std::optional<int> ChildProcess::Wait(absl::Duration limit) {
  if (!running()) return exit_code_;
  // A pidfd becomes readable when the process ends.
  const int descriptor = static_cast<int>(syscall(SYS_pidfd_open, pid_, 0));
  pollfd waiting{descriptor, POLLIN, 0};
  poll(&waiting, 1, static_cast<int>(absl::ToInt64Milliseconds(limit)));
  close(descriptor);
  running();
  return exit_code_;
}

std::string ChildProcess::out() const { return ReadWholeFile(output_.path() / "out"); }
std::string ChildProcess::err() const { return ReadWholeFile(output_.path() / "err"); }

Finished RunCommand(const Command& command, absl::Duration limit) {
  ChildProcess process(command);
  const auto exit_code = process.Wait(limit);
  return Finished{exit_code.value_or(-1), process.out(), process.err()};
}

bool WaitUntil(const std::function<bool()>& condition, absl::Duration limit) {
  const absl::Time end = absl::Now() + limit;
  while (!condition()) {
    if (absl::Now() > end) return false;
    absl::SleepFor(absl::Milliseconds(5));
  }
  return true;
}

}  // namespace wsfleet::testing
