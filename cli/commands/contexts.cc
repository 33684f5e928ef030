#include <algorithm>

#include "cli/commands/commands.h"
#include "fmt/format.h"

// context list, use.
namespace wsfleet::cli {

int ContextListCommand(Invocation& invocation) {
  const auto known =
      ListContexts(invocation.connection, invocation.environment, FindConfigPaths(invocation.environment));
  if (!known.ok()) return Fail(known.status());
  Listing listing;
  listing.columns = {{"CURRENT"}, {"NAME"}, {"COORDINATOR"}, {"FLEET"}, {"FILE"}, {"CA", true}, {"TOKEN FILE", true}};
  for (const KnownContext& entry : *known) {
    const Context& context = entry.context;
    listing.names.push_back(context.name);
    listing.rows.push_back({entry.is_current ? "*" : "", context.name, context.coordinator, context.fleet, entry.file,
                            context.ca_file, context.token_file});
    listing.items.push_back({{"name", context.name},
                             {"current", entry.is_current},
                             {"coordinator", context.coordinator},
                             {"fleet", context.fleet},
                             {"ca", context.ca_file},
                             {"token_file", context.token_file},
                             {"file", entry.file}});
  }
  fmt::print("{}", Render(listing, invocation.output));
  return kPassedCode;
}

int ContextUseCommand(Invocation& invocation, const std::string& name) {
  const auto known =
      ListContexts(invocation.connection, invocation.environment, FindConfigPaths(invocation.environment));
  if (!known.ok()) return Fail(known.status());
  const auto found =
      std::ranges::find_if(*known, [&](const KnownContext& entry) { return entry.context.name == name; });
  if (found == known->end()) {
    return Fail(absl::NotFoundError(fmt::format("no context \"{}\"; `wsfleet context list` shows them", name)));
  }
  if (const absl::Status status = UseContext(found->file, name); !status.ok()) return Fail(status);
  if (!invocation.quiet) fmt::print(stderr, "{} is the current context of {}\n", name, found->file);
  return kPassedCode;
}

}  // namespace wsfleet::cli
