#include <algorithm>
#include <string_view>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/strip.h"
#include "core/base/text.h"
#include "core/match/selector.h"
#include "core/value/json_numbers.h"
#include "fmt/format.h"
#include "re2/re2.h"

namespace wsfleet {
namespace {

using boost::json::value;

absl::StatusOr<value> ReadPath(const JsonPath& path, const Payload& payload) {
  const value* json = payload.json();
  if (payload.too_deep()) {
    return absl::OutOfRangeError(
        fmt::format("{}: the payload is nested deeper than {} levels", path.text(), JsonPath::kMaxDepth));
  }
  if (json == nullptr) return absl::NotFoundError(fmt::format("{}: the payload is not JSON", path.text()));
  bool truncated = false;
  const std::vector<const value*> selection = path.Select(*json, &truncated);
  if (truncated) {
    return absl::OutOfRangeError(fmt::format("{}: looks at more than {} nodes", path.text(), JsonPath::kMaxNodes));
  }
  if (selection.size() != 1) {
    return absl::NotFoundError(fmt::format("{}: expected exactly one value, found {}", path.text(), selection.size()));
  }
  const bool may_be = MayBeRounded(*selection.front());
  if (const auto rounded = may_be ? payload.rounded_number(selection) : std::string_view(); !rounded.empty()) {
    return absl::OutOfRangeError(fmt::format("{}: {} is held to 16 digits only, and would be another number",
                                             path.text(), Excerpt(rounded, 60)));
  }
  return *selection.front();
}

absl::StatusOr<value> ReadGroup(const re2::RE2& regex, const Payload& payload) {
  const re2::StringPiece text(payload.bytes());
  re2::StringPiece found[2];
  const int groups = std::min(1, regex.NumberOfCapturingGroups());
  if (!regex.Match(text, 0, text.size(), re2::RE2::UNANCHORED, found, groups + 1)) {
    return absl::NotFoundError(fmt::format("regex {}: no match in the text", regex.pattern()));
  }
  // A group that took no part in the match found nothing.
  if (found[groups].data() == nullptr) {
    return absl::NotFoundError(fmt::format("regex {}: the group matched nothing", regex.pattern()));
  }
  return value(std::string(found[groups].data(), found[groups].size()));
}

bool SameName(std::string_view a, std::string_view b) { return absl::EqualsIgnoreCase(ToAbsl(a), ToAbsl(b)); }

absl::StatusOr<value> ReadHeader(std::string_view name, std::span<const HeaderField> headers) {
  std::string joined;
  bool found = false;
  for (const HeaderField& header : headers) {
    if (!SameName(header.name, name)) continue;
    if (found) joined += ", ";
    joined += header.value;
    found = true;
  }
  if (!found) return absl::NotFoundError(fmt::format("header:{}: there is no such header", name));
  return value(joined);
}

// The value that the answer sets; of several Set-Cookie of one name the last one counts (RFC 6265, 5.3).
absl::StatusOr<value> ReadCookie(std::string_view name, std::span<const HeaderField> headers) {
  std::optional<std::string> found;
  for (const HeaderField& header : headers) {
    if (!SameName(header.name, "set-cookie")) continue;
    const std::string_view pair = std::string_view(header.value).substr(0, header.value.find(';'));
    const std::size_t equals = pair.find('=');
    if (equals == std::string_view::npos) continue;
    const auto trimmed = [](std::string_view text) { return ToStd(absl::StripAsciiWhitespace(ToAbsl(text))); };
    if (trimmed(pair.substr(0, equals)) == name) found = std::string(trimmed(pair.substr(equals + 1)));
  }
  if (!found) return absl::NotFoundError(fmt::format("cookie:{}: no such cookie is set", name));
  return value(*found);
}

}  // namespace

absl::StatusOr<value> ReadCapture(const CaptureSource& source, const Payload& payload,
                                  std::span<const HeaderField> headers) {
  switch (source.kind) {
    case CaptureSource::Kind::kJsonPath:
      return ReadPath(source.path, payload);
    case CaptureSource::Kind::kRegex:
      if (source.regex == nullptr) break;
      return ReadGroup(*source.regex, payload);
    case CaptureSource::Kind::kHeader:
      return ReadHeader(source.name, headers);
    case CaptureSource::Kind::kCookie:
      return ReadCookie(source.name, headers);
  }
  return absl::NotFoundError("a capture without a source");
}

}  // namespace wsfleet
