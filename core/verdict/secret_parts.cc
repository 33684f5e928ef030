#include "core/verdict/secret_parts.h"

#include <algorithm>
#include <functional>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/str_split.h"
#include "core/base/credential_names.h"
#include "core/base/text.h"
#include "core/value/json_parse.h"
#include "core/value/json_text.h"
#include "core/verdict/known_values.h"

namespace wsfleet {
namespace {

constexpr std::size_t kOpaqueMemberBytes = 16;   // of JSON
constexpr std::size_t kOpaquePartBytes = 8;      // of a URL: so many are no word that stands elsewhere too
constexpr std::size_t kOpaqueSegmentBytes = 16;  // of its path, where longer words stand
constexpr std::ptrdiff_t kLeastDigits = 6;       // of a number: others are counts and times

// A name ("production", "v1") would be found everywhere.
bool IsOpaqueSegment(std::string_view segment) {
  if (segment.size() >= kOpaqueSegmentBytes) return true;
  const bool has_letters = std::ranges::any_of(segment, [](unsigned char c) { return absl::ascii_isalpha(c); });
  return segment.size() >= kOpaquePartBytes && has_letters && std::ranges::any_of(segment, IsDigit);
}

}  // namespace

SecretParts::SecretParts(std::string_view secret) {
  AddPartsOf(secret);
  if (parts_.size() <= kMaxParts) return;
  std::ranges::nth_element(parts_, parts_.begin() + kMaxParts, std::greater<>(), &std::string_view::size);
  parts_.resize(kMaxParts);
}

void SecretParts::Add(std::string_view part) {
  if (part.size() >= KnownValues::kMinBytes) parts_.push_back(part);
}

void SecretParts::AddWithParts(std::string_view part) {
  if (part.size() < KnownValues::kMinBytes) return;
  Add(part);
  AddPartsOf(part);
}

void SecretParts::AddPartsOf(std::string_view value) {
  const bool is_text = value.find('\0') == std::string_view::npos;
  if (is_text && value.find('\n') != std::string_view::npos) {
    AddLines(value);
  } else {
    AddPartsOfUrl(value);
  }
  AddMembersOfJson(value);
}

// A key of several lines may come back line by line.
void SecretParts::AddLines(std::string_view text) {
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    const std::string_view line = text.substr(begin, end - begin);
    begin = end + 1;
    if (line.size() < KnownValues::kMinBytes) continue;
    Add(line);
    AddPartsOfUrl(line);
    AddMembersOfJson(line);
  }
}

// Such as the key file of a service account: who uses it sends one member of it.
void SecretParts::AddMembersOfJson(std::string_view value) {
  const std::size_t begin = value.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos || (value[begin] != '{' && value[begin] != '[')) return;
  boost::json::error_code error;
  const boost::json::value json = ParseJson(value, error);
  if (!error) AddMembersOf(json, "");
}

void SecretParts::AddMembersOf(const boost::json::value& json, std::string_view name) {
  if (const auto* object = json.if_object()) {
    for (const auto& member : *object) AddMembersOf(member.value(), std::string_view(member.key()));
  } else if (const auto* array = json.if_array()) {
    for (const boost::json::value& element : *array) AddMembersOf(element, name);
  } else if (const auto* text = json.if_string()) {
    if (text->size() >= kOpaqueMemberBytes || IsCredentialName(name)) AddMember({text->data(), text->size()});
  } else if (json.is_number() && IsCredentialName(name)) {
    const std::string number = CompactJson(json);
    if (std::ranges::count_if(number, IsDigit) >= kLeastDigits) AddMember(number);
  }
}

void SecretParts::AddMember(std::string_view text) {
  if (text.size() < KnownValues::kMinBytes) return;
  AddWithParts(members_.emplace_back(text).Reveal());
}

// Whoever makes a request of a URL shows what it asks for, and who asks. Its host alone is no secret, nor is a short
// word of it that names no credential ("true", "/chat"): without those nothing could be read any more.
void SecretParts::AddPartsOfUrl(std::string_view value) {
  constexpr std::string_view kBehindScheme = "://";
  const std::size_t scheme = value.find(kBehindScheme);
  if (scheme == std::string_view::npos) return;
  const std::string_view rest = value.substr(scheme + kBehindScheme.size());
  const std::size_t end = std::min(rest.find_first_of("/?#"), rest.size());
  const std::string_view information = rest.substr(0, std::min(rest.substr(0, end).rfind('@'), end));
  if (information.size() < end) {
    Add(information);
    Add(information.substr(information.find(':') + 1));
  }
  const std::string_view target = rest.substr(end, rest.find('#') - end);
  const std::size_t query = std::min(target.find('?'), target.size());
  const std::string_view path = target.substr(0, query);
  if (query < target.size() || target.size() >= kOpaquePartBytes) Add(target);
  if (query < target.size() && path.size() >= kOpaquePartBytes) Add(path);
  for (const absl::string_view segment : absl::StrSplit(ToAbsl(path), '/')) {
    if (IsOpaqueSegment(ToStd(segment))) Add(ToStd(segment));
  }
  for (const absl::string_view parameter : absl::StrSplit(ToAbsl(target.substr(query)), absl::ByAnyChar("?&"))) {
    const std::size_t equals = parameter.find('=');
    const bool has_name = equals != absl::string_view::npos;
    const std::string_view text = ToStd(parameter.substr(has_name ? equals + 1 : 0));
    const bool is_opaque = text.size() >= kOpaquePartBytes;
    if (is_opaque || (has_name && IsCredentialParameter(ToStd(parameter.substr(0, equals))))) AddWithParts(text);
  }
}

}  // namespace wsfleet
