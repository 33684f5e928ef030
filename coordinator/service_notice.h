#pragma once

#include <string>

#include "absl/status/status.h"

namespace wsfleet::coordinator {

// Tells the service manager that this process serves, as sd_notify(3) describes: READY=1 in one datagram to the socket
// that NOTIFY_SOCKET names, a path or, behind '@', an abstract name. Does nothing if `socket_name` is empty: nobody
// asked.
absl::Status NotifyReady(const std::string& socket_name);

}  // namespace wsfleet::coordinator
