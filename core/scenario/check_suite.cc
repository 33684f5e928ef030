#include "core/scenario/check_suite.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "core/base/text.h"
#include "core/scenario/references.h"
#include "fmt/format.h"

namespace wsfleet {
namespace {

constexpr std::array<std::string_view, 7> kBuiltIns{"session.id", "session.index", "region", "agent",
                                                    "uuid",       "now",           "now.ms"};

std::string Meant(std::string_view word, const std::set<std::string>& known) {
  const std::vector<std::string_view> candidates(known.begin(), known.end());
  const std::string_view closest = ClosestMatch(word, candidates);
  return closest.empty() ? std::string() : fmt::format("; did you mean \"{}\"?", closest);
}

// Names that hold for a whole suite.
struct SuiteNames {
  std::set<std::string> variables;
  std::set<std::string> credentials{"none"};
  std::set<std::string> environment;  // named by a `requires`
};

SuiteNames CollectNames(const Suite& suite) {
  SuiteNames names;
  for (const auto& [name, value] : suite.vars) names.variables.insert(name);
  const auto require = [&](const std::vector<Requirement>& requirements) {
    for (const Requirement& requirement : requirements) {
      if (const auto* env = std::get_if<EnvRequirement>(&requirement.what)) names.environment.insert(env->name);
    }
  };
  require(suite.requirements);
  for (const Target& target : suite.targets) {
    for (const auto& [name, value] : target.vars) names.variables.insert(name);
    require(target.requirements);
  }
  for (const Scenario& scenario : suite.scenarios) require(scenario.requirements);
  for (const Credential& credential : suite.credentials) names.credentials.insert(credential.name);
  return names;
}

// Checks the references of one template against what is known at its place.
class ReferenceChecker {
 public:
  ReferenceChecker(const Suite& suite, const SuiteNames& names, Diagnostics& diagnostics)
      : suite_(suite), names_(names), diagnostics_(diagnostics) {}

  void Check(const Template& text, bool secrets_allowed, const std::set<std::string>& variables,
             bool env_is_required = true) const {
    for (const Template::Part& part : text.parts()) {
      if (part.reference) Check(part, secrets_allowed, variables, env_is_required);
    }
  }

 private:
  void Check(const Template::Part& part, bool secrets_allowed, const std::set<std::string>& variables,
             bool env_is_required) const {
    const std::string& name = part.text;
    if (name.starts_with("secret.")) {
      if (!secrets_allowed) diagnostics_.Error(part.range, fmt::format("${{{}}} is not allowed here", name));
      return;
    }
    if (name.starts_with("env.")) {
      const std::string variable = name.substr(4);
      if (env_is_required && !names_.environment.contains(variable)) {
        diagnostics_.Error(
            part.range,
            fmt::format("environment variable \"{0}\" is not named by any requires; add requires: [{{env: {0}}}]{1}",
                        variable, Meant(variable, names_.environment)));
      }
      return;
    }
    if (name.starts_with("data.")) {
      if (!suite_.has_data) diagnostics_.Error(part.range, fmt::format("${{{}}}: this suite has no data", name));
      return;
    }
    if (std::ranges::find(kBuiltIns, name) != kBuiltIns.end() || variables.contains(name)) return;
    std::set<std::string> known = variables;
    known.insert(kBuiltIns.begin(), kBuiltIns.end());
    diagnostics_.Error(part.range, fmt::format("undefined variable \"{}\"{}", name, Meant(name, known)));
  }

  const Suite& suite_;
  const SuiteNames& names_;
  Diagnostics& diagnostics_;
};

// Walks one scenario as it would run.
class ScenarioChecker {
 public:
  ScenarioChecker(const Suite& suite, const Scenario& scenario, const SuiteNames& names, Diagnostics& diagnostics)
      : suite_(suite),
        scenario_(scenario),
        names_(names),
        references_(suite, names, diagnostics),
        diagnostics_(diagnostics),
        variables_(names.variables) {}

  void Check() {
    for (const auto& [name, values] : scenario_.matrix) {
      fixed_.insert(name);
      variables_.insert(name);
    }
    fixed_.insert(names_.variables.begin(), names_.variables.end());
    const TemplateVisitor visit = [&](const Template& text, bool secrets) {
      references_.Check(text, secrets, variables_);
    };
    for (const Requirement& requirement : scenario_.requirements) VisitTemplates(requirement, visit);
    CollectIds(scenario_.steps);
    CheckSteps(scenario_.steps);
    if (!asserts_ && !scenario_.steps.empty()) {
      diagnostics_.Error(
          scenario_.range,
          fmt::format("scenario \"{}\" asserts nothing; add an expectation or `ping: {{}}`", scenario_.name));
    }
  }

