#pragma once

#include <string>
#include <vector>

#include "tests/faults/canary.h"
#include "tests/faults/echo_target.h"
#include "tests/targets/hostile/server.h"

// Suites that carry canaries as secrets into everything that can go wrong, and a marker that is no secret beside them.
namespace wsfleet::testing {

// Behind the core of a value: what each escape changes.
inline constexpr char kTail[] = R"(+/=="&<\ z)";

// A secret by where its value comes from.
struct Origin {
  std::string name;
  Canary canary;
};
// GIVEN with the run, KEPT by the coordinator, OWN of the agent; each with kTail.
const std::vector<Origin>& Origins();
// The secret PLAIN: for where but letters and digits may not stand. PEM: the lines of what looks like a private key.
const Canary& PlainCanary();
const Canary& PemCanary();
// The variable `marker`.
const Canary& Marker();

// Sends secrets in every field that takes one, to a target that gives them back in every form. `log`: the target's.
std::string SuiteOfFields(const EchoTarget& echo, const std::string& log);

// Meets whatever a target can do wrong with secrets in hand. Needs the server's authority in authority.pem.
std::string SuiteOfFaults(hostile::Server& server, const EchoTarget& echo);

}  // namespace wsfleet::testing
