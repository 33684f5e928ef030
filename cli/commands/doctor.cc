#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_split.h"
#include "cli/commands/commands.h"
#include "cli/doctor/checks.h"
#include "cli/doctor/reach.h"
#include "cli/run/fleet.h"
#include "core/base/text.h"
#include "core/base/version.h"
#include "fmt/format.h"

// doctor, agents doctor.
namespace wsfleet::cli {
namespace {

constexpr absl::Duration kTcpLimit = absl::Seconds(5);

void Append(Diagnoses& diagnoses, Diagnoses more) { std::ranges::move(more, std::back_inserter(diagnoses)); }

bool AnyFails(const Diagnoses& diagnoses) { return ExitCodeOf(diagnoses) != kPassedCode; }

// Of several replicas one is enough to work with, but each that is away is worth a line.
Diagnoses CheckNetwork(const Endpoint& endpoint) {
  Diagnoses diagnoses;
  for (const auto address : absl::StrSplit(endpoint.address, absl::ByAnyChar(", "), absl::SkipEmpty())) {
    diagnoses.push_back(CheckReachable(std::string(address), kTcpLimit));
  }
  const bool any_works =
      std::ranges::any_of(diagnoses, [](const Diagnosis& each) { return each.health == Health::kOk; });
  for (Diagnosis& diagnosis : diagnoses) {
    if (any_works && diagnosis.health == Health::kFail) diagnosis.health = Health::kWarn;
  }
  return diagnoses;
}

// What can only be asked for when what stands before it is well.
void Examine(const Invocation& invocation, Diagnoses& diagnoses) {
  const auto endpoint = ConfiguredEndpoint(invocation);
  if (!endpoint.ok()) {
    diagnoses.push_back({Health::kFail, "configuration", std::string(ToStd(endpoint.status().message())),
                         "wsfleet context list shows what there is", kUsageCode});
    return;
  }
  Append(diagnoses, CheckEndpoint(*endpoint));
  if (AnyFails(diagnoses)) return;
  Append(diagnoses, CheckNetwork(*endpoint));
  if (AnyFails(diagnoses)) return;
  auto client = CoordinatorClient::Open(*endpoint);
  if (!client.ok()) {
    diagnoses.push_back(CheckFirstCall(client.status(), *endpoint));
    return;
  }
  const auto version = (*client)->Connect([](const std::string&) {});
  diagnoses.push_back(CheckFirstCall(version.status(), *endpoint));
  if (!version.ok()) return;
  diagnoses.push_back(CheckVersion({kVersion, kLanguageMinor}, *version));
  const auto agents = ListAgents(**client);
  if (!agents.ok()) {
    const bool unknown = absl::IsNotFound(agents.status());
    diagnoses.push_back({Health::kFail, "fleet", Printable(ToStd(agents.status().message())),
                         unknown ? "wsfleet fleet list shows those that there are; --fleet NAME takes one"
                                 : "its log says why; wsfleet fleet list shows which coordinator runs it",
                         ExitCodeOf(agents.status())});
    return;
  }
  if (const auto fleet = FindFleet(**client); fleet.ok()) Append(diagnoses, CheckFleet(*fleet));
  Append(diagnoses, CheckAgents(*agents, {version->version(), version->language_minor()}, endpoint->fleet));
}

int Show(const Invocation& invocation, const Diagnoses& diagnoses) {
  const bool text = invocation.output == OutputFormat::kTable || invocation.output == OutputFormat::kWide;
  fmt::print("{}", text ? RenderText(diagnoses) : Render(ToListing(diagnoses), invocation.output));
  return ExitCodeOf(diagnoses);
}

}  // namespace

int DoctorCommand(Invocation& invocation) {
  Diagnoses diagnoses;
  Examine(invocation, diagnoses);
  return Show(invocation, diagnoses);
}

int AgentsDoctorCommand(Invocation& invocation) {
  auto client = ConnectConfigured(invocation);
  if (!client.ok()) return Fail(client.status());
  const auto version = (*client)->Connect([](const std::string&) {});
  if (!version.ok()) return Fail(version.status());
  const auto agents = ListAgents(**client);
  if (!agents.ok()) return Fail(agents.status());
  Diagnoses diagnoses;
  if (const auto fleet = FindFleet(**client); fleet.ok()) Append(diagnoses, CheckFleet(*fleet));
  Append(diagnoses, CheckAgents(*agents, {version->version(), version->language_minor()}, (*client)->fleet()));
  return Show(invocation, diagnoses);
}

}  // namespace wsfleet::cli
