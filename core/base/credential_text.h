#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

// Credentials within a text that is not known to be anything, by the names that stand before them
// (credential_names.h): what people and programs write into logs, messages and URLs.
namespace wsfleet {

inline constexpr std::string_view kRedacted = "[redacted]";

struct CredentialInText {
  std::string_view name;   // "password": of a parameter, a member or a header; "token" behind a scheme
  std::string_view value;  // a part of the text, never empty
};

// Of the member that says what its neighbour "value" is.
bool IsNameOfPair(std::string_view name);

using FindCredential = std::optional<CredentialInText> (*)(std::string_view text, std::size_t from);

// The first at `from` or behind it, in URLs: the password of their user information (RFC 3986, 3.2.1), or all of that
// if it has none, and parameters.
std::optional<CredentialInText> FindUrlCredential(std::string_view text, std::size_t from);

// And anywhere: members of JSON, also within strings of JSON and behind other text; `name: value` and `name=value`,
// forms, headers, lists of {"name": …, "value": …}, what follows "Bearer", and the command
// AUTH, PASS or PASSWORD at the start of a line.
std::optional<CredentialInText> FindAnyCredential(std::string_view text, std::size_t from);

// With what `replacement` makes of each that `find` finds.
std::string ReplaceCredentials(std::string_view text, FindCredential find,
                               const std::function<std::string(const CredentialInText&)>& replacement);

// For what people typed: URLs, command lines, and what is said of them.
std::string WithoutUrlCredentials(std::string_view text);
std::string WithoutCredentials(std::string_view text);

}  // namespace wsfleet
