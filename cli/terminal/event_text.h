#pragma once

#include <optional>
#include <string>

#include "wsfleet/v1/job.pb.h"

// Events of a run as lines for people. Text of targets and agents is made printable.
namespace wsfleet::cli {

// "eu-west-1   ✗ chat/five events  12ms  [upgrade-refused-5xx] the upgrade was answered with 500".
std::string ResultLine(const v1::ShardCaseResult& result);

// One line for any event but a progress tick: "20:38:05.113  …", in the local time zone.
std::optional<std::string> LogLine(const v1::JobEvent& event);

// "running", "cancelled": lower case, without the enumerators' prefix.
std::string StateName(v1::JobState state);
std::string StateName(v1::ShardState state);

}  // namespace wsfleet::cli
