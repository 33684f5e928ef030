#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/exit_code.h"
#include "cli/output.h"

namespace wsfleet::cli {

enum class Health { kOk, kWarn, kFail };

// A line of `wsfleet doctor`.
struct Diagnosis {
  Health health = Health::kOk;
  std::string subject;  // "configuration", "agent eu-1"
  std::string found;
  std::string next;                     // what to do about it; empty for what is well
  ProcessExit exit_code = kPassedCode;  // of the program, if it fails
};
using Diagnoses = std::vector<Diagnosis>;

// What others say in several lines, in one; without what a terminal must not see.
std::string OneLine(std::string_view text);

// The code of the first that fails; kPassedCode if none does. What warns is for people.
ProcessExit ExitCodeOf(const Diagnoses& diagnoses);

// For people: "fail  token          …", what to do below it.
std::string RenderText(const Diagnoses& diagnoses);
// For -o json, yaml and name.
Listing ToListing(const Diagnoses& diagnoses);

}  // namespace wsfleet::cli
