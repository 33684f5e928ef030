#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "cli/config/endpoint.h"
#include "cli/doctor/diagnosis.h"
#include "wsfleet/v1/enrolment.pb.h"
#include "wsfleet/v1/fleet.pb.h"

// What `wsfleet doctor` thinks of what it found. Nothing here asks anybody.
namespace wsfleet::cli {

// Of `wsfleet`, and of what it speaks with.
struct Versions {
  std::string program;  // "0.1.0"
  std::uint32_t language_minor = 0;
};

// The endpoint and its files, which are looked at.
Diagnoses CheckEndpoint(const Endpoint& endpoint);

// What the first call to the coordinator ended with, once TCP connections were possible.
Diagnosis CheckFirstCall(const absl::Status& status, const Endpoint& endpoint);

Diagnosis CheckVersion(const Versions& own, const v1::VersionReply& coordinator);

// Nothing if it runs.
Diagnoses CheckFleet(const v1::FleetSummary& fleet);

// What to do about a fleet that could not be asked for.
Diagnosis CheckFleetCall(const absl::Status& status);

// Of one fleet, as they were listed; a line for each that is not well and one about all. Without agents there is
// nothing that could run. `revocations`: those that are known, which say why an agent is lost.
Diagnoses CheckAgents(const std::vector<v1::Agent>& agents, const std::vector<v1::Revocation>& revocations,
                      const Versions& coordinator, std::string_view fleet);

}  // namespace wsfleet::cli
