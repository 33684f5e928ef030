#include "coordinator/coordinator_options.h"

namespace wsfleet::coordinator {

bool IsLoopback(std::string_view address) {
  return address.starts_with("127.") || address.starts_with("localhost:") || address.starts_with("[::1]:");
}

std::string AuthorityDirectory(const std::string& state_directory) { return state_directory + "/ca"; }

}  // namespace wsfleet::coordinator
