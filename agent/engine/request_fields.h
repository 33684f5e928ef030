#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/match/selector.h"

// Header fields of a request: each name stands once, whoever adds to them. Names are compared without case.
namespace wsfleet::engine {

// In place of the one that is there.
void SetField(std::vector<HeaderField>& fields, std::string_view name, std::string value);
// Unless there is one.
void AddIfAbsent(std::vector<HeaderField>& fields, std::string_view name, std::string value);
// Null if there is none.
const HeaderField* FindField(const std::vector<HeaderField>& fields, std::string_view name);
void RemoveField(std::vector<HeaderField>& fields, std::string_view name);

// A pair of the only Cookie field that a request may have (RFC 6265, 5.4), in place of the one of the same name; the
// others stay as they are. The field is gone with its last pair.
void SetCookie(std::vector<HeaderField>& fields, std::string_view name, std::string_view value);
void RemoveCookie(std::vector<HeaderField>& fields, std::string_view name);

}  // namespace wsfleet::engine
