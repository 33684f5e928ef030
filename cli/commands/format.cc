#include "core/scenario/format.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>

#include "cli/commands/commands.h"
#include "cli/whole_file.h"
#include "core/base/text.h"
#include "core/scenario/parser.h"
#include "fmt/format.h"

namespace wsfleet::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kSuffix = ".wsfleet.yaml";
constexpr std::string_view kStdin = "-";
constexpr std::size_t kMaxWalked = 10'000;

// The suites below a folder, in byte order. Links are not followed: they may lead out of it.
absl::Status AddSuitesBelow(const fs::path& folder, std::vector<std::string>& files) {
  std::vector<std::string> found;
  std::error_code error;
  std::size_t walked = 0;
  for (auto at = fs::recursive_directory_iterator(folder, error); !error && at != fs::recursive_directory_iterator();
       at.increment(error)) {
    if (++walked > kMaxWalked) {
      return absl::InvalidArgumentError(
          fmt::format("{} holds more than {} files; name the suites that are meant", folder.string(), kMaxWalked));
    }
    const bool regular = at->is_regular_file(error) && !at->is_symlink(error);
    if (regular && at->path().string().ends_with(kSuffix)) found.push_back(at->path().string());
  }
  if (error) return absl::NotFoundError(fmt::format("{}: {}", folder.string(), error.message()));
  if (found.empty()) return absl::InvalidArgumentError(fmt::format("{} has no *{}", folder.string(), kSuffix));
  std::ranges::sort(found);
  files.insert(files.end(), found.begin(), found.end());
  return absl::OkStatus();
}

absl::StatusOr<std::string> Read(const std::string& path) {
  if (path != kStdin) return ReadWholeFile(path, kMaxBundleBytes);
  std::string text;
  std::array<char, 1 << 16> buffer;
  std::size_t got = 0;
  // What is too large is refused with its size; nobody needs to know the size of an endless one.
  while (text.size() <= kMaxBundleBytes && (got = std::fread(buffer.data(), 1, buffer.size(), stdin)) > 0) {
    text.append(buffer.data(), got);
  }
  return text;
}

// The file keeps its rights.
absl::Status Replace(const std::string& path, std::string_view text) {
  std::error_code error;
  const fs::perms rights = fs::status(path, error).permissions() & fs::perms::all;
  if (absl::Status status = WriteWholeFile(path, text, static_cast<unsigned>(rights)); !status.ok()) return status;
  fs::permissions(path, rights, error);
  return absl::OkStatus();
}

absl::Status Refusal(const std::string& shown, const std::string& text, const FormatResult& result) {
  if (result.diagnostics.empty()) {
    return absl::FailedPreconditionError(
        fmt::format("{}: left as it is; it has a form that cannot be changed without doubt about its meaning (is all "
                    "of it in {{…}}, with explicit keys or with an end mark?)",
                    shown));
  }
  std::string errors;
  for (const Diagnostic& diagnostic : result.diagnostics) errors += RenderDiagnostic(diagnostic, {{shown, text}});
  while (errors.ends_with('\n')) errors.pop_back();
  return absl::InvalidArgumentError(errors);
}

int FormatFile(const std::string& path, bool check, bool quiet) {
  const auto text = Read(path);
  if (!text.ok()) return Fail(text.status());
  const std::string shown = path == kStdin ? "stdin" : path;
  const FormatResult result = FormatSuite(shown, *text);
  if (!result.text) return Fail(Refusal(shown, *text, result));
  if (check) {
    if (*result.text == *text) return kPassedCode;
    fmt::print("{}\n", Printable(shown));
    return kFailedCode;
  }
  if (path == kStdin) {
    fmt::print("{}", *result.text);
  } else if (*result.text != *text) {
    if (const absl::Status status = Replace(path, *result.text); !status.ok()) return Fail(status);
    if (!quiet) fmt::print(stderr, "formatted {}\n", Printable(path));
  }
  return kPassedCode;
}

}  // namespace

int FormatCommand(Invocation& invocation, const std::vector<std::string>& paths, bool check) {
  std::vector<std::string> files;
  for (const std::string& path : paths) {
    std::error_code error;
    if (!fs::is_directory(path, error)) {
      files.push_back(path);
    } else if (const absl::Status status = AddSuitesBelow(path, files); !status.ok()) {
      return Fail(status);
    }
  }
  // One that cannot be formatted does not keep the others from it.
  int code = kPassedCode;
  for (const std::string& file : files) code = std::max(code, FormatFile(file, check, invocation.quiet));
  return code;
}

}  // namespace wsfleet::cli
