#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

// Files that say which coordinators there are; context_edit.h changes them:
//
//   current: staging
//   contexts:
//     staging: {coordinator: "wsfleet.example.com:7421", ca: ca.pem, token_file: token, fleet: default}
namespace wsfleet::cli {

inline constexpr std::uint64_t kMaxContextFile = 1 << 20;  // bytes

struct Context {
  std::string name;
  std::string coordinator;  // host:port
  std::string ca_file;      // empty: the system's authorities
  std::string token_file;   // empty: no token
  std::string fleet = "default";

  friend bool operator==(const Context&, const Context&) = default;
};

struct ContextFile {
  std::string path;
  std::string current;  // empty: none is chosen
  std::vector<Context> contexts;

  const Context* Find(std::string_view name) const;
};

// Who may have written a file decides where its token may lie.
enum class FileTrust {
  kOwn,     // of this person
  kFolder,  // came with a folder, perhaps with somebody's repository: token_file must stay below that folder
};

// A file that does not exist is an empty one. Relative paths in it are relative to its folder; in what is returned they
// are absolute. INVALID_ARGUMENT: with file:line:column and a caret.
absl::StatusOr<ContextFile> ReadContextFile(const std::string& path, FileTrust trust);

// The same of a text that stands in the file, or would.
absl::StatusOr<ContextFile> ParseContextFile(const std::string& path, const std::string& text, FileTrust trust);

}  // namespace wsfleet::cli
