#include "coordinator/coordinator_options.h"

namespace wsfleet::coordinator {

std::string AuthorityDirectory(const std::string& state_directory) { return state_directory + "/ca"; }

}  // namespace wsfleet::coordinator