 private:
  void CollectIds(const std::vector<Step>& steps) {
    for (const Step& step : steps) {
      if (!step.id.empty()) {
        const auto [found, inserted] = all_ids_.emplace(step.id, step.id_range);
        if (!inserted) {
          diagnostics_.Error(step.id_range, fmt::format("step id \"{}\" is used twice; the first is at {}:{}", step.id,
                                                        found->second.line, found->second.column));
        }
      }
      if (const auto* repeat = std::get_if<RepeatStep>(&step.action)) CollectIds(repeat->steps);
    }
  }

  void CheckSteps(const std::vector<Step>& steps) {
    for (const Step& step : steps) {
      CheckConnection(step);
      CheckSince(step);
      CheckTimes(step);
      CheckTemplates(step);
      CheckAssertion(step);
      if (const auto* repeat = std::get_if<RepeatStep>(&step.action)) {
        // Inner steps are no anchors for those behind the repeat.
        const std::set<std::string> outer_ids = ids_;
        CheckSteps(repeat->steps);
        ids_ = outer_ids;
      }
      Effects(step);
      if (!step.id.empty()) ids_.insert(step.id);
    }
  }

  void CheckConnection(const Step& step) {
    const bool connects = std::holds_alternative<ConnectStep>(step.action);
    const bool free = connects || std::holds_alternative<HttpRequest>(step.action) ||
                      std::holds_alternative<WaitStep>(step.action) || std::holds_alternative<RepeatStep>(step.action);
    if (free) {
      if (step.via_range.known()) {
        diagnostics_.Error(step.via_range,
                           fmt::format("via does not go with {}{}", step.action_name, connects ? "; use as" : ""));
      }
      return;
    }
    const SourceRange& range = step.via_range.known() ? step.via_range : step.range;
    const bool open = open_.contains(step.via);
    if (std::holds_alternative<ReconnectStep>(step.action)) {
      if (open)
        diagnostics_.Error(range,
                           fmt::format("connection \"{}\" is still open; drop or close it before reconnect", step.via));
      if (!known_.contains(step.via))
        diagnostics_.Error(range, fmt::format("no connection \"{}\" is known here", step.via));
      return;
    }
    if (!open)
      diagnostics_.Error(range, fmt::format("no connection \"{}\" is open here{}", step.via, Meant(step.via, open_)));
  }

  static std::string SinceOf(const Action& action) {
    if (const auto* expect = std::get_if<ExpectStep>(&action)) return expect->since;
    if (const auto* many = std::get_if<ExpectManyStep>(&action)) return many->since;
    if (const auto* none = std::get_if<ExpectNoneStep>(&action)) return none->since;
    if (const auto* close = std::get_if<ExpectCloseStep>(&action)) return close->since;
    return {};
  }

  void CheckSince(const Step& step) {
    const std::string since = SinceOf(step.action);
    if (since.empty() || ids_.contains(since)) return;
    const auto later = all_ids_.find(since);
    std::string where = Meant(since, ids_);
    if (later != all_ids_.end()) where = fmt::format(" (it is at {}:{})", later->second.line, later->second.column);
    diagnostics_.Error(step.since_range, fmt::format("since: no step \"{}\" comes before this one{}", since, where));
  }

  void CheckReach(const SourceRange& range, std::optional<absl::Duration> max_time, absl::Duration within) {
    if (max_time && *max_time >= within) {
      diagnostics_.Error(range, fmt::format("max_time {} can never be reached within {}", DurationText(*max_time),
                                            DurationText(within)));
    }
  }

  void CheckMessages(const ExpectManyStep& step, const SourceRange&) {
    const absl::Duration within = step.within.value_or(suite_.defaults.within);
    for (const Message& message : step.messages) {
      const absl::Duration own = message.within.value_or(within);
      if (own > within) {
        diagnostics_.Error(message.range, fmt::format("within {} of a message is longer than the step's {}",
                                                      DurationText(own), DurationText(within)));
      }
      CheckReach(message.range, message.max_time, own);
    }
  }

