#include "core/scenario/check_suite.h"

#include <algorithm>
#include <map>
#include <set>

#include "core/scenario/check_scenario.h"
#include "core/scenario/references.h"
#include "core/scenario/suite_names.h"
#include "fmt/format.h"

namespace wsfleet {
namespace {

using Vars = std::vector<std::pair<std::string, TemplateValue>>;

// A var may name another one that is a plain value. Chains could lead back to their beginning, or double at each link.
void CheckVarChains(const Suite& suite, Diagnostics& diagnostics) {
  std::vector<const Vars*> all{&suite.vars};
  for (const Target& target : suite.targets) all.push_back(&target.vars);
  std::set<std::string> plain, templated;
  for (const Vars* vars : all) {
    for (const auto& [name, value] : *vars) (value.is_constant() ? plain : templated).insert(name);
  }
  const TemplateVisitor visit = [&](const Template& text, bool) {
    for (const Template::Part& part : text.parts()) {
      if (!part.reference || !templated.contains(part.text)) continue;
      diagnostics.Error(part.range, fmt::format("${{{0}}}: a var can only name vars that are plain values, and \"{0}\" "
                                                "holds a template itself",
                                                part.text));
    }
  };
  for (const Vars* vars : all) {
    for (const auto& [name, value] : *vars) VisitTemplates(value, false, visit);
  }
}

void AddVariables(const std::vector<Step>& steps, std::set<std::string>& out) {
  const auto add = [&](const std::vector<Capture>& captures) {
    for (const Capture& capture : captures) out.insert(capture.variable);
  };
  for (const Step& step : steps) {
    if (const auto* http = std::get_if<HttpRequest>(&step.action)) add(http->capture);
    if (const auto* send = std::get_if<SendStep>(&step.action)) add(send->capture);
    if (const auto* expect = std::get_if<ExpectStep>(&step.action)) add(expect->message.capture);
    if (const auto* many = std::get_if<ExpectManyStep>(&step.action)) {
      for (const Message& message : many->messages) add(message.capture);
    }
    if (const auto* repeat = std::get_if<RepeatStep>(&step.action)) AddVariables(repeat->steps, out);
    const auto* connect = std::get_if<ConnectStep>(&step.action);
    if (connect != nullptr && connect->connection.sequence) out.insert(connect->connection.sequence->as);
  }
}

std::set<std::string> VariablesOfScenarios(const Suite& suite, const SuiteNames& names) {
  std::set<std::string> variables = names.variables;
  for (const Scenario& scenario : suite.scenarios) {
    for (const auto& [name, values] : scenario.matrix) variables.insert(name);
    AddVariables(scenario.steps, variables);
  }
  return variables;
}

void CheckSuiteTemplates(const Suite& suite, const SuiteNames& names, Diagnostics& diagnostics) {
  const ReferenceChecker references(suite, names, diagnostics);
  const TemplateVisitor visit = [&](const Template& text, bool secrets) {
    references.Check(text, secrets, names.variables);
  };
  for (const auto& [name, value] : suite.vars) VisitTemplates(value, false, visit);
  // A credential is minted where it is used, and sees what is known there; that is checked with each use. Here: what no
  // scenario could give it.
  const std::set<std::string> anywhere = VariablesOfScenarios(suite, names);
  for (const Credential& credential : suite.credentials) {
    if (names.every_scenario) {
      VisitTemplates(credential, [&](const Template& text, bool) { references.Check(text, true, anywhere); });
    }
  }
  const auto check_request = [&](const HttpRequest& http) {
    references.CheckCredential(http.auth);
    CheckReach(http, suite.defaults.within, diagnostics);
  };
  const auto check_requirements = [&](const std::vector<Requirement>& requirements) {
    for (const Requirement& requirement : requirements) {
      VisitTemplates(requirement, visit);
      if (const auto* http = std::get_if<HttpRequirement>(&requirement.what)) check_request(http->request);
    }
  };
  check_requirements(suite.requirements);
  const auto check_target = [&](const Target& target) {
    references.Check(target.url, false, names.variables, ReferenceChecker::Environment::kFree);
    check_requirements(target.requirements);
    for (const auto& [name, value] : target.vars) VisitTemplates(value, false, visit);
    for (const auto& [name, text] : target.headers) visit(text, true);
    VisitTemplates(target.tls, visit);
    if (target.proxy) visit(*target.proxy, true);
  };
  for (const Target& target : suite.targets) check_target(target);
  for (const Target& target : suite.target_candidates) {
    if (target.name.empty()) check_target(target);
  }
  if (suite.revision) {
    VisitTemplates(suite.revision->http, visit);
    check_request(suite.revision->http);
  }
  std::set<std::string> of_failure = names.variables;
  of_failure.insert({"trace.id", "window.start", "window.end"});
  for (const LogSource& source : suite.evidence.logs) {
    const TemplateVisitor check = [&](const Template& text, bool secrets) {
      references.Check(text, secrets, of_failure, ReferenceChecker::Environment::kFree);
    };
    if (source.http) {
      VisitTemplates(*source.http, check);
      check_request(*source.http);
    }
    check(source.file, false);
    check(source.loki, false);
    check(source.query, false);
  }
}

// Names of messages, and ids of the other steps that are timed.
class LabelCounter {
 public:
  explicit LabelCounter(Diagnostics& diagnostics) : diagnostics_(diagnostics) {}

