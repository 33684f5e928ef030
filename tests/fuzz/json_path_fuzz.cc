#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "core/match/json_path.h"
#include "core/match/selector.h"

// The first line is a path, the rest a document. Whatever they are: an error stands inside the path and has a message,
// and a selection keeps its limits.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::string_view text = input.substr(0, input.find('\n'));
  wsfleet::JsonPath::ParseError error;
  const absl::StatusOr<wsfleet::JsonPath> path = wsfleet::JsonPath::Parse(text, &error);
  if (!path.ok()) {
    if (error.offset > text.size() || error.message.empty()) std::abort();
    return 0;
  }
  const std::string_view document = input.substr(text.size() == input.size() ? text.size() : text.size() + 1);
  const wsfleet::Payload payload(wsfleet::Opcode::kText, std::string(document));
  if (payload.json() == nullptr) return 0;
  if (path->Select(*payload.json()).size() > wsfleet::JsonPath::kMaxNodes) std::abort();
  return 0;
}
