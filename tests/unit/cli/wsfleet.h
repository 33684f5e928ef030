#pragma once

#include <map>
#include <string>
#include <vector>

#include "tests/support/child_process.h"
#include "tests/support/real_fleet.h"
#include "tests/support/temporary_directory.h"

namespace wsfleet::cli {

// The program itself, without a coordinator of the environment's.
inline testing::Finished Wsfleet(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), testing::Binary("wsfleet"));
  return testing::RunCommand({arguments, {{"WSFLEET_COORDINATOR", ""}}, {}}, absl::Seconds(60));
}

// In a folder without a configuration, and with these variables.
inline testing::Finished Unconfigured(const std::vector<std::string>& arguments,
                                      const testing::TemporaryDirectory& directory,
                                      std::map<std::string, std::string> environment = {}) {
  std::vector<std::string> line{testing::Binary("wsfleet")};
  line.insert(line.end(), arguments.begin(), arguments.end());
  environment.emplace("WSFLEET_COORDINATOR", "");
  environment.emplace("XDG_CONFIG_HOME", directory.path().string());
  return testing::RunCommand({line, environment, directory.path().string()}, absl::Seconds(60));
}

}  // namespace wsfleet::cli
