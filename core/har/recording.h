#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"

// What a browser recorded: an HTTP archive (HAR 1.2) with the field _webSocketMessages that Chrome and Firefox add.
namespace wsfleet {

inline constexpr std::size_t kMaxHarBytes = 64 << 20;

struct RecordedMessage {
  enum class Kind { kText, kBinary };

  bool sent = false;
  Kind kind = Kind::kText;
  double seconds = 0;  // since the epoch; 0 if it was not recorded
  std::string data;    // kBinary: base64
};

struct RecordedConnection {
  std::size_t entry = 0;  // its number in the archive, from 1
  std::string url;        // as recorded
  std::vector<std::pair<std::string, std::string>> request_headers;
  std::string chosen_subprotocol;
  int status = 0;      // of the answer; 0 if there was none
  double seconds = 0;  // since the epoch, of the request; 0 if it was not recorded
  std::vector<RecordedMessage> messages;
  std::size_t other_frames = 0;  // pings, close frames and errors
};

// The WebSocket connections of an archive, in its order. INVALID_ARGUMENT, with the name `file`: `text` is not JSON
// (with line and column), is no archive, is larger than kMaxHarBytes, or has no WebSocket connection (with how to
// record one).
absl::StatusOr<std::vector<RecordedConnection>> ReadHar(std::string_view file, std::string_view text);

}  // namespace wsfleet
