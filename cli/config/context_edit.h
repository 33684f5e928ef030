#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "cli/config/context_file.h"

// Changes a file of contexts; what else stands in it, comments too, stays. FAILED_PRECONDITION: the file is written in
// a way that nothing can be changed in; what to write by hand.
namespace wsfleet::cli {

// Makes `name` the current context of an existing file.
absl::Status UseContext(const std::string& path, std::string_view name);

// ALREADY_EXISTS: the file has a context of that name, with other settings.
absl::Status CheckAddable(const ContextFile& file, const Context& context);

// Adds a context to a file, which is made if it is not there. It becomes the current one if none is. Paths are kept as
// they are given. ALREADY_EXISTS: as above.
absl::Status AddContext(const std::string& path, const Context& context);

// Gives the context of that name these settings, of which none is empty that was not before. NOT_FOUND: there is none.
absl::Status ChangeContext(const std::string& path, const Context& context);

// If it is the current one, none is afterwards. NOT_FOUND: there is none.
absl::Status RemoveContext(const std::string& path, std::string_view name);

// The text of a file with this one context, which is current.
std::string RenderContextFile(const Context& context, std::string_view comment);

}  // namespace wsfleet::cli
