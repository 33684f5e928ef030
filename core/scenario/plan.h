#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/ids.h"
#include "core/scenario/parser.h"
#include "core/scenario/suite.h"

namespace wsfleet {

// What a person chose of a bundle; travels with the job, so that each side resolves the same plan.
struct Selection {
  std::string grep;                           // RE2 on "suite/scenario [k=v]" or a part of it; empty: all
  std::vector<std::string> tags;              // a scenario with any of them; empty: all
  std::optional<std::uint32_t> max_priority;  // `--priority N`: tiers 1…N
  std::uint32_t repeat = 1;                   // `--repeat N`
  std::vector<CaseId> cases;                  // of all these only the cases of these ids; empty: all

  friend bool operator==(const Selection&, const Selection&) = default;
};

// `--var` and the environment variables that the suite uses, as the submitter had them.
struct Variables {
  std::map<std::string, std::string, std::less<>> vars;
  std::map<std::string, std::string, std::less<>> env;  // absent: not set

  friend bool operator==(const Variables&, const Variables&) = default;
};

// One scenario with one matrix cell and one round of `--repeat`.
struct PlannedCase {
  CaseId id;
  const Suite* suite = nullptr;        // in Plan::suites
  const Scenario* scenario = nullptr;  // in *suite
  std::vector<std::pair<std::string, boost::json::value>> cell;
  std::uint32_t tier = 5;  // priority
};

// Everything an agent needs beyond its own labels and secrets. Immutable; shared between threads.
struct Plan {
  std::vector<std::shared_ptr<const Suite>> suites;
  std::vector<PlannedCase> cases;        // by suite or folder of suites, tier, as written
  std::vector<std::string> secrets;      // names used by the selected cases
  std::vector<std::string> environment;  // names used
  std::uint32_t language_minor = 1;      // the lowest minor version of wsfleet/v1 that it needs
  std::vector<Diagnostic> warnings;
};

// Parses `bundle`, applies selection and variables. On failure `diagnostics` says what is wrong: a parse error, a
// target name that no entry has, nothing selected or a case that there is not (diagnostics without position), a key
// that this version does not run.
struct ResolveResult {
  std::shared_ptr<const Plan> plan;  // null on error
  std::vector<Diagnostic> diagnostics;
};
ResolveResult Resolve(const Bundle& bundle, const Selection& selection, const Variables& variables);

}  // namespace wsfleet
