#include "cli/config/kept_files.h"

#include <filesystem>

#include "cli/whole_file.h"
#include "fmt/format.h"

namespace wsfleet::cli {

KeptFiles KeptFilesOf(const std::string& context_file, std::string_view context) {
  const auto folder = std::filesystem::absolute(context_file).lexically_normal().parent_path();
  return {(folder / fmt::format("{}.ca.pem", context)).string(), (folder / fmt::format("{}.token", context)).string()};
}

absl::Status Keep(const std::string& path, std::string_view content) {
  constexpr unsigned kOwnerOnly = 0600;
  std::error_code error;
  const auto folder = std::filesystem::absolute(path).parent_path();
  std::filesystem::create_directories(folder, error);
  if (error) return absl::FailedPreconditionError(fmt::format("{}: {}", folder.string(), error.message()));
  return WriteWholeFile(path, content, kOwnerOnly);
}

}  // namespace wsfleet::cli
