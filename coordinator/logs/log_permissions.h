#pragma once

#include <string>
#include <vector>

namespace wsfleet::coordinator {

// What suites may have read: files, folders, and the beginnings of URLs. Nothing by default.
struct LogPermissions {
  std::vector<std::string> files;
  std::vector<std::string> urls;
};

}  // namespace wsfleet::coordinator
