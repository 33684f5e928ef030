#include "cli/plan/left_out.h"

#include <algorithm>
#include <filesystem>
#include <string_view>

#include "core/base/text.h"
#include "core/scenario/folder_suite.h"
#include "fmt/format.h"

namespace wsfleet::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxLookedAt = 10'000;
constexpr std::size_t kMaxNamed = 5;

// "a, b and 3 more are".
std::string NamesAre(std::vector<std::string>& names) {
  std::ranges::sort(names);
  std::string out;
  for (std::size_t i = 0; i < std::min(names.size(), kMaxNamed); ++i) {
    out += fmt::format("{}{}", i == 0 ? "" : ", ", Printable(names[i]));
  }
  if (names.size() > kMaxNamed) out += fmt::format(" and {} more", names.size() - kMaxNamed);
  return out + (names.size() == 1 ? " is" : " are");
}

}  // namespace

std::vector<std::string> SuitesLeftOut(const std::string& folder, const std::set<std::string>& read) {
  std::vector<std::string> beside, below;
  std::error_code error;
  std::size_t looked_at = 0;
  fs::recursive_directory_iterator entry(folder, fs::directory_options::skip_permission_denied, error);
  for (; !error && entry != fs::recursive_directory_iterator() && ++looked_at <= kMaxLookedAt; entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    std::error_code ignored;
    if (name.starts_with('.') && entry->is_directory(ignored)) entry.disable_recursion_pending();
    if (!name.ends_with(kSuiteSuffix) || entry->is_symlink(ignored) || !entry->is_regular_file(ignored)) continue;
    const std::string path = entry->path().lexically_relative(folder).generic_string();
    if (!read.contains(path)) (entry.depth() == 0 ? beside : below).push_back(path);
  }
  const std::string shown = Printable(folder);
  std::vector<std::string> left_out;
  if (!beside.empty()) {
    left_out.push_back(
        fmt::format("{}: {} not run: {} stands for its folder; give their names, or list them under `files` in it",
                    shown, NamesAre(beside), kSuiteOfFolder));
  }
  if (!below.empty()) {
    left_out.push_back(
        fmt::format("{}: {} not run: folders below one that is given are not searched; give their names, or "
                    "list them under `files` in a {}",
                    shown, NamesAre(below), kSuiteOfFolder));
  }
  return left_out;
}

}  // namespace wsfleet::cli
