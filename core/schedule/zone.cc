#include "core/schedule/zone.h"

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "core/base/text.h"
#include "fmt/format.h"

namespace wsfleet {
namespace {

constexpr std::size_t kMaxBytes = 64;

// Of the shape Area/Location: letters, digits, _, -, + in parts that begin with a letter. What else the library would
// open, such as paths, is no name.
bool IsZoneName(std::string_view name) {
  if (name.empty() || name.size() > kMaxBytes) return false;
  bool at_begin = true;
  for (const char c : name) {
    const bool letter = absl::ascii_isalpha(static_cast<unsigned char>(c));
    const bool inner = absl::ascii_isdigit(static_cast<unsigned char>(c)) || c == '_' || c == '-' || c == '+';
    if (c == '/' ? at_begin : !letter && (at_begin || !inner)) return false;
    at_begin = c == '/';
  }
  return !at_begin;
}

// Of this machine, or the database's own affairs: with leap seconds, for programs that know no zone.
bool IsReserved(std::string_view name) {
  return name == "localtime" || name == "Local" || name == "Factory" || name == "posixrules" ||
         name.starts_with("posix/") || name.starts_with("right/");
}

std::string Lower(std::string_view text) { return absl::AsciiStrToLower(ToAbsl(text)); }

// The known name that was meant: in other letters, mistyped, or its last part alone ("Berlin").
std::string_view Nearest(std::string_view name) {
  std::string wanted = Lower(name);
  std::ranges::replace(wanted, ' ', '_');
  std::vector<std::string> lower, cities;
  for (const std::string_view zone : KnownZones()) {
    lower.push_back(Lower(zone));
    cities.push_back(lower.back().substr(lower.back().rfind('/') + 1));
  }
  const auto find = [&](const std::vector<std::string>& names) -> std::string_view {
    const std::vector<std::string_view> views(names.begin(), names.end());
    const std::string_view near = ClosestMatch(wanted, views);
    if (near.empty()) return {};
    return KnownZones()[static_cast<std::size_t>(std::ranges::find(names, near) - names.begin())];
  };
  const std::string_view whole = find(lower);
  return whole.empty() ? find(cities) : whole;
}

}  // namespace

absl::StatusOr<absl::TimeZone> FindZone(std::string_view name) {
  absl::TimeZone zone;
  if (IsZoneName(name) && !IsReserved(name) && absl::LoadTimeZone(ToAbsl(name), &zone)) return zone;
  const std::string shown = Printable(Excerpt(name, kMaxBytes));
  if (std::ranges::find(KnownZones(), name) != KnownZones().end()) {
    return absl::InvalidArgumentError(
        fmt::format("zone \"{}\" is not in the time zone database of this machine; install tzdata", shown));
  }
  const std::string_view near = Nearest(name);
  return absl::InvalidArgumentError(
      fmt::format("unknown zone \"{}\"; {}", shown,
                  near.empty() ? "expected a name of the IANA database such as UTC or Europe/Berlin"
                               : fmt::format("did you mean \"{}\"?", near)));
}

}  // namespace wsfleet
