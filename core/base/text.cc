#include "core/base/text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <vector>

#include "fmt/format.h"

namespace wsfleet {
namespace {

struct Unit {
  std::string_view suffix;
  absl::Duration duration;
};

// "ms" before "m" and "s": the longest suffix wins.
const std::array<Unit, 4>& Units() {
  static const std::array<Unit, 4> kUnits{
      {{"ms", absl::Milliseconds(1)}, {"s", absl::Seconds(1)}, {"m", absl::Minutes(1)}, {"h", absl::Hours(1)}}};
  return kUnits;
}

// Digits, and at most one point with digits on both sides.
bool IsPlainNumber(std::string_view text) {
  const std::size_t point = text.find('.');
  const auto digits = [](std::string_view part) { return !part.empty() && std::ranges::all_of(part, IsDigit); };
  if (point == std::string_view::npos) return digits(text);
  return digits(text.substr(0, point)) && digits(text.substr(point + 1));
}

// Optimal string alignment: edits, and swaps of neighbours, each of cost 1.
std::size_t EditDistance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1), last(b.size() + 1), row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t substitution = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, substitution});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) row[j] = std::min(row[j], before[j - 2] + 1);
    }
    std::swap(before, last);
    std::swap(last, row);
  }
  return last[b.size()];
}

// Length of the valid UTF-8 sequence at the front (RFC 3629), 0 if there is none.
std::size_t SequenceLength(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const auto continues = [&](std::size_t i, unsigned char low = 0x80, unsigned char high = 0xBF) {
    return i < text.size() && byte(i) >= low && byte(i) <= high;
  };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead <= 0xDF) return continues(1) ? 2 : 0;
  if (lead >= 0xE0 && lead <= 0xEF) {
    const unsigned char low = lead == 0xE0 ? 0xA0 : 0x80;
    const unsigned char high = lead == 0xED ? 0x9F : 0xBF;  // no surrogates
    return continues(1, low, high) && continues(2) ? 3 : 0;
  }
  if (lead >= 0xF0 && lead <= 0xF4) {
    const unsigned char low = lead == 0xF0 ? 0x90 : 0x80;
    const unsigned char high = lead == 0xF4 ? 0x8F : 0xBF;
    return continues(1, low, high) && continues(2) && continues(3) ? 4 : 0;
  }
  return 0;
}

}  // namespace

std::optional<absl::Duration> ParseDuration(std::string_view text, bool signed_allowed) {
  const bool negative = signed_allowed && text.starts_with('-');
  if (negative) text.remove_prefix(1);
  for (const Unit& unit : Units()) {
    if (!text.ends_with(unit.suffix)) continue;
    const std::string_view number = text.substr(0, text.size() - unit.suffix.size());
    if (!IsPlainNumber(number)) return std::nullopt;
    double value = 0;
    const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), value);
    if (error != std::errc() || end != number.data() + number.size()) return std::nullopt;
    const absl::Duration duration = value * unit.duration;
    return negative ? -duration : duration;
  }
  return std::nullopt;
}

std::optional<absl::Duration> ParseLongDuration(std::string_view text) {
  if (!text.ends_with('d')) return ParseDuration(text);
  const auto hours = ParseDuration(fmt::format("{}h", text.substr(0, text.size() - 1)));
  return hours ? std::optional(*hours * 24) : std::nullopt;
}

std::string DurationText(absl::Duration duration) {
  if (duration < absl::ZeroDuration()) return fmt::format("-{}", DurationText(-duration));
  const std::int64_t milliseconds = absl::ToInt64Milliseconds(duration);
  if (milliseconds % 1000 != 0) return fmt::format("{}ms", milliseconds);
  const std::int64_t seconds = milliseconds / 1000;
  if (seconds != 0 && seconds % 3600 == 0) return fmt::format("{}h", seconds / 3600);
  if (seconds != 0 && seconds % 60 == 0) return fmt::format("{}m", seconds / 60);
  return fmt::format("{}s", seconds);
}

std::string UtcText(absl::Time time) { return absl::FormatTime("%Y-%m-%d%ET%H:%M:%SZ", time, absl::UTCTimeZone()); }

