#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

// Files that say which coordinators there are:
//
//   current: staging
//   contexts:
//     staging: {coordinator: "wsfleet.example.com:7421", ca: ca.pem, token_file: token, fleet: default}
namespace wsfleet::cli {

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

// Makes `name` the current context of an existing file; what else stands in it, comments too, stays.
absl::Status UseContext(const std::string& path, std::string_view name);

// Adds a context to a file, which is made if it is not there; what else stands in it stays. It becomes the current one
// if none is. Paths are kept as they are given. ALREADY_EXISTS: a context of that name stands in it, with other
// settings. FAILED_PRECONDITION: the file is written in a way that this cannot add to.
absl::Status AddContext(const std::string& path, const Context& context);

// The text of a file with this one context, which is current.
std::string RenderContextFile(const Context& context, std::string_view comment);

}  // namespace wsfleet::cli
