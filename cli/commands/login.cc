#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "cli/commands/commands.h"
#include "cli/config/context_edit.h"
#include "cli/config/kept_files.h"
#include "cli/run/access.h"
#include "cli/terminal/token_input.h"
#include "cli/whole_file.h"
#include "core/base/identifier.h"
#include "core/base/text.h"
#include "fmt/format.h"
#include "proto/wire/convert.h"
#include "proto/wire/convert_access.h"

// login
namespace wsfleet::cli {
namespace {

constexpr std::uint64_t kMaxCredential = 1 << 20;

// What a flag gives, or else a variable.
std::string GivenOr(const std::string& flag, const Invocation& invocation, std::string_view variable) {
  return flag.empty() ? ValueOf(invocation.environment, variable) : flag;
}

// Where one is taken from is said, for the token never stands in the command line.
absl::StatusOr<std::string> TakeToken(Invocation& invocation) {
  const std::string named = GivenOr(invocation.connection.token_file, invocation, "WSFLEET_TOKEN_FILE");
  std::string token = ValueOf(invocation.environment, "WSFLEET_TOKEN");
  if (!named.empty()) {
    auto read = ReadWholeFile(named, kMaxCredential);
    if (!read.ok()) return read.status();
    token = *std::move(read);
  } else if (token.empty()) {
    return ReadTokenFromStdin(invocation.interrupt);
  }
  token.erase(token.find_last_not_of(" \t\r\n") + 1);
  if (token.empty()) return absl::InvalidArgumentError(fmt::format("{}: expected a token, found nothing", named));
  return token;
}

// Of the first address, without its port.
std::string HostOf(const std::string& addresses) {
  const std::string first = addresses.substr(0, addresses.find(','));
  const std::string host = first.substr(0, first.rfind(':'));
  return IsIdentifier(host) ? host : "coordinator";
}

absl::Status Write(const std::string& file, const Context& context, const std::optional<std::string>& ca,
                   const std::string& token) {
  const auto known = ReadContextFile(file, FileTrust::kOwn);
  if (!known.ok()) return known.status();
  // Before anything is written: what another context points to stays.
  if (auto status = CheckAddable(*known, context); !status.ok()) return status;
  if (ca) {
    if (auto status = Keep(context.ca_file, *ca); !status.ok()) return status;
  }
  if (auto status = Keep(context.token_file, token + "\n"); !status.ok()) return status;
  if (auto status = AddContext(file, context); !status.ok()) return status;
  return UseContext(file, context.name);
}

// "admin in fleet a, viewer in every fleet".
std::string RolesText(const v1::WhoAmIReply& who) {
  const auto text = [](v1::Role role, const std::string& fleet) {
    const auto known = wire::FromWire(role);
    return fmt::format("{} in {}", known.ok() ? RoleName(*known) : "somebody",
                       fleet.empty() ? "every fleet" : "fleet " + Printable(fleet));
  };
  // A coordinator of before there could be several.
  if (who.roles().empty()) return text(who.role(), who.fleet());
  std::vector<std::string> roles;
  for (const v1::FleetRole& role : who.roles()) roles.push_back(text(role.role(), role.fleet()));
  return fmt::format("{}", fmt::join(roles, ", "));
}

// The fleet that is asked for, or one that they have a role in.
absl::StatusOr<std::string> FleetFor(const v1::WhoAmIReply& who, const std::string& asked) {
  if (asked.empty()) return who.fleet().empty() ? "default" : who.fleet();
  if (HasRole(who, v1::ROLE_VIEWER, asked)) return asked;
  return absl::PermissionDeniedError(
      fmt::format("expected a token with a role in fleet \"{}\", found that of \"{}\", who is {}; use --fleet {}, or "
                  "a token of that fleet",
                  Printable(asked), Printable(who.name()), RolesText(who), Printable(who.fleet())));
}

// The coordinator and its authority, as every other command finds them; but of no context, which this is to write.
absl::StatusOr<Endpoint> EndpointOf(const Invocation& invocation) {
  ConnectionFlags flags = invocation.connection;
  flags.context.clear();
  if (flags.coordinator.empty() && ValueOf(invocation.environment, "WSFLEET_COORDINATOR").empty()) {
    return absl::InvalidArgumentError(
        "expected --coordinator or WSFLEET_COORDINATOR, host:port of its client listener, found neither");
  }
  return FindEndpoint(flags, invocation.environment, FindConfigPaths(invocation.environment));
}

void Welcome(const v1::WhoAmIReply& who, const Context& context, const std::string& file) {
  fmt::print(stderr, "{} is {}{}; context {} of {} is the current one\n", Printable(who.name()), RolesText(who),
             who.has_expires() ? " until " + UtcText(wire::FromWire(who.expires())) : "", context.name, file);
}

}  // namespace

int LoginCommand(Invocation& invocation, const std::string& name) {
  const ConnectionFlags& flags = invocation.connection;
  auto endpoint = EndpointOf(invocation);
  if (!endpoint.ok()) return Fail(endpoint.status());
  if (!name.empty() && !IsIdentifier(name)) {
    return Fail(
        absl::InvalidArgumentError(fmt::format("name: expected 1 to {} letters, digits, '.', '_' or '-', found \"{}\"",
                                               kMaxIdentifierBytes, Printable(name))));
  }
  // It stays the authority of this context, whatever becomes of the file that it was taken from.
  std::optional<std::string> ca;
  if (!endpoint->ca_file.empty()) {
    auto read = ReadWholeFile(endpoint->ca_file, kMaxCredential);
    if (!read.ok()) return Fail(read.status());
    ca = *std::move(read);
  }
  const auto token = TakeToken(invocation);
  if (!token.ok()) return Fail(token.status());

  endpoint->token = *token;
  endpoint->token_file.clear();
  auto client = ConnectTo(*endpoint, invocation.quiet);
  if (!client.ok()) return Fail(client.status());
  const auto who = WhoAmI(**client);
  if (!who.ok()) return Fail(who.status());
  const auto fleet = FleetFor(*who, GivenOr(flags.fleet, invocation, "WSFLEET_FLEET"));
  if (!fleet.ok()) return Fail(fleet.status());

  const std::string file = std::filesystem::absolute(FindConfigPaths(invocation.environment).user).string();
  Context context;
  context.coordinator = GivenOr(flags.coordinator, invocation, "WSFLEET_COORDINATOR");
  context.name = name.empty() ? HostOf(context.coordinator) : name;
  const KeptFiles kept = KeptFilesOf(file, context.name);
  if (ca) context.ca_file = kept.ca;
  context.token_file = kept.token;
  context.fleet = *fleet;
  if (const absl::Status status = Write(file, context, ca, *token); !status.ok()) return Fail(status);
  if (!invocation.quiet) Welcome(*who, context, file);
  return kPassedCode;
}

}  // namespace wsfleet::cli
