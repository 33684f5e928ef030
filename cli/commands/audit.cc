#include <string>
#include <vector>

#include "absl/strings/str_replace.h"
#include "absl/time/clock.h"
#include "boost/json/object.hpp"
#include "cli/commands/commands.h"
#include "cli/run/access.h"
#include "core/base/text.h"
#include "core/value/json_reader.h"
#include "fmt/format.h"
#include "proto/wire/convert.h"

// audit
namespace wsfleet::cli {
namespace {

std::string OutcomeText(v1::AuditOutcome outcome) {
  switch (outcome) {
    case v1::AUDIT_OUTCOME_DONE:
      return "done";
    case v1::AUDIT_OUTCOME_DENIED:
      return "denied";
    case v1::AUDIT_OUTCOME_FAILED:
      return "failed";
    default:
      return "unknown";
  }
}

// "24h", "7d", or a time.
absl::StatusOr<absl::Time> ParseSince(const std::string& text) {
  if (text.empty()) return absl::InfinitePast();
  if (const auto ago = ParseLongDuration(text)) return absl::Now() - *ago;
  absl::Time time;
  if (absl::ParseTime(absl::RFC3339_full, text, &time, nullptr)) return time;
  return absl::InvalidArgumentError(fmt::format(
      "--since: expected a duration such as 24h or 7d, or a time such as 2026-11-26T08:30:00Z, found \"{}\"",
      Printable(text)));
}

// gRPC writes a peer as a URI: "ipv4:127.0.0.1:33536", "ipv6:%5B::1%5D:33536".
std::string AddressText(const std::string& peer) {
  const std::size_t scheme = peer.starts_with("ipv4:") || peer.starts_with("ipv6:") ? 5 : 0;
  return Printable(absl::StrReplaceAll(peer.substr(scheme), {{"%5B", "["}, {"%5D", "]"}}));
}

boost::json::object ToJson(const v1::AuditEntry& entry) {
  return {{"number", entry.number()},    {"at", TimeText(wire::FromWire(entry.at()))},
          {"fleet", entry.fleet()},      {"principal", entry.principal()},
          {"token", entry.token()},      {"peer", entry.peer()},
          {"action", entry.action()},    {"object", entry.object()},
          {"detail", entry.detail()},    {"outcome", OutcomeText(entry.outcome())},
          {"identity", entry.identity()}};
}

}  // namespace

int AuditCommand(Invocation& invocation, const AuditFlags& flags) {
  const auto since = ParseSince(flags.since);
  if (!since.ok()) return Fail(since.status());
  auto client = ConnectConfigured(invocation);
  if (!client.ok()) return Fail(client.status());
  const auto entries = ListAudit(**client, {*since, flags.limit, flags.all_fleets});
  if (!entries.ok()) return Fail(entries.status());
  Listing listing;
  listing.columns = {{"TIME"},        {"WHO"},         {"ACTION"},     {"OBJECT"},       {"OUTCOME"},       {"DETAIL"},
                     {"FLEET", true}, {"TOKEN", true}, {"FROM", true}, {"NUMBER", true}, {"IDENTITY", true}};
  for (const v1::AuditEntry& entry : *entries) {
    const std::string who = entry.principal().empty() ? "-" : Printable(entry.principal());
    listing.names.push_back(std::to_string(entry.number()));
    listing.items.push_back(ToJson(entry));
    listing.rows.push_back({UtcText(wire::FromWire(entry.at())), who, Printable(entry.action()),
                            Printable(entry.object()), OutcomeText(entry.outcome()), Printable(entry.detail()),
                            Printable(entry.fleet()), Printable(entry.token()), AddressText(entry.peer()),
                            std::to_string(entry.number()), Printable(entry.identity())});
  }
  fmt::print("{}", Render(listing, invocation.output));
  return kPassedCode;
}

}  // namespace wsfleet::cli
