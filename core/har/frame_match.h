#pragma once

#include <string>

#include "core/har/recording.h"

namespace wsfleet {

// A selector, as it may stand behind `match:`, for frames like this one: of a JSON payload the members that say what
// kind of message it is (type, event, …), else which members it has; of another text how it begins, up to where it
// looks like an id or a token. Nothing of a recording but such words comes into it.
std::string MatchOf(const RecordedMessage& message);

}  // namespace wsfleet
