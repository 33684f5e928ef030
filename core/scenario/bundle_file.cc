#include "core/scenario/bundle_file.h"

#include <algorithm>
#include <vector>

#include "core/base/text.h"
#include "fmt/format.h"
#include "fmt/ranges.h"

namespace wsfleet {
namespace {

// Every mention is a copy in the plan.
constexpr std::size_t kMaxFileContent = 64 << 20;

}  // namespace

std::optional<std::string> ResolveBundlePath(std::string_view from, std::string_view path) {
  if (path.starts_with('/')) return std::nullopt;
  const std::size_t slash = from.rfind('/');
  const std::string joined =
      fmt::format("{}{}", slash == std::string_view::npos ? std::string_view() : from.substr(0, slash + 1), path);
  std::vector<std::string_view> parts;
  for (std::size_t at = 0; at <= joined.size();) {
    const std::size_t end = std::min(joined.find('/', at), joined.size());
    const std::string_view part = std::string_view(joined).substr(at, end - at);
    if (part == "..") {
      if (parts.empty()) return std::nullopt;
      parts.pop_back();
    } else if (!part.empty() && part != ".") {
      parts.push_back(part);
    }
    at = end + 1;
  }
  return fmt::format("{}", fmt::join(parts, "/"));
}

const std::string* FindFile(ParseContext& context, std::string_view key, std::string_view path,
                            const SourceRange& range) {
  if (path.empty()) return nullptr;
  const auto resolved = ResolveBundlePath(range.file, path);
  if (!resolved) {
    context.diagnostics.Error(
        range, fmt::format("{}: \"{}\" lies outside of the folder that was given", key, Excerpt(path, 200)));
    return nullptr;
  }
  const auto found = context.files.find(*resolved);
  if (found != context.files.end()) {
    context.file_bytes += found->second.size();
    if (context.file_bytes <= kMaxFileContent) return &found->second;
    context.diagnostics.Error(range, fmt::format("{}: the files that this suite names come to more than {} MiB, each "
                                                 "counted as often as it is named",
                                                 key, kMaxFileContent >> 20));
    return nullptr;
  }
  std::vector<std::string_view> names;
  for (const auto& [name, content] : context.files) names.push_back(name);
  context.diagnostics.Error(
      range, fmt::format("{}: there is no file \"{}\"{}", key, Excerpt(*resolved, 200), Suggestion(*resolved, names)));
  return nullptr;
}

}  // namespace wsfleet
