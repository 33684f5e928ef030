#include "cli/local/child.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/inotify.h>
#include <sys/wait.h>
#include <unistd.h>

// glibc 2.36 declares it without C linkage.
extern "C" {
#include <sys/pidfd.h>
}

#include <algorithm>
#include <array>
#include <filesystem>
#include <utility>

#include "absl/time/clock.h"
#include "cli/config/environment.h"
#include "cli/whole_file.h"
#include "core/base/text.h"
#include "fmt/format.h"

namespace wsfleet::cli {
namespace {

namespace fs = std::filesystem;

constexpr int kEndMilliseconds = 2000;
constexpr std::uint64_t kMaxLog = 16 << 20;
constexpr std::size_t kShownOutput = 2000;

// Beside this program, as it is built, or where packages have what nobody is to call by hand; else wherever PATH has
// it.
std::string ProgramFile(const std::string& program) {
  std::error_code error;
  const fs::path own = fs::read_symlink("/proc/self/exe", error).parent_path();
  if (error) return program;
  for (const fs::path& place : {own, own.parent_path() / "libexec/wsfleet"}) {
    if (fs::exists(place / program, error)) return (place / program).string();
  }
  return program;
}

// What a program needs to run, and none of the secrets that may stand beside it.
std::vector<std::string> InnocentEnvironment() {
  static constexpr std::array<std::string_view, 8> kNames{"PATH", "HOME",   "LANG",          "LC_ALL",
                                                          "TZ",   "TMPDIR", "SSL_CERT_FILE", "SSL_CERT_DIR"};
  std::vector<std::string> kept;
  for (const auto& [name, value] : ProcessEnvironment()) {
    const bool wanted = std::ranges::find(kNames, name) != kNames.end() || name.starts_with("GRPC_");
    if (wanted) kept.push_back(fmt::format("{}={}", name, value));
  }
  return kept;
}

// In the child, between fork and exec: only what is safe there.
[[noreturn]] void BecomeProgram(const char* log_path, char** argv, char** environment) {
  setpgid(0, 0);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  signal(SIGPIPE, SIG_DFL);
  const int nothing = open("/dev/null", O_RDONLY);
  const int log = open(log_path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
  if (nothing < 0 || log < 0) _exit(126);
  dup2(nothing, STDIN_FILENO);
  dup2(log, STDOUT_FILENO);
  dup2(log, STDERR_FILENO);
  execvpe(argv[0], argv, environment);
  constexpr std::string_view kWhy = "the program was not found beside wsfleet, nor in PATH\n";
  [[maybe_unused]] const ssize_t written = write(STDERR_FILENO, kWhy.data(), kWhy.size());
  _exit(127);
}

}  // namespace

absl::StatusOr<Child> Child::Start(const std::string& program, std::vector<std::string> arguments,
                                   const std::string& log_path) {
  arguments.insert(arguments.begin(), ProgramFile(program));
  std::vector<char*> argv;
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  std::vector<std::string> environment = InnocentEnvironment();
  std::vector<char*> envp;
  for (std::string& entry : environment) envp.push_back(entry.data());
  envp.push_back(nullptr);
  const pid_t pid = fork();
  if (pid < 0) return absl::UnavailableError(fmt::format("{} cannot be started: no process can be made", program));
  if (pid == 0) BecomeProgram(log_path.c_str(), argv.data(), envp.data());
  return Child(program, log_path, pid, pidfd_open(pid, 0));
}

Child::Child(std::string program, std::string log_path, pid_t pid, int pidfd)
    : program_(std::move(program)), log_path_(std::move(log_path)), pid_(pid), pidfd_(pidfd) {}

Child::Child(Child&& other) noexcept
    : program_(std::move(other.program_)),
      log_path_(std::move(other.log_path_)),
      pid_(std::exchange(other.pid_, -1)),
      pidfd_(std::exchange(other.pidfd_, -1)) {}

Child::~Child() {
  if (pid_ < 0) return;
  Terminate();
  pollfd ended{pidfd_, POLLIN, 0};
  if (poll(&ended, 1, kEndMilliseconds) != 1) kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
  close(pidfd_);
}

void Child::Terminate() const { kill(pid_, SIGTERM); }

absl::Status Child::AwaitFile(const std::string& path, absl::Duration limit) const {
  const int watch = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
  inotify_add_watch(watch, fs::path(path).parent_path().c_str(), IN_MOVED_TO | IN_CLOSE_WRITE);
  const absl::Time end = absl::Now() + limit;
  absl::Status status;
  std::error_code error;
  while (!fs::exists(path, error)) {
    std::array<pollfd, 2> events{{{watch, POLLIN, 0}, {pidfd_, POLLIN, 0}}};
    const auto left = absl::ToInt64Milliseconds(std::max(end - absl::Now(), absl::ZeroDuration()));
    if (poll(events.data(), events.size(), static_cast<int>(left)) == 0 || events[1].revents != 0) {
      status =
          absl::UnavailableError(fmt::format("{} did not start{}:\n{}", program_,
                                             events[1].revents != 0 ? "" : " within " + DurationText(limit), Output()));
      break;
    }
    std::array<char, 4096> seen{};
    while (read(watch, seen.data(), seen.size()) > 0) {
    }
  }
  close(watch);
  return status;
}

std::string Child::Output() const {
  std::string text = ReadWholeFile(log_path_, kMaxLog).value_or("");
  if (text.size() > kShownOutput) text.erase(0, text.size() - kShownOutput);
  return text;
}

}  // namespace wsfleet::cli
