#include <optional>
#include <string>
#include <vector>

#include "absl/time/clock.h"
#include "boost/json/object.hpp"
#include "cli/commands/commands.h"
#include "cli/run/identities.h"
#include "core/base/text.h"
#include "fmt/format.h"
#include "proto/wire/convert.h"

// agents join-token create, list, revoke; agents revoke, revoked.
namespace wsfleet::cli {
namespace {

// Also in days: tokens for machines that are installed by hand live that long.
std::optional<absl::Duration> ParseTtl(const std::string& text) {
  if (!text.ends_with('d')) return ParseDuration(text);
  const auto hours = ParseDuration(text.substr(0, text.size() - 1) + "h");
  return hours ? std::optional(*hours * 24) : std::nullopt;
}

std::string StateOfToken(const v1::JoinToken& token, absl::Time now) {
  if (token.revoked()) return "revoked";
  if (wire::FromWire(token.expires()) <= now) return "expired";
  return token.used() >= token.uses() ? "used up" : "valid";
}

boost::json::object TokenJson(const v1::JoinToken& token, absl::Time now) {
  return {{"id", token.id()},
          {"region", token.region()},
          {"pool", token.pool()},
          {"uses", token.uses()},
          {"used", token.used()},
          {"created", UtcText(wire::FromWire(token.created()))},
          {"expires", UtcText(wire::FromWire(token.expires()))},
          {"state", StateOfToken(token, now)}};
}

}  // namespace

int JoinTokenCreateCommand(Invocation& invocation, const JoinTokenFlags& flags) {
  const auto ttl = ParseTtl(flags.ttl);
  if (!ttl) {
    return Fail(absl::InvalidArgumentError(
        fmt::format("--ttl: expected a duration such as 1h or 7d, found \"{}\"", Printable(flags.ttl))));
  }
  auto client = ConnectConfigured(invocation);
  if (!client.ok()) return Fail(client.status());
  const auto reply = CreateJoinToken(**client, {flags.region, flags.pool, flags.uses, *ttl});
  if (!reply.ok()) return Fail(reply.status());
  const v1::JoinToken& facts = reply->facts();
  const bool structured = invocation.output == OutputFormat::kJson || invocation.output == OutputFormat::kYaml;
  std::string text = reply->join_token() + "\n";
  if (structured) {
    boost::json::object out = TokenJson(facts, absl::Now());
    out["join_token"] = reply->join_token();
    text = Render(out, invocation.output);
  }
  if (const absl::Status printed = PrintData(text); !printed.ok()) {
    return Fail(
        Unprinted(printed, RevokeJoinToken(**client, facts.id()), "wsfleet agents join-token revoke", facts.id()));
  }
  if (!invocation.quiet && !structured) {
    fmt::print(stderr,
               "lets in {} agent{} of {}, called {}.INSTANCE, until {}\n"
               "  wsfleet-agent --enrol HOST:PORT --join-token-file FILE --identity-dir DIR --region {} --fleet {} …\n",
               facts.uses(), facts.uses() == 1 ? "" : "s", Printable(facts.region()), Printable(facts.pool()),
               UtcText(wire::FromWire(facts.expires())), Printable(facts.region()),
               (*client)->fleet().empty() ? "default" : Printable((*client)->fleet()));
  }
  return kPassedCode;
}

int JoinTokenListCommand(Invocation& invocation) {
  auto client = ConnectConfigured(invocation);
  if (!client.ok()) return Fail(client.status());
  const auto tokens = ListJoinTokens(**client);
  if (!tokens.ok()) return Fail(tokens.status());
  Listing listing;
  listing.columns = {{"TOKEN"}, {"REGION"}, {"POOL"}, {"STATE"}, {"USED"}, {"EXPIRES"}, {"CREATED", true}};
  const absl::Time now = absl::Now();
  for (const v1::JoinToken& token : *tokens) {
    listing.names.push_back(token.id());
    listing.items.push_back(TokenJson(token, now));
    listing.rows.push_back({Printable(token.id()), Printable(token.region()), Printable(token.pool()),
                            StateOfToken(token, now), fmt::format("{}/{}", token.used(), token.uses()),
                            UtcText(wire::FromWire(token.expires())), UtcText(wire::FromWire(token.created()))});
  }
  fmt::print("{}", Render(listing, invocation.output));
  return kPassedCode;
}

int JoinTokenRevokeCommand(Invocation& invocation, const std::string& id) {
  auto client = ConnectConfigured(invocation);
  if (!client.ok()) return Fail(client.status());
  if (const absl::Status status = RevokeJoinToken(**client, id); !status.ok()) return Fail(status);
  if (!invocation.quiet) fmt::print(stderr, "{} is revoked; agents that it let in stay\n", Printable(id));
  return kPassedCode;
}

int AgentsRevokeCommand(Invocation& invocation, const RevokeFlags& flags) {
  if (flags.agents.empty() && flags.pools.empty()) {
    return Fail(
        absl::InvalidArgumentError("expected agents or --pool, found neither; `wsfleet agents list` shows them"));
  }
  auto client = ConnectConfigured(invocation);
  if (!client.ok()) return Fail(client.status());
  const absl::Status status = RevokeAgents(**client, {flags.agents, flags.pools, flags.reason, flags.undo});
  if (!status.ok()) return Fail(status);
  if (!invocation.quiet) {
    fmt::print(stderr, "{}\n",
               flags.undo ? "they are let in again; a process that has ended must be started again"
                          : "their sessions end within seconds; `wsfleet agents revoke --undo` lets them in again");
  }
  return kPassedCode;
}

int AgentsRevokedCommand(Invocation& invocation) {
  auto client = ConnectConfigured(invocation);
  if (!client.ok()) return Fail(client.status());
  const auto revocations = ListRevocations(**client);
  if (!revocations.ok()) return Fail(revocations.status());
  Listing listing;
  listing.columns = {{"AGENT"}, {"POOL"}, {"SINCE"}, {"REASON"}};
  for (const v1::Revocation& each : *revocations) {
    const std::string since = UtcText(wire::FromWire(each.revoked()));
    listing.names.push_back(each.agent().empty() ? each.pool() : each.agent());
    listing.items.push_back(
        {{"agent", each.agent()}, {"pool", each.pool()}, {"since", since}, {"reason", each.reason()}});
    listing.rows.push_back({each.agent().empty() ? "all of the pool" : Printable(each.agent()), Printable(each.pool()),
                            since, Printable(each.reason())});
  }
  fmt::print("{}", Render(listing, invocation.output));
  return kPassedCode;
}

}  // namespace wsfleet::cli
