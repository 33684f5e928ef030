#include "agent/engine/request_fields.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "core/base/text.h"
#include "fmt/format.h"

namespace wsfleet::engine {
namespace {

constexpr std::string_view kCookie = "Cookie";

auto Find(std::vector<HeaderField>& fields, std::string_view name) {
  return std::ranges::find_if(
      fields, [&](const HeaderField& field) { return absl::EqualsIgnoreCase(ToAbsl(field.name), ToAbsl(name)); });
}

}  // namespace

void SetField(std::vector<HeaderField>& fields, std::string_view name, std::string value) {
  RemoveField(fields, name);
  fields.push_back({std::string(name), std::move(value)});
}

void AddIfAbsent(std::vector<HeaderField>& fields, std::string_view name, std::string value) {
  if (Find(fields, name) == fields.end()) fields.push_back({std::string(name), std::move(value)});
}

const HeaderField* FindField(const std::vector<HeaderField>& fields, std::string_view name) {
  const auto found = std::ranges::find_if(
      fields, [&](const HeaderField& field) { return absl::EqualsIgnoreCase(ToAbsl(field.name), ToAbsl(name)); });
  return found == fields.end() ? nullptr : &*found;
}

void RemoveField(std::vector<HeaderField>& fields, std::string_view name) {
  if (const auto found = Find(fields, name); found != fields.end()) fields.erase(found);
}

void SetCookie(std::vector<HeaderField>& fields, std::string_view name, std::string_view value) {
  RemoveCookie(fields, name);
  const std::string pair = fmt::format("{}={}", name, value);
  const auto cookie = Find(fields, kCookie);
  if (cookie == fields.end()) {
    fields.push_back({std::string(kCookie), pair});
  } else {
    cookie->value += fmt::format("; {}", pair);
  }
}

void RemoveCookie(std::vector<HeaderField>& fields, std::string_view name) {
  const auto cookie = Find(fields, kCookie);
  if (cookie == fields.end()) return;
  std::string kept;
  for (const absl::string_view part : absl::StrSplit(ToAbsl(cookie->value), ';')) {
    const absl::string_view pair = absl::StripAsciiWhitespace(part);
    if (pair.empty() || pair.substr(0, pair.find('=')) == ToAbsl(name)) continue;
    if (!kept.empty()) kept += "; ";
    kept += ToStd(pair);
  }
  cookie->value = std::move(kept);
  if (cookie->value.empty()) fields.erase(cookie);
}

}  // namespace wsfleet::engine