  void CheckTimes(const Step& step) {
    const absl::Duration standard = suite_.defaults.within;
    if (const auto* http = std::get_if<HttpRequest>(&step.action))
      CheckReach(step.range, http->max_time, http->within.value_or(standard));
    if (const auto* connect = std::get_if<ConnectStep>(&step.action))
      CheckReach(step.range, connect->max_time, connect->within.value_or(standard));
    if (const auto* ping = std::get_if<PingStep>(&step.action))
      CheckReach(step.range, ping->max_time, ping->within.value_or(standard));
    if (const auto* expect = std::get_if<ExpectStep>(&step.action)) {
      CheckReach(step.range, expect->message.max_time, expect->message.within.value_or(standard));
    }
    if (const auto* many = std::get_if<ExpectManyStep>(&step.action)) CheckMessages(*many, step.range);
  }

  void CheckTemplates(const Step& step) {
    const TemplateVisitor visit = [&](const Template& text, bool secrets) {
      references_.Check(text, secrets, variables_);
    };
    const auto* many = std::get_if<ExpectManyStep>(&step.action);
    if (many == nullptr) {
      VisitTemplates(step.action, visit);
    } else {
      CheckManyTemplates(*many, visit);
    }
    if (const auto* connect = std::get_if<ConnectStep>(&step.action)) CheckCredential(connect->connection.auth);
    if (const auto* http = std::get_if<HttpRequest>(&step.action)) CheckCredential(http->auth);
  }

  // In a sequence a message sees the captures of those before it; in expect_all it sees none of the step's own.
  void CheckManyTemplates(const ExpectManyStep& step, const TemplateVisitor& visit) {
    std::set<std::string> own;
    for (const Message& message : step.messages) {
      for (const Capture& capture : message.capture) own.insert(capture.variable);
    }
    for (const Message& message : step.messages) {
      const auto check = [&](const Template& text, bool secrets) {
        if (step.order == ExpectManyStep::Order::kAny) {
          for (const Template::Part& part : text.parts()) {
            if (!part.reference || !own.contains(part.text) || variables_.contains(part.text)) continue;
            diagnostics_.Error(
                part.range, fmt::format("\"{}\" is captured in this expect_all; use expect_seq, or an expect before it",
                                        part.text));
          }
        }
        visit(text, secrets);
      };
      VisitTemplates(message.match, check);
      if (message.assertion) VisitTemplates(*message.assertion, check);
      if (step.order == ExpectManyStep::Order::kSequence) AddCaptures(message.capture);
    }
  }

  void CheckCredential(const Template& auth) {
    if (auth.empty()) return;
    const auto undefined = [&](const SourceRange& range, const std::string& name) {
      diagnostics_.Error(range, fmt::format("undefined credential \"{}\"{}", name, Meant(name, names_.credentials)));
    };
    if (auth.is_literal()) {
      if (!names_.credentials.contains(auth.literal())) undefined(auth.range(), auth.literal());
      return;
    }
    const Template::Part* reference = auth.sole_reference();
    for (const auto& [name, values] : scenario_.matrix) {
      if (reference == nullptr || reference->text != name) continue;
      for (const boost::json::value& value : values) {
        const std::string credential = ValueAsText(value);
        if (!names_.credentials.contains(credential)) undefined(auth.range(), credential);
      }
    }
  }

  void CheckAssertion(const Step& step) {
    const Action& action = step.action;
    if (const auto* http = std::get_if<HttpRequest>(&action)) asserts_ |= http->expect.has_value();
    if (const auto* connect = std::get_if<ConnectStep>(&action))
      asserts_ |= connect->expect || !connect->refused.empty();
    asserts_ |= std::holds_alternative<ExpectStep>(action) || std::holds_alternative<ExpectManyStep>(action) ||
                std::holds_alternative<ExpectNoneStep>(action) || std::holds_alternative<ExpectCloseStep>(action) ||
                std::holds_alternative<PingStep>(action);
  }

  void AddCaptures(const std::vector<Capture>& captures) {
    for (const Capture& capture : captures) {
      if (fixed_.contains(capture.variable)) {
        diagnostics_.Error(capture.source.range,
                           fmt::format("\"{}\" is a var or a matrix name; capture into another one", capture.variable));
      }
      variables_.insert(capture.variable);
    }
  }

