#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/session/expectation.h"
#include "fmt/format.h"

// Frames as tests write them. Times are milliseconds since the anchor's clock.
namespace wsfleet::testing {

inline SteadyTime At(int milliseconds) { return {absl::Seconds(100) + absl::Milliseconds(milliseconds)}; }

struct Arrival {
  int at = 0;
  std::string bytes;
  Opcode opcode = Opcode::kText;
};

// "type@ms" or "type:n@ms", separated by blanks: frames {"type": …, "n": …}. "ping@ms" is a ping,
// "deep@ms" a frame that is nested too deep to be read.
inline std::vector<Arrival> Arrivals(std::string_view script) {
  std::vector<Arrival> out;
  while (!script.empty()) {
    const std::string_view word = script.substr(0, script.find(' '));
    script.remove_prefix(std::min(script.size(), word.size() + 1));
    const std::size_t at = word.find('@'), n = word.find(':');
    Arrival arrival;
    arrival.at = std::stoi(std::string(word.substr(at + 1)));
    const std::string_view type = word.substr(0, std::min(at, n));
    if (type == "ping") {
      arrival.opcode = Opcode::kPing;
    } else if (type == "deep") {
      arrival.bytes = std::string(70, '[') + std::string(70, ']');
    } else if (n < at) {
      arrival.bytes = fmt::format(R"({{"type":"{}","n":{}}})", type, word.substr(n + 1, at - n - 1));
    } else {
      arrival.bytes = fmt::format(R"({{"type":"{}"}})", type);
    }
    out.push_back(std::move(arrival));
  }
  return out;
}

}  // namespace wsfleet::testing
