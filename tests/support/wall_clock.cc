#include "tests/support/wall_clock.h"

#include <filesystem>
#include <stdexcept>

#include "fmt/format.h"

namespace wsfleet::testing {
namespace {

// Below the folder of the machine's architecture.
std::string FindLibrary() {
  for (const auto& folder : std::filesystem::directory_iterator("/usr/lib")) {
    const std::filesystem::path library = folder.path() / "faketime" / "libfaketimeMT.so.1";
    std::error_code error;
    if (std::filesystem::exists(library, error)) return library.string();
  }
  throw std::runtime_error("libfaketime is not installed; see cmake/install-dependencies.sh");
}

}  // namespace

std::map<std::string, std::string> WallClockAheadBy(absl::Duration by) {
  return {{"LD_PRELOAD", FindLibrary()},
          {"FAKETIME", fmt::format("{:+}s", absl::ToInt64Seconds(by))},
          {"FAKETIME_DONT_FAKE_MONOTONIC", "1"}};
}

}  // namespace wsfleet::testing
