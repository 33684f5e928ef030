#include "core/policy/fleet_policy.h"

#include <string>

#include "boost/json/object.hpp"
#include "cli/commands/commands.h"
#include "cli/run/fleet.h"
#include "cli/terminal/line_diff.h"
#include "cli/whole_file.h"
#include "core/base/text.h"
#include "core/scenario/parser.h"
#include "fmt/format.h"
#include "proto/wire/convert.h"

// fleet policy get, set.
namespace wsfleet::cli {
namespace {

boost::json::object JsonOf(const v1::FleetPolicy& policy) {
  return {{"fleet", policy.fleet()},
          {"version", policy.version()},
          {"changed", policy.has_changed() ? UtcText(wire::FromWire(policy.changed())) : std::string()},
          {"policy", policy.policy()}};
}

bool IsForPeople(const Invocation& invocation) {
  return invocation.output == OutputFormat::kTable || invocation.output == OutputFormat::kWide;
}

// Since when it holds, and by whose word.
std::string OriginOf(const v1::FleetPolicy& policy) {
  return policy.version() == 0
             ? std::string("nobody has set one; this is what the coordinator was started with")
             : fmt::format("version {}, since {}", policy.version(), UtcText(wire::FromWire(policy.changed())));
}

absl::StatusOr<std::string> ReadPolicyText(const std::string& path) {
  auto text = ReadInput(path, kMaxFileBytes);
  if (!text.ok()) return text.status();
  // As the coordinator would, but with the name of the file.
  if (auto policy = ReadFleetPolicy(path, *text); !policy.ok()) return policy.status();
  return text;
}

}  // namespace

int FleetPolicyGetCommand(Invocation& invocation) {
  auto client = ConnectConfigured(invocation);
  if (!client.ok()) return Fail(client.status());
  const auto policy = GetPolicy(**client);
  if (!policy.ok()) return Fail(policy.status());
  if (!IsForPeople(invocation)) {
    fmt::print("{}", Render(boost::json::value(JsonOf(*policy)), invocation.output));
    return kPassedCode;
  }
  // What is printed is what `set` takes.
  fmt::print("{}", PrintableLines(policy->policy()));
  if (!invocation.quiet) fmt::print(stderr, "fleet {}: {}\n", Printable(policy->fleet()), OriginOf(*policy));
  return kPassedCode;
}

int FleetPolicySetCommand(Invocation& invocation, const std::string& file, bool dry_run) {
  auto text = ReadPolicyText(file);
  if (!text.ok()) return Fail(text.status());
  auto client = ConnectConfigured(invocation);
  if (!client.ok()) return Fail(client.status());
  auto reply = SetPolicy(**client, {*text, true, std::nullopt});
  if (!reply.ok()) return Fail(reply.status());
  const std::uint64_t known = reply->before().version();
  const bool is_changed = reply->after().version() != known;
  if (IsForPeople(invocation)) {
    fmt::print("{}", RenderLineDiff(reply->before().policy(), reply->after().policy()));
  } else {
    boost::json::object item = JsonOf(reply->after());
    item["is_changed"] = is_changed;
    fmt::print("{}", Render(boost::json::value(std::move(item)), invocation.output));
  }
  if (!dry_run && is_changed) {
    // What was shown is what is changed.
    reply = SetPolicy(**client, {*std::move(text), false, known});
    if (!reply.ok()) return Fail(reply.status());
  }
  if (!invocation.quiet) {
    const std::string_view what = !is_changed ? "unchanged" : dry_run ? "not changed (--dry-run)" : "changed";
    fmt::print(stderr, "policy of fleet {} is {}\n", Printable(reply->after().fleet()), what);
  }
  return kPassedCode;
}

}  // namespace wsfleet::cli