std::string FormatElapsed(absl::Duration duration) {
  const double seconds = absl::ToDoubleSeconds(duration);
  if (seconds < 0) return fmt::format("-{}", FormatElapsed(-duration));
  if (seconds < 0.001) return fmt::format("{:.0f}µs", seconds * 1e6);
  if (seconds < 0.01) return fmt::format("{:.1f}ms", seconds * 1e3);
  if (seconds < 1) return fmt::format("{:.0f}ms", seconds * 1e3);
  if (seconds < 10) return fmt::format("{:.2f}s", seconds);
  if (seconds < 60) return fmt::format("{:.1f}s", seconds);
  const auto whole = static_cast<std::int64_t>(seconds);
  if (whole < 3600) return fmt::format("{}m{:02}s", whole / 60, whole % 60);
  return fmt::format("{}h{:02}m", whole / 3600, whole % 3600 / 60);
}

std::string FormatBytes(std::uint64_t bytes) {
  constexpr std::array<std::string_view, 4> kSuffixes{"kB", "MB", "GB", "TB"};
  if (bytes < 1000) return fmt::format("{} B", bytes);
  double value = static_cast<double>(bytes);
  std::size_t suffix = 0;
  for (value /= 1000; value >= 999.95 && suffix + 1 < kSuffixes.size(); value /= 1000) ++suffix;
  return fmt::format("{:.1f} {}", value, kSuffixes[suffix]);
}

std::string_view ClosestMatch(std::string_view word, std::span<const std::string_view> candidates) {
  constexpr std::size_t kMaxWord = 64;  // longer words are no slips of a finger
  if (word.size() > kMaxWord) return {};
  const std::size_t limit = std::min<std::size_t>(3, std::max<std::size_t>(1, word.size() / 3));
  std::string_view best;
  std::size_t best_distance = limit + 1;
  for (const std::string_view candidate : candidates) {
    if (candidate.size() > kMaxWord) continue;
    const std::size_t distance = EditDistance(word, candidate);
    if (distance < best_distance) {
      best = candidate;
      best_distance = distance;
    }
  }
  return best;
}

std::string Excerpt(std::string_view text, std::size_t max_bytes) {
  if (text.size() <= max_bytes) return std::string(text);
  std::size_t end = max_bytes;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return fmt::format("{}…", text.substr(0, end));
}

namespace {

// One character in UTF-8: the C1 controls, which terminals act on (U+009B begins a sequence as ESC [ does), and what
// turns the direction of writing, so that a text seems to say something else.
bool IsInvisibleControl(std::string_view character) {
  if (character.size() == 2) {
    return character[0] == '\xC2' && static_cast<unsigned char>(character[1]) < 0xA0;
  }
  if (character.size() != 3 || character[0] != '\xE2') return false;
  const auto second = static_cast<unsigned char>(character[1]), third = static_cast<unsigned char>(character[2]);
  const bool marks = second == 0x80 && (third == 0x8E || third == 0x8F || (third >= 0xAA && third <= 0xAE));
  const bool isolates = second == 0x81 && third >= 0xA6 && third <= 0xA9;
  return marks || isolates;
}

}  // namespace

std::string PrintableBytes(std::string_view text) {
  std::string shown(text);
  std::ranges::replace_if(shown, [](unsigned char c) { return c < 0x20 || c >= 0x7F; }, '?');
  return shown;
}

std::string Printable(std::string_view text) {
  if (!IsValidUtf8(text)) return PrintableBytes(text);
  std::string shown;
  shown.reserve(text.size());
  while (!text.empty()) {
    const std::string_view character = text.substr(0, SequenceLength(text));
    const auto first = static_cast<unsigned char>(character.front());
    if (first < 0x20 || first == 0x7F || IsInvisibleControl(character)) {
      shown += '?';
    } else {
      shown += character;
    }
    text.remove_prefix(character.size());
  }
  return shown;
}

std::string PrintableLines(std::string_view text) {
  std::string out;
  for (std::size_t end = text.find('\n'); end != std::string_view::npos; end = text.find('\n')) {
    out += Printable(text.substr(0, end)) + '\n';
    text.remove_prefix(end + 1);
  }
  return out + Printable(text);
}

std::size_t CountCharacters(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(text, [](unsigned char c) { return (c & 0xC0U) != 0x80U; }));
}

bool IsValidUtf8(std::string_view text) { return !FindInvalidUtf8(text); }

std::optional<std::size_t> FindInvalidUtf8(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = SequenceLength(text.substr(at));
    if (length == 0) return at;
    at += length;
  }
  return std::nullopt;
}

bool GlobMatches(std::string_view pattern, std::string_view text) {
  // Linear: on a mismatch only the last star takes one character more.
  std::size_t p = 0, t = 0, star = std::string_view::npos, star_text = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      star_text = t;
    } else if (p < pattern.size() && pattern[p] == text[t]) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++star_text;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', p) == std::string_view::npos;
}

}  // namespace wsfleet
