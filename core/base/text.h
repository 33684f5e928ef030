#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

// Interfaces take std::string_view. Debian's Abseil has a string_view of its own, so the two are converted here and
// nowhere else. Messages are built with fmt::format, which knows both.
namespace wsfleet {

inline absl::string_view ToAbsl(std::string_view text) { return {text.data(), text.size()}; }
inline std::string_view ToStd(absl::string_view text) { return {text.data(), text.size()}; }

// Parses "250ms", "3s", "1.5m", "2h"; with `signed_allowed` also "-1m". Nothing else is a duration.
std::optional<absl::Duration> ParseDuration(std::string_view text, bool signed_allowed = false);

// For people who keep things: as ParseDuration, and "90d". Not for suites.
std::optional<absl::Duration> ParseLongDuration(std::string_view text);

// (Not FormatDuration: absl has one, and argument-dependent lookup would find both.)
// Shortest exact form that ParseDuration reads: "250ms", "3s", "1m30s" is written "90s".
std::string DurationText(absl::Duration duration);

// RFC 3339, to the second: "2026-11-26T08:30:00Z".
std::string UtcText(absl::Time time);

// For people: three significant digits, "182ms", "1.84s", "2m03s".
std::string FormatElapsed(absl::Duration duration);

// For people: "99 B", "2.1 kB", "10.0 MiB" style is not used for traffic; traffic is decimal.
std::string FormatBytes(std::uint64_t bytes);

// The candidate nearest to `word` by edit distance (a swap of neighbours counts 1), if it is near enough to be meant:
// at most a third of the word's length and at most 3. Empty if none is.
std::string_view ClosestMatch(std::string_view word, std::span<const std::string_view> candidates);

// Cuts at most `max_bytes` off the front without splitting a UTF-8 sequence; appends "…" if something was cut.
std::string Excerpt(std::string_view text, std::size_t max_bytes);

constexpr bool IsDigit(char c) { return c >= '0' && c <= '9'; }

bool IsValidUtf8(std::string_view text);
// Code points of a text that is: what people count as characters, near enough.
std::size_t CountCharacters(std::string_view text);
// Where its first byte stands that is not.
std::optional<std::size_t> FindInvalidUtf8(std::string_view text);

// As it may stand on a terminal: control characters and what turns the direction of writing become '?', and if it is
// not UTF-8, everything beyond ASCII too. A terminal must not take orders from a file or from a target, and a tab would
// move the caret.
std::string Printable(std::string_view text);
// Of a text without control characters, where it stands within something that is not UTF-8.
std::string PrintableBytes(std::string_view text);
// Of each line, whose ends stay.
std::string PrintableLines(std::string_view text);

// `pattern` may hold `*` for any run of characters. Used for region terms and thresholds' filters.
bool GlobMatches(std::string_view pattern, std::string_view text);

}  // namespace wsfleet
