#include <algorithm>
#include <filesystem>

#include "cli/commands/commands.h"
#include "cli/config/context_edit.h"
#include "cli/config/kept_files.h"
#include "cli/whole_file.h"
#include "core/base/identifier.h"
#include "core/base/text.h"
#include "fmt/format.h"

// context list, use, add, set, delete.
namespace wsfleet::cli {
namespace {

constexpr std::uint64_t kMaxFileOfContext = 1 << 20;

// A context that was chosen in one file is not the one of the next command where something else goes before it.
void WarnIfOverridden(const Invocation& invocation, const std::string& name, const std::string& file) {
  const auto used = FindEndpoint({}, invocation.environment, FindConfigPaths(invocation.environment));
  if (!used.ok() || used->source == fmt::format("context {} of {}", name, file)) return;
  fmt::print(stderr, "warning: here commands use {}, which goes before it; `wsfleet --context {} …` uses this one\n",
             Printable(used->source), name);
}

std::string OwnFile(const Invocation& invocation) {
  return std::filesystem::absolute(FindConfigPaths(invocation.environment).user).lexically_normal().string();
}

// The context of one's own file. NOT_FOUND: with the file that has it, or the name that is near.
absl::StatusOr<Context> FindOwn(const Invocation& invocation, const std::string& name) {
  const std::string path = OwnFile(invocation);
  const auto own = ReadContextFile(path, FileTrust::kOwn);
  if (!own.ok()) return own.status();
  if (const Context* context = own->Find(name)) return *context;
  const auto known =
      ListContexts(invocation.connection, invocation.environment, FindConfigPaths(invocation.environment));
  if (!known.ok()) return known.status();
  std::vector<std::string> names;
  for (const KnownContext& entry : *known) {
    names.push_back(entry.context.name);
    if (entry.context.name != name) continue;
    return absl::NotFoundError(fmt::format("expected a context of {}, found \"{}\" in {}; change it there",
                                           Printable(path), Printable(name), Printable(entry.file)));
  }
  return WithSuggestion(absl::NotFoundError(fmt::format("no context \"{}\" in {}; `wsfleet context list` shows them",
                                                        Printable(name), Printable(path))),
                        name, names);
}

// What is wrong with an address or a file is said now, not by the first run.
absl::Status CheckGiven(const ConnectionFlags& flags) {
  if (!flags.coordinator.empty()) {
    if (const auto parsed = ParseAddresses(flags.coordinator, "--coordinator"); !parsed.ok()) return parsed.status();
  }
  if (!flags.token_file.empty()) {
    const auto token = ReadWholeFile(flags.token_file, kMaxFileOfContext);
    if (token.ok() && token->find_first_not_of(" \t\r\n") == std::string::npos) {
      return absl::InvalidArgumentError(
          fmt::format("--token-file: expected a token in {}, found nothing", Printable(flags.token_file)));
    }
  }
  Endpoint files;
  files.ca_file = flags.ca_file;
  files.ca_source = "--ca";
  files.token_file = flags.token_file;
  files.token_source = "--token-file";
  return CoordinatorClient::Open(files).status();
}

// A file that was given takes the place of `known`, or of its content if this is the copy that login keeps.
absl::Status TakeFile(const std::string& given, const std::string& kept, std::string& known) {
  if (given.empty()) return absl::OkStatus();
  if (known != kept) {
    known = std::filesystem::absolute(given).lexically_normal().string();
    return absl::OkStatus();
  }
  const auto content = ReadWholeFile(given, kMaxFileOfContext);
  return content.ok() ? Keep(kept, *content) : content.status();
}

// Copies of a context that is gone, unless another one names them.
void RemoveKept(const std::string& file, const Context& gone) {
  const auto left = ReadContextFile(file, FileTrust::kOwn);
  if (!left.ok()) return;
  const KeptFiles kept = KeptFilesOf(file, gone.name);
  for (const std::string& path : {kept.ca, kept.token}) {
    const auto names = [&](const Context& context) { return context.ca_file == path || context.token_file == path; };
    std::error_code ignored;
    if (names(gone) && std::ranges::none_of(left->contexts, names)) std::filesystem::remove(path, ignored);
  }
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
    return Fail(
        absl::InvalidArgumentError("--coordinator is missing: host:port of its client listener; `wsfleet context set "
                                   "NAME …` changes a context that is there"));
  }
  Context context{name, flags.coordinator, flags.ca_file, flags.token_file,
                  flags.fleet.empty() ? "default" : flags.fleet};
  if (const absl::Status status = CheckGiven(flags); !status.ok()) return Fail(status);
  for (std::string* path : {&context.ca_file, &context.token_file}) {
    if (!path->empty()) *path = std::filesystem::absolute(*path).lexically_normal().string();
  }
  const std::string file = OwnFile(invocation);
  if (const absl::Status status = AddContext(file, context); !status.ok()) return Fail(status);
  if (invocation.quiet) return kPassedCode;
  const auto written = ReadContextFile(file, FileTrust::kOwn);
  const bool is_current = written.ok() && written->current == name;
  fmt::print(stderr, "{} is in {}{}\n", name, file,
             is_current ? ", and the current context of it"
                        : fmt::format("; `wsfleet context use {}` makes it the current one", name));
  return kPassedCode;
}

int ContextSetCommand(Invocation& invocation, const std::string& name) {
  const ConnectionFlags& flags = invocation.connection;
  if (flags.coordinator.empty() && flags.ca_file.empty() && flags.token_file.empty() && flags.fleet.empty()) {
    return Fail(absl::InvalidArgumentError(
        "expected what to change (--coordinator, --ca, --token-file or --fleet), found none of them"));
  }
  auto context = FindOwn(invocation, name);
  if (!context.ok()) return Fail(context.status());
  if (const absl::Status status = CheckGiven(flags); !status.ok()) return Fail(status);
  if (!flags.coordinator.empty()) context->coordinator = flags.coordinator;
  if (!flags.fleet.empty()) context->fleet = flags.fleet;
  const std::string file = OwnFile(invocation);
  const KeptFiles kept = KeptFilesOf(file, name);
  if (auto status = TakeFile(flags.ca_file, kept.ca, context->ca_file); !status.ok()) return Fail(status);
  if (auto status = TakeFile(flags.token_file, kept.token, context->token_file); !status.ok()) return Fail(status);
  if (const absl::Status status = ChangeContext(file, *context); !status.ok()) return Fail(status);
  if (!invocation.quiet) {
    fmt::print(stderr, "{} of {} is changed: {}, fleet {}; `wsfleet doctor --context {}` tries it\n", name, file,
               Printable(context->coordinator), Printable(context->fleet), name);
  }
  return kPassedCode;
}

int ContextDeleteCommand(Invocation& invocation, const std::string& name) {
  const auto context = FindOwn(invocation, name);
  if (!context.ok()) return Fail(context.status());
  const std::string file = OwnFile(invocation);
  const auto before = ReadContextFile(file, FileTrust::kOwn);
  if (const absl::Status status = RemoveContext(file, name); !status.ok()) return Fail(status);
  RemoveKept(file, *context);
  if (invocation.quiet) return kPassedCode;
  fmt::print(stderr, "{} is deleted from {}{}\n", name, file,
             before.ok() && before->current == name
                 ? ", and was the current one: `wsfleet context use NAME` takes another"
                 : "");
  return kPassedCode;
}

}  // namespace wsfleet::cli
