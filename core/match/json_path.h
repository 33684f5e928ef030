#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "boost/json/value.hpp"

namespace wsfleet {

struct JsonPathProgram;  // the parsed path; json_path.cc

// An RFC 9535 path without function extensions: name, index, wildcard, slice, list and filter selectors, descendants.
// Immutable and cheap to copy; thread-safe.
class JsonPath {
 public:
  static constexpr std::size_t kMaxBytes = 1024;
  static constexpr std::size_t kMaxDepth = 64;
  static constexpr std::size_t kMaxNodes = 10'000;

  struct ParseError {
    std::size_t offset = 0;  // byte in the path
    std::string message;
  };

  // On failure returns InvalidArgument and fills `error` if it is not null.
  static absl::StatusOr<JsonPath> Parse(std::string_view text, ParseError* error = nullptr);

  // The nodes it selects, in the order of RFC 9535, as pointers into `root`. At most kMaxNodes are visited; beyond that
  // the selection ends there and `truncated` is set if it is not null.
  std::vector<const boost::json::value*> Select(const boost::json::value& root, bool* truncated = nullptr) const;

  const std::string& text() const { return text_; }

 private:
  std::string text_;
  std::shared_ptr<const JsonPathProgram> program_;
};

}  // namespace wsfleet
