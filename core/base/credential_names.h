#pragma once

#include <string_view>

// What is a credential by its name, in any case, with - and _ or without: the one table of such names.
namespace wsfleet {

// Of a header: its whole value is one.
bool IsCredentialHeader(std::string_view name);

// Of a member of a JSON object, or of anything else that has a name.
bool IsCredentialName(std::string_view name);

// Of a parameter of a query or of a form: here short names are credentials that mean something else elsewhere.
bool IsCredentialParameter(std::string_view name);

}  // namespace wsfleet
