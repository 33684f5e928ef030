#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace wsfleet::testing {

// A new directory, 0700, that is removed with everything in it at the end of its life.
class TemporaryDirectory {
 public:
  TemporaryDirectory();
  ~TemporaryDirectory();
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

  const std::filesystem::path& path() const { return path_; }
  // Writes a file below it, with the folders that it needs; returns its path.
  std::string Write(const std::string& name, std::string_view content) const;

 private:
  std::filesystem::path path_;
};

// The whole file; empty if it cannot be read.
std::string ReadWholeFile(const std::filesystem::path& path);

}  // namespace wsfleet::testing
