#pragma once

#include <string_view>

namespace wsfleet {

// Nobody else reaches it: an address of 127.0.0.0/8, ::1, or "localhost". A name that only begins so is none.
bool IsLoopbackHost(std::string_view host);
// Of "host:port", IPv6 in brackets.
bool IsLoopback(std::string_view address);

}  // namespace wsfleet
