#pragma once

#include <span>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace wsfleet {

// A time zone of the IANA database by its name, such as "Europe/Berlin" or "UTC", as this machine's copy of the
// database has it (Debian: tzdata). INVALID_ARGUMENT: there is none of this name, with the nearest that there is. Names
// that mean another zone on each machine ("localtime") are none.
absl::StatusOr<absl::TimeZone> FindZone(std::string_view name);

// Names of zones, for suggestions; zone_names.cc.
std::span<const std::string_view> KnownZones();

}  // namespace wsfleet
