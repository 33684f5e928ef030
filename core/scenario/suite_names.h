#pragma once

#include <set>
#include <string>
#include <string_view>

#include "core/scenario/diagnostics.h"
#include "core/scenario/gaps.h"
#include "core/scenario/suite.h"

namespace wsfleet {

// Names that hold for a whole suite.
struct SuiteNames {
  SuiteNames(const Suite& suite, const Gaps& gaps);

  std::set<std::string> variables;
  std::set<std::string> credentials{"none"};
  std::set<std::string> environment;  // named by a `requires`
  // False: there may be others in what could not be read, so that an unknown one is no error.
  bool are_whole = true;
  bool every_scenario = true;  // those that scenarios have were read too
};

// "session.id", "uuid", "now" and the like.
bool IsBuiltIn(std::string_view name);

// `; did you mean "thread"?`, or nothing.
std::string Meant(std::string_view word, const std::set<std::string>& known);

// Checks the references of a template against what is known at its place.
class ReferenceChecker {
 public:
  ReferenceChecker(const Suite& suite, const SuiteNames& names, Diagnostics& diagnostics)
      : suite_(suite), names_(names), diagnostics_(diagnostics) {}

  // A target's URL is where the environment begins, so it may name a variable that no `requires` has.
  enum class Environment { kRequired, kFree };

  void Check(const Template& text, bool secrets_allowed, const std::set<std::string>& variables,
             Environment environment = Environment::kRequired) const;

  // Of a request that belongs to no scenario's steps.
  void CheckCredential(const Template& auth) const;

 private:
  void CheckOne(const Template::Part& part, bool secrets_allowed, const std::set<std::string>& variables,
                Environment environment) const;

  const Suite& suite_;
  const SuiteNames& names_;
  Diagnostics& diagnostics_;
};

}  // namespace wsfleet
