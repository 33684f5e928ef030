#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

// Secrets that the coordinator makes, and what it keeps of them.
namespace wsfleet::coordinator {

// Fit for keys and tokens. INTERNAL: OpenSSL has none.
absl::StatusOr<std::string> RandomBytes(std::size_t count);

// Lower-case hex. Of a secret of 256 random bits one round is enough, unlike of a password: nobody who reads the
// digests can try them all, and nothing is gained by making each try slow. Nor does it matter that digests are compared
// and looked up in a time that depends on them: who guesses cannot choose the digest of a guess.
std::string Sha256Hex(std::string_view secret);

}  // namespace wsfleet::coordinator
