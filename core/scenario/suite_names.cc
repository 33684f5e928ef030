#include "core/scenario/suite_names.h"

#include <algorithm>
#include <array>

#include "core/base/text.h"
#include "fmt/format.h"

namespace wsfleet {
namespace {

constexpr std::string_view kOwnToken = "WSFLEET_TOKEN";  // of our own command line
constexpr std::array<std::string_view, 7> kBuiltIns{"session.id", "session.index", "region", "agent",
                                                    "uuid",       "now",           "now.ms"};
// Beyond it, looking for what was meant would cost more than it helps.
constexpr std::size_t kMaxCandidates = 2000;

}  // namespace

SuiteNames::SuiteNames(const Suite& suite, const Gaps& gaps)
    : are_whole(!gaps.names), every_scenario(gaps.scenarios.empty()) {
  for (const auto& [name, value] : suite.vars) variables.insert(name);
  const auto require = [&](const std::vector<Requirement>& requirements) {
    for (const Requirement& requirement : requirements) {
      if (const auto* env = std::get_if<EnvRequirement>(&requirement.what)) environment.insert(env->name);
    }
  };
  require(suite.requirements);
  for (const Target& target : suite.targets) {
    for (const auto& [name, value] : target.vars) variables.insert(name);
    require(target.requirements);
  }
  for (const Scenario& scenario : suite.scenarios) require(scenario.requirements);
  for (const Credential& credential : suite.credentials) credentials.insert(credential.name);
}

bool IsBuiltIn(std::string_view name) { return std::ranges::find(kBuiltIns, name) != kBuiltIns.end(); }

std::string Meant(std::string_view word, const std::set<std::string>& known) {
  if (known.size() > kMaxCandidates) return {};
  const std::vector<std::string_view> candidates(known.begin(), known.end());
  const std::string_view closest = ClosestMatch(word, candidates);
  return closest.empty() ? std::string() : fmt::format("; did you mean \"{}\"?", closest);
}

void ReferenceChecker::Check(const Template& text, bool secrets_allowed, const std::set<std::string>& variables,
                             Environment environment) const {
  for (const Template::Part& part : text.parts()) {
    if (part.reference) CheckOne(part, secrets_allowed, variables, environment);
  }
}

void ReferenceChecker::CheckCredential(const Template& auth) const {
  if (auth.empty() || !auth.is_literal() || !names_.are_whole || names_.credentials.contains(auth.literal())) return;
  diagnostics_.Error(auth.range(), fmt::format("undefined credential \"{}\"{}", auth.literal(),
                                               Meant(auth.literal(), names_.credentials)));
}

void ReferenceChecker::CheckOne(const Template::Part& part, bool secrets_allowed,
                                const std::set<std::string>& variables, Environment environment) const {
  const std::string& name = part.text;
  if (name.starts_with("secret.")) {
    if (!secrets_allowed) diagnostics_.Error(part.range, fmt::format("${{{}}} is not allowed here", name));
    return;
  }
  if (name.starts_with("env.")) {
    const std::string variable = name.substr(4);
    if (variable == kOwnToken) {
      diagnostics_.Error(part.range,
                         fmt::format("${{{}}} is not allowed: who submits a run shows it to the coordinator, "
                                     "and to no target; expected a secret, ${{secret.NAME}}",
                                     name));
      return;
    }
    if (environment == Environment::kRequired && names_.are_whole && names_.every_scenario &&
        !names_.environment.contains(variable)) {
      diagnostics_.Error(
          part.range,
          fmt::format("environment variable \"{0}\" is not named by any requires; add requires: [{{env: {0}}}]{1}",
                      variable, Meant(variable, names_.environment)));
    }
    return;
  }
  if (!names_.are_whole) return;
  if (name.starts_with("data.")) {
    const std::string column = name.substr(5);
    if (suite_.data == nullptr) {
      diagnostics_.Error(part.range, fmt::format("${{{}}}: this suite has no data", name));
    } else if (!suite_.data->columns().contains(column)) {
      diagnostics_.Error(part.range,
                         fmt::format("undefined data column \"{}\"{}", column, Meant(column, suite_.data->columns())));
    }
    return;
  }
  if (IsBuiltIn(name) || variables.contains(name)) return;
  std::set<std::string> known;
  if (variables.size() <= kMaxCandidates) known = variables;
  known.insert(kBuiltIns.begin(), kBuiltIns.end());
  diagnostics_.Error(part.range, fmt::format("undefined variable \"{}\"{}", name, Meant(name, known)));
}

}  // namespace wsfleet
