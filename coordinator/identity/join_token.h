#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"

// The text of a join token: "wsj_ID_SECRET". Who has it may enrol; the store has its id and its hash only.
namespace wsfleet::coordinator {

struct JoinTokenText {
  std::string id;    // 12 hex digits
  std::string text;  // the whole
};

// 256 random bits, so that a plain SHA-256 of it cannot be searched. INTERNAL: there are no random numbers.
absl::StatusOr<JoinTokenText> NewJoinToken();

// UNAUTHENTICATED: it is none. The message has nothing of the text in it.
absl::StatusOr<JoinTokenText> ParseJoinToken(std::string_view text);

// SHA-256, hex.
std::string HashOf(const JoinTokenText& token);
// In constant time.
bool HasHash(const JoinTokenText& token, std::string_view hash);

}  // namespace wsfleet::coordinator
