#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_split.h"
#include "cli/commands/commands.h"
#include "cli/doctor/checks.h"
#include "cli/doctor/reach.h"
#include "cli/run/access.h"
#include "cli/run/fleet.h"
#include "cli/run/identities.h"
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

// Why agents may be lost. Who may not see that does not ask, which the audit log would have as a denial.
std::vector<v1::Revocation> KnownRevocations(CoordinatorClient& client, const std::vector<v1::Agent>& agents) {
  const auto is_lost = [](const v1::Agent& agent) { return agent.state() == v1::AGENT_STATE_LOST; };
  if (std::ranges::none_of(agents, is_lost)) return {};
  const auto who = WhoAmI(client);
  if (!who.ok() || !HasRole(*who, v1::ROLE_OPERATOR, client.fleet())) return {};
  auto revocations = ListRevocations(client);
  return revocations.ok() ? *std::move(revocations) : std::vector<v1::Revocation>();
}

Diagnoses ExamineFleet(CoordinatorClient& client, const std::vector<v1::Agent>& agents,
                       const v1::VersionReply& version) {
  Diagnoses diagnoses;
  if (const auto fleet = FindFleet(client); fleet.ok()) Append(diagnoses, CheckFleet(*fleet));
  Append(diagnoses, CheckAgents(agents, KnownRevocations(client, agents), {version.version(), version.language_minor()},
                                client.fleet()));
  return diagnoses;
}

// What can only be asked for when what stands before it is well.
void Examine(const Invocation& invocation, Diagnoses& diagnoses) {
  const auto endpoint = ConfiguredEndpoint(invocation);
  if (!endpoint.ok()) {
    diagnoses.push_back({Health::kFail, "configuration", std::string(ToStd(endpoint.status().message())),
                         absl::IsNotFound(endpoint.status())
                             ? "wsfleet context list shows what there is"
                             : "correct it where it stands: a flag, a variable or a file",
                         kUsageCode});
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
    diagnoses.push_back(CheckFleetCall(agents.status()));
    return;
  }
  Append(diagnoses, ExamineFleet(**client, *agents, *version));
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
  return Show(invocation, ExamineFleet(**client, *agents, *version));
}

}  // namespace wsfleet::cli
