#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/verdict/result.h"
#include "wsfleet/v1/result.pb.h"

// What convert_result.cc is made of: texts and times within their limits, and a failure with its evidence.
#define WSFLEET_RETURN_IF_ERROR(expression) \
  if (absl::Status checked = (expression); !checked.ok()) return checked

namespace wsfleet::wire {

// Within the limit that FromWire checks, as UTF-8: what comes from a target, or was named by an author, may be of any
// length, and Protobuf refuses a message whose strings are none.
std::string Fit(std::string_view text, std::size_t max_bytes);
std::string FitText(std::string_view text);  // kMaxTextBytes
std::string FitName(std::string_view text);  // kMaxNameBytes

// An agent may say anything of its clock: nothing took less than no time, or was done before there were clocks.
absl::Duration Elapsed(const google::protobuf::Duration& proto);
absl::Time WallTime(const google::protobuf::Timestamp& proto);

v1::Failure ToWire(const Failure& failure);
// INVALID_ARGUMENT: a field is beyond its limit.
absl::StatusOr<Failure> FromWire(const v1::Failure& proto);

}  // namespace wsfleet::wire
