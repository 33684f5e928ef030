#pragma once

#include "boost/json/object.hpp"
#include "wsfleet/v1/schedule.pb.h"

namespace wsfleet::cli {

// A schedule for programs, with UTC times; what is only in the answer of `get` is left out of a list.
boost::json::object ToJson(const v1::Schedule& schedule);

}  // namespace wsfleet::cli
