#include "tests/support/wall_clock.h"

#include <unistd.h>

#include <charconv>
#include <cstdint>
#include <filesystem>

#include "absl/time/clock.h"
#include "fmt/format.h"
#include "tests/support/child_process.h"
#include "tests/support/sanitized.h"

namespace wsfleet::testing {
namespace {

// The loader puts the folder of this machine's libraries in place of $LIB.
constexpr char kLibrary[] = "/usr/$LIB/faketime/libfaketimeMT.so.1";

}  // namespace

const std::string& WallClock::WhyNot() {
  static const std::string kWhy = [] {
    if (kSanitized)
      return std::string("libfaketime asks for the time inside of the sanitizer's malloc, which cannot be");
    const WallClock clock(absl::Hours(1));
    Command command;
    command.arguments = clock.Behind();
    command.arguments.insert(command.arguments.end(), {"date", "+%s"});
    const absl::Time now = absl::Now();
    const Finished done = RunCommand(command, absl::Seconds(20));
    std::int64_t shown = 0;
    std::from_chars(done.out.data(), done.out.data() + done.out.size(), shown);
    if (absl::FromUnixSeconds(shown) > now + absl::Minutes(30)) return std::string();
    return fmt::format("needs faketime, and root or user namespaces: a wall clock of its own ({})", done.err);
  }();
  return kWhy;
}

void WallClock::Set(absl::Duration ahead) {
  const std::string draft = directory_.Write("draft", fmt::format("{:+d}\n", absl::ToInt64Seconds(ahead)));
  std::filesystem::rename(draft, directory_.path() / "clock");
}

std::vector<std::string> WallClock::Behind() const {
  std::vector<std::string> behind = {"unshare", "--mount"};
  // Whoever is root already stays the one whom other programs of the test know.
  if (geteuid() != 0) behind.insert(behind.end(), {"--user", "--map-root-user"});
  behind.insert(behind.end(), {"sh", "-c", "mount -t tmpfs none /dev/shm && exec \"$@\"", "sh", "env",
                               fmt::format("LD_PRELOAD={}", kLibrary),
                               fmt::format("FAKETIME_TIMESTAMP_FILE={}", (directory_.path() / "clock").string()),
                               "FAKETIME_NO_CACHE=1", "FAKETIME_DONT_FAKE_MONOTONIC=1"});
  return behind;
}

}  // namespace wsfleet::testing