  void Add(const std::vector<Step>& steps) {
    for (const Step& step : steps) {
      if (std::holds_alternative<HttpRequest>(step.action) || std::holds_alternative<PingStep>(step.action)) {
        Add(step.id, step.id_range);
      }
      if (const auto* expect = std::get_if<ExpectStep>(&step.action)) Add(expect->message.name, expect->message.range);
      if (const auto* many = std::get_if<ExpectManyStep>(&step.action)) {
        for (const Message& message : many->messages) Add(message.name, message.range);
      }
      if (const auto* repeat = std::get_if<RepeatStep>(&step.action)) Add(repeat->steps);
    }
  }

 private:
  static constexpr std::size_t kMaxLabels = 64;

  void Add(const std::string& label, const SourceRange& range) {
    if (label.empty() || labels_.size() > kMaxLabels) return;
    labels_.insert(label);
    if (labels_.size() <= kMaxLabels) return;
    diagnostics_.Error(range, fmt::format("\"{}\" is label {} of this job, and {} is the limit; a label is the name of "
                                          "a message, or the id of an http or ping step",
                                          label, labels_.size(), kMaxLabels));
  }

  Diagnostics& diagnostics_;
  std::set<std::string> labels_;
};

void WarnOfHealthLoop(const Suite& suite, Diagnostics& diagnostics) {
  if (suite.target_candidates.empty()) return;
  const Target& target = suite.target_candidates.back();
  for (const Requirement& requirement : target.requirements) {
    if (std::holds_alternative<HttpRequirement>(requirement.what)) {
      diagnostics.Warning(
          requirement.range,
          "this target requires its own health, and none comes after it: an outage would skip, not fail; "
          "make the health a scenario, or add a target without this requirement");
    }
  }
}

}  // namespace

void CheckSuite(const Suite& suite, const Gaps& gaps, Diagnostics& diagnostics) {
  const SuiteNames names(suite, gaps);
  CheckVarChains(suite, diagnostics);
  CheckSuiteTemplates(suite, names, diagnostics);
  std::map<std::string, SourceRange> scenario_names;
  for (std::size_t i = 0; i < suite.scenarios.size(); ++i) {
    if (gaps.scenarios.contains(i)) continue;
    const Scenario& scenario = suite.scenarios[i];
    const auto [found, inserted] = scenario_names.emplace(scenario.name, scenario.range);
    if (!inserted) {
      diagnostics.Error(scenario.range, fmt::format("scenario name \"{}\" is used twice; the first is at {}:{}",
                                                    scenario.name, found->second.line, found->second.column));
    }
    const bool load =
        std::ranges::any_of(suite.not_in_this_version, [](const auto& entry) { return entry.what == "load"; });
    if (load && scenario.concurrent > 1) {
      diagnostics.Error(scenario.range,
                        fmt::format("\"concurrent\" does not go with load (scenario \"{}\")", scenario.name));
    }
    CheckScenario(suite, scenario, names, diagnostics);
  }
  WarnOfHealthLoop(suite, diagnostics);
}

void CheckLabels(const std::vector<Suite>& suites, Diagnostics& diagnostics) {
  LabelCounter labels(diagnostics);
  for (const Suite& suite : suites) {
    for (const Scenario& scenario : suite.scenarios) labels.Add(scenario.steps);
  }
}

}  // namespace wsfleet
