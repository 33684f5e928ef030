#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/url.h"
#include "core/har/recording.h"
#include "core/har/secrets.h"

namespace wsfleet {

inline constexpr std::size_t kMaxImportedMessages = 500;  // of a connection

// One recorded connection as an element of `scenarios`.
class ScenarioText {
 public:
  // The text takes at most about `max_bytes`. `secrets` outlives it.
  ScenarioText(SecretTable& secrets, std::size_t max_bytes) : secrets_(secrets), max_bytes_(max_bytes) {}

  // Call once. `base`: before the path, if the connection does not go to the suite's target.
  std::string Write(const RecordedConnection& connection, const Url& url, std::string_view base, std::string_view name);

  // What was left out, once it is written.
  const std::vector<std::string>& notes() const { return notes_; }

 private:
  void Connect(const RecordedConnection& connection, const Url& url, std::string_view base);
  std::string QueryOf(std::string_view query, std::string& rest);
  std::string HeadersOf(const RecordedConnection& connection);
  std::string SubprotocolsOf(const RecordedConnection& connection);
  void Messages(const RecordedConnection& connection);
  void Send(const RecordedMessage& message);
  void SendBinary(std::string_view base64, std::string_view bytes);
  void SendText(std::string_view text);
  void Expect(const std::vector<const RecordedMessage*>& received, double since);

  SecretTable& secrets_;
  std::size_t max_bytes_;
  std::string steps_;
  bool asserts_ = false;
  std::vector<std::string> notes_;
};

}  // namespace wsfleet
