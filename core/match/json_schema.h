#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "boost/json/value.hpp"

namespace wsfleet {

// A JSON Schema of draft-07, read once, that judges many values. Judged by valijson; around it lie our limits, RE2 for
// `pattern`, and numbers by value (1.0 is an integer). Not in it, and refused: `patternProperties`, references to other
// files, keywords of later drafts. `format`, `content*` and unknown keywords say nothing, as draft-07 allows.
// May be used by several threads at once.
class JsonSchema {
 public:
  static constexpr std::size_t kMaxBytes = 256 * 1024;
  static constexpr std::size_t kMaxSchemas = 2000;
  // Of schemas of which each refers to the next, or holds it.
  static constexpr int kMaxDepth = 200;
  // Of schemas that apply to one value through each other: by allOf, anyOf, oneOf, not, if and dependencies.
  static constexpr int kMaxChain = 8;
  // Tests on one value and all that is in it. A value that asks for more is not accepted, and TakeExceeded() says so.
  static constexpr std::int64_t kMaxTests = 200'000;

  // InvalidArgument: why `text` is no such schema, with the place in it ("/properties/bid/type: …").
  static absl::StatusOr<std::shared_ptr<const JsonSchema>> Parse(std::string_view text);

  // Whether a value has asked this thread for more than kMaxTests since the last call.
  static bool TakeExceeded();

  virtual ~JsonSchema() = default;

  virtual bool Accepts(const boost::json::value& value) const = 0;

  // Of a value that is not accepted: the place in it, and what is wrong there: "$.bid: …".
  virtual std::string Explain(const boost::json::value& value) const = 0;
};

}  // namespace wsfleet
