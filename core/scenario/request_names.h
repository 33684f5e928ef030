#pragma once

#include <string>
#include <string_view>

// Names that a suite gives to what its requests carry.
namespace wsfleet {

// RFC 9110, 5.6.2.
bool IsToken(std::string_view text);

enum class RequestKind { kUpgrade, kHttp };
// Why a suite may not set the header of this name: it is no name, or a field that the request itself is made of, so
// that a target would rightly answer otherwise than it was asked to. Empty: it may. `Host` is the author's.
std::string ProblemOfHeader(std::string_view name, RequestKind kind);

}  // namespace wsfleet