  void Effects(const Step& step) {
    if (const auto* connect = std::get_if<ConnectStep>(&step.action)) {
      known_.insert(connect->as);
      if (connect->refused.empty() && !open_.insert(connect->as).second) {
        diagnostics_.Error(
            step.range,
            fmt::format("connection \"{}\" is open already; close it before, or name this one with as", connect->as));
      }
      if (connect->connection.sequence && !connect->connection.sequence->as.empty()) {
        variables_.insert(connect->connection.sequence->as);
      }
    }
    if (std::holds_alternative<ReconnectStep>(step.action)) open_.insert(step.via);
    if (std::holds_alternative<CloseStep>(step.action) || std::holds_alternative<DropStep>(step.action) ||
        std::holds_alternative<ExpectCloseStep>(step.action)) {
      open_.erase(step.via);
    }
    if (const auto* http = std::get_if<HttpRequest>(&step.action)) AddCaptures(http->capture);
    if (const auto* send = std::get_if<SendStep>(&step.action)) AddCaptures(send->capture);
    if (const auto* expect = std::get_if<ExpectStep>(&step.action)) AddCaptures(expect->message.capture);
    const auto* many = std::get_if<ExpectManyStep>(&step.action);
    if (many != nullptr && many->order == ExpectManyStep::Order::kAny) {
      for (const Message& message : many->messages) AddCaptures(message.capture);
    }
  }

  const Suite& suite_;
  const Scenario& scenario_;
  const SuiteNames& names_;
  ReferenceChecker references_;
  Diagnostics& diagnostics_;
  std::set<std::string> variables_;
  std::set<std::string> fixed_;  // vars and matrix names
  std::set<std::string> open_, known_;
  std::set<std::string> ids_;  // of steps that have ended before this one
  std::map<std::string, SourceRange> all_ids_;
  bool asserts_ = false;
};

void CheckSuiteTemplates(const Suite& suite, const SuiteNames& names, Diagnostics& diagnostics) {
  const ReferenceChecker references(suite, names, diagnostics);
  const TemplateVisitor visit = [&](const Template& text, bool secrets) {
    references.Check(text, secrets, names.variables);
  };
  for (const auto& [name, value] : suite.vars) {
    VisitTemplates(value, false, [&](const Template& text, bool) { references.Check(text, false, names.variables); });
  }
  for (const Credential& credential : suite.credentials) {
    // Captures of a session may stand in a credential: it is minted when it is first used.
    VisitTemplates(credential, [&](const Template& text, bool secrets) {
      std::set<std::string> variables = names.variables;
      for (const Scenario& scenario : suite.scenarios) {
        for (const auto& [name, values] : scenario.matrix) variables.insert(name);
      }
      references.Check(text, secrets, variables);
    });
  }
  for (const Requirement& requirement : suite.requirements) VisitTemplates(requirement, visit);
  const auto check_target = [&](const Target& target) {
    references.Check(target.url, false, names.variables, false);
    for (const Requirement& requirement : target.requirements) VisitTemplates(requirement, visit);
    for (const auto& [name, value] : target.vars) VisitTemplates(value, false, visit);
    for (const auto& [name, text] : target.headers) visit(text, true);
    VisitTemplates(target.tls, visit);
  };
  for (const Target& target : suite.targets) check_target(target);
  for (const Target& target : suite.target_candidates) {
    if (target.name.empty()) check_target(target);
  }
  if (suite.target_reference) references.Check(*suite.target_reference, false, names.variables, false);
  if (suite.revision) VisitTemplates(suite.revision->http, visit);
}

void WarnOfHealthLoop(const Suite& suite, Diagnostics& diagnostics) {
  if (suite.target_candidates.size() != 1) return;
  const Target& target = suite.target_candidates.back();
  for (const Requirement& requirement : target.requirements) {
    if (std::holds_alternative<HttpRequirement>(requirement.what)) {
      diagnostics.Warning(requirement.range,
                          "this target requires its own health: an outage would skip, not fail; add a fall-back target "
                          "or make it a scenario");
    }
  }
}

}  // namespace

void CheckSuite(const Suite& suite, Diagnostics& diagnostics) {
  const SuiteNames names = CollectNames(suite);
  CheckSuiteTemplates(suite, names, diagnostics);
  std::map<std::string, SourceRange> scenario_names;
  for (const Scenario& scenario : suite.scenarios) {
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
    ScenarioChecker(suite, scenario, names, diagnostics).Check();
  }
  WarnOfHealthLoop(suite, diagnostics);
}

}  // namespace wsfleet
