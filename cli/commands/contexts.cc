#include <algorithm>
#include <filesystem>

#include "cli/commands/commands.h"
#include "cli/config/context_file.h"
#include "cli/whole_file.h"
#include "core/base/identifier.h"
#include "core/base/text.h"
#include "fmt/format.h"

// context list, use, add.
namespace wsfleet::cli {
namespace {

constexpr std::uint64_t kMaxCredentialFile = 1 << 20;

// A context that was chosen in one file is not the one of the next command where something else goes before it.
void WarnIfOverridden(const Invocation& invocation, const std::string& name, const std::string& file) {
  const auto used = FindEndpoint({}, invocation.environment, FindConfigPaths(invocation.environment));
  if (!used.ok() || used->source == fmt::format("context {} of {}", name, file)) return;
  fmt::print(stderr, "warning: here commands use {}, which goes before it; `wsfleet --context {} …` uses this one\n",
             Printable(used->source), name);
}

}  // namespace

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
  // One that goes when a terminal is closed is never taken unasked: `run` would find nothing one day, and a fleet of
  // its own the next.
  if (found->file == FindConfigPaths(invocation.environment).dev) {
    return Fail(absl::InvalidArgumentError(
        fmt::format("context \"{0}\" lasts as long as its `wsfleet dev`, so it is taken by its name only: "
                    "wsfleet --context {0} …, or export WSFLEET_CONTEXT={0}",
                    name)));
  }
  if (const absl::Status status = UseContext(found->file, name); !status.ok()) return Fail(status);
  if (!invocation.quiet) fmt::print(stderr, "{} is the current context of {}\n", name, found->file);
  WarnIfOverridden(invocation, name, found->file);
  return kPassedCode;
}

int ContextAddCommand(Invocation& invocation, const std::string& name) {
  const ConnectionFlags& flags = invocation.connection;
  if (!IsIdentifier(name)) {
    return Fail(
        absl::InvalidArgumentError(fmt::format("name: expected 1 to {} letters, digits, '.', '_' or '-', found \"{}\"",
                                               kMaxIdentifierBytes, Printable(name))));
  }
  if (flags.coordinator.empty()) {
    return Fail(absl::InvalidArgumentError("--coordinator is missing: host:port of its client listener"));
  }
  Context context{name, flags.coordinator, flags.ca_file, flags.token_file,
                  flags.fleet.empty() ? "default" : flags.fleet};
  // What is wrong with a path is said now, not by the first run.
  for (std::string* path : {&context.ca_file, &context.token_file}) {
    if (path->empty()) continue;
    *path = std::filesystem::absolute(*path).lexically_normal().string();
    if (const auto content = ReadWholeFile(*path, kMaxCredentialFile); !content.ok()) return Fail(content.status());
  }
  const std::string file = FindConfigPaths(invocation.environment).user;
  if (const absl::Status status = AddContext(file, context); !status.ok()) return Fail(status);
  if (invocation.quiet) return kPassedCode;
  const auto written = ReadContextFile(file, FileTrust::kOwn);
  const bool is_current = written.ok() && written->current == name;
  fmt::print(stderr, "{} is in {}{}\n", name, file,
             is_current ? ", and the current context of it"
                        : fmt::format("; `wsfleet context use {}` makes it the current one", name));
  return kPassedCode;
}

}  // namespace wsfleet::cli
