#include "cli/bundle_files.h"

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "fmt/format.h"

namespace wsfleet::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kSuffix = ".wsfleet.yaml";
constexpr std::size_t kMaxFiles = 1000;

// A file that is too large keeps its size in the message: the rest is filled up without being read.
absl::StatusOr<std::string> ReadFile(const fs::path& path) {
  std::error_code error;
  const auto size = fs::file_size(path, error);
  std::ifstream in(path, std::ios::binary);
  if (error || !in)
    return absl::NotFoundError(fmt::format("cannot read {}; does it exist, and may you read it?", path.string()));
  if (size > kMaxBundleBytes) return std::string(std::min<std::uintmax_t>(size, 64 << 20), '#');
  std::string content(size, '\0');
  in.read(content.data(), static_cast<std::streamsize>(size));
  content.resize(static_cast<std::size_t>(in.gcount()));
  return content;
}

// Files that a suite can name stand in its text; the others of the folder stay where they are.
absl::Status AddNamedFiles(const fs::path& folder, const std::string& text, Bundle& bundle) {
  std::error_code error;
  std::size_t seen = 0;
  for (const auto& entry :
       fs::recursive_directory_iterator(folder, fs::directory_options::skip_permission_denied, error)) {
    if (++seen > kMaxFiles) break;
    if (!entry.is_regular_file(error)) continue;
    const std::string name = fs::relative(entry.path(), folder, error).generic_string();
    if (name.ends_with(kSuffix) || bundle.files.contains(name) || text.find(name) == std::string::npos) continue;
    auto content = ReadFile(entry.path());
    if (!content.ok()) return content.status();
    bundle.files.emplace(name, *std::move(content));
  }
  return absl::OkStatus();
}

// The suites below a folder, any of which its suite may list; not suites of the bundle by themselves. Adds their texts
// to `text`, because they name files too.
absl::Status AddListedSuites(const fs::path& folder, std::string& text, Bundle& bundle) {
  std::error_code error;
  std::size_t seen = 0;
  for (const auto& entry :
       fs::recursive_directory_iterator(folder, fs::directory_options::skip_permission_denied, error)) {
    if (++seen > kMaxFiles) break;
    const std::string name = fs::relative(entry.path(), folder, error).generic_string();
    if (!entry.is_regular_file(error) || !name.ends_with(kSuffix) || bundle.files.contains(name)) continue;
    auto content = ReadFile(entry.path());
    if (!content.ok()) return content.status();
    if (content->size() <= kMaxFileBytes) text += *content;
    bundle.files.emplace(name, *std::move(content));
  }
  return absl::OkStatus();
}

absl::Status AddSuite(const fs::path& file, const std::string& name, Bundle& bundle) {
  auto content = ReadFile(file);
  if (!content.ok()) return content.status();
  std::string text = content->size() <= kMaxFileBytes ? *content : std::string();
  if (bundle.files.emplace(name, *std::move(content)).second) bundle.suites.push_back(name);
  if (text.empty()) return absl::OkStatus();
  const fs::path folder = file.parent_path().empty() ? fs::path(".") : file.parent_path();
  const bool may_list = text.find("files:") != std::string::npos;
  if (absl::Status status = may_list ? AddListedSuites(folder, text, bundle) : absl::OkStatus(); !status.ok()) {
    return status;
  }
  return AddNamedFiles(folder, text, bundle);
}

absl::Status AddFolder(const fs::path& folder, Bundle& bundle) {
  std::error_code error;
  if (fs::exists(folder / "suite.wsfleet.yaml", error))
    return AddSuite(folder / "suite.wsfleet.yaml", "suite.wsfleet.yaml", bundle);
  std::vector<fs::path> suites;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    if (entry.path().filename().string().ends_with(kSuffix)) suites.push_back(entry.path());
  }
  std::ranges::sort(suites);
  if (suites.empty())
    return absl::InvalidArgumentError(
        fmt::format("{} has no *.wsfleet.yaml; `wsfleet new` writes one", folder.string()));
  for (const fs::path& suite : suites) {
    if (absl::Status status = AddSuite(suite, suite.filename().string(), bundle); !status.ok()) return status;
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Bundle> ReadBundle(const std::vector<std::string>& paths) {
  Bundle bundle;
  for (const std::string& text : paths) {
    const fs::path path(text);
    std::error_code error;
    if (!fs::exists(path, error)) return absl::NotFoundError(fmt::format("{} does not exist", text));
    const absl::Status status =
        fs::is_directory(path, error) ? AddFolder(path, bundle) : AddSuite(path, path.filename().string(), bundle);
    if (!status.ok()) return status;
  }
  return bundle;
}

}  // namespace wsfleet::cli
