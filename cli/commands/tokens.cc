#include <string>
#include <string_view>
#include <vector>

#include "absl/time/clock.h"
#include "boost/json/object.hpp"
#include "cli/commands/commands.h"
#include "cli/run/access.h"
#include "core/base/text.h"
#include "core/value/json_reader.h"
#include "fmt/format.h"
#include "proto/wire/convert.h"
#include "proto/wire/convert_access.h"

// tokens create, list, revoke.
namespace wsfleet::cli {
namespace {

std::string RoleText(v1::Role role) {
  const auto known = wire::FromWire(role);
  return known.ok() ? std::string(RoleName(*known)) : "unknown";
}

std::string StateText(const v1::Token& token, absl::Time now) {
  if (token.has_revoked()) return "revoked";
  return wire::FromWire(token.expires()) <= now ? "expired" : "good";
}

boost::json::object ToJson(const v1::Token& token, absl::Time now) {
  boost::json::object out{{"token", token.id()},
                          {"name", token.name()},
                          {"fleet", token.fleet()},
                          {"role", RoleText(token.role())},
                          {"state", StateText(token, now)},
                          {"created", TimeText(wire::FromWire(token.created()))},
                          {"created_by", token.created_by()},
                          {"expires", TimeText(wire::FromWire(token.expires()))}};
  if (token.has_revoked()) out["revoked"] = TimeText(wire::FromWire(token.revoked()));
  return out;
}

}  // namespace

int TokensCreateCommand(Invocation& invocation, const TokenFlags& flags) {
  const auto role = ParseRole(flags.role);
  const auto ttl = ParseLongDuration(flags.ttl);
  if (!role || !ttl) {
    return Fail(absl::InvalidArgumentError(
        fmt::format("--ttl: expected a duration such as 90d or 12h, found \"{}\"", Printable(flags.ttl))));
  }
  auto client = ConnectConfigured(invocation);
  if (!client.ok()) return Fail(client.status());
  const auto created = CreateToken(**client, flags.name, *role, *ttl);
  if (!created.ok()) return Fail(created.status());
  const v1::Token& token = created->token();
  std::string text = created->secret() + "\n";
  if (invocation.output == OutputFormat::kJson || invocation.output == OutputFormat::kYaml) {
    boost::json::object out = ToJson(token, absl::Now());
    out["secret"] = created->secret();
    text = Render(out, invocation.output);
  }
  if (const absl::Status printed = PrintData(text); !printed.ok()) {
    return Fail(Unprinted(printed, RevokeToken(**client, token.id()).status(), "wsfleet tokens revoke", token.id()));
  }
  if (!invocation.quiet) {
    fmt::print(stderr, "{} {}: {} in fleet {} until {}. The token stands on stdout, and is not shown again.\n",
               token.id(), Printable(token.name()), RoleText(token.role()), Printable(token.fleet()),
               UtcText(wire::FromWire(token.expires())));
  }
  return kPassedCode;
}

int TokensListCommand(Invocation& invocation) {
  auto client = ConnectConfigured(invocation);
  if (!client.ok()) return Fail(client.status());
  const auto tokens = ListTokens(**client);
  if (!tokens.ok()) return Fail(tokens.status());
  const absl::Time now = absl::Now();
  Listing listing;
  listing.columns = {{"TOKEN"}, {"NAME"}, {"ROLE"}, {"STATE"}, {"EXPIRES"}, {"CREATED", true}, {"BY", true}};
  for (const v1::Token& token : *tokens) {
    listing.names.push_back(token.id());
    listing.items.push_back(ToJson(token, now));
    listing.rows.push_back({Printable(token.id()), Printable(token.name()), RoleText(token.role()),
                            StateText(token, now), UtcText(wire::FromWire(token.expires())),
                            UtcText(wire::FromWire(token.created())), Printable(token.created_by())});
  }
  fmt::print("{}", Render(listing, invocation.output));
  return kPassedCode;
}

int TokensRevokeCommand(Invocation& invocation, const std::string& id_or_name) {
  auto client = ConnectConfigured(invocation);
  if (!client.ok()) return Fail(client.status());
  const auto token = RevokeToken(**client, id_or_name);
  if (!token.ok()) return Fail(token.status());
  const bool structured = invocation.output == OutputFormat::kJson || invocation.output == OutputFormat::kYaml;
  fmt::print("{}", structured ? Render(ToJson(*token, absl::Now()), invocation.output) : Printable(token->id()) + "\n");
  if (!invocation.quiet) {
    fmt::print(stderr, "{} was revoked at {}; every coordinator refuses it within two seconds\n",
               Printable(token->name()), UtcText(wire::FromWire(token->revoked())));
  }
  return kPassedCode;
}

}  // namespace wsfleet::cli
