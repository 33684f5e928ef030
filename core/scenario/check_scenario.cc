#include "core/scenario/check_scenario.h"

#include <algorithm>
#include <map>
#include <set>

#include "core/base/text.h"
#include "core/scenario/references.h"
#include "fmt/format.h"

namespace wsfleet {
namespace {

void ReportReach(const SourceRange& range, std::optional<absl::Duration> max_time, absl::Duration within,
                 Diagnostics& diagnostics) {
  if (!max_time || *max_time < within) return;
  diagnostics.Error(
      range, fmt::format("max_time {} can never be reached within {}", DurationText(*max_time), DurationText(within)));
}

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
      for (const TemplateValue& value : values) CheckCell(value);
      fixed_.insert(name);
      variables_.insert(name);
    }
    fixed_.insert(names_.variables.begin(), names_.variables.end());
    const TemplateVisitor visit = [&](const Template& text, bool secrets) {
      references_.Check(text, secrets, variables_);
    };
    for (const Requirement& requirement : scenario_.requirements) {
      VisitTemplates(requirement, visit);
      const auto* http = std::get_if<HttpRequirement>(&requirement.what);
      if (http == nullptr) continue;
      CheckCredential(http->request.auth);
      wsfleet::CheckReach(http->request, suite_.defaults.within, diagnostics_);
    }
    CollectIds(scenario_.steps);
    CheckSteps(scenario_.steps);
    if (!asserts_ && !scenario_.steps.empty()) {
      diagnostics_.Error(
          scenario_.range,
          fmt::format("scenario \"{}\" asserts nothing; add an expectation or `ping: {{}}`", scenario_.name));
    }
  }

 private:
  // The cases are laid out, and named, before a session begins.
  void CheckCell(const TemplateValue& value) {
    VisitTemplates(value, false, [&](const Template& text, bool) {
      for (const Template::Part& part : text.parts()) {
        if (!part.reference || part.text.starts_with("env.") || names_.variables.contains(part.text)) continue;
        if (!IsBuiltIn(part.text)) continue;
        diagnostics_.Error(part.range, fmt::format("matrix: ${{{}}} has no value before a session begins", part.text));
      }
      references_.Check(text, false, names_.variables);
    });
  }

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
        const std::set<std::string> outer_ids = ids_, open_before = open_;
        CheckSteps(repeat->steps);
        ids_ = outer_ids;
        if (repeat->times != 1) CheckNextRound(step.range, open_before);
      }
      Effects(step);
      if (!step.id.empty()) ids_.insert(step.id);
    }
  }

  // The next round of a repeat begins with what the last one left.
  void CheckNextRound(const SourceRange& range, const std::set<std::string>& open_before) {
    for (const std::string& name : open_) {
      if (open_before.contains(name)) continue;
      diagnostics_.Error(range, fmt::format("connection \"{}\" is still open when the steps are repeated; close it at "
                                            "their end, or connect before the repeat",
                                            name));
    }
    for (const std::string& name : open_before) {
      if (open_.contains(name)) continue;
      diagnostics_.Error(range, fmt::format("connection \"{}\" is no longer open when the steps are repeated; close it "
                                            "after the repeat, or connect inside of it",
                                            name));
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
    ReportReach(range, max_time, within, diagnostics_);
  }

  void CheckMessages(const ExpectManyStep& step, const SourceRange& range) {
    const absl::Duration within = step.within.value_or(suite_.defaults.within);
    if (step.unique.wanted && !step.unique.after_last_match && within > absl::Seconds(10)) {
      diagnostics_.Warning(
          range, fmt::format("unique: true holds the step until its {} are over; give a duration, such as unique: 1s",
                             DurationText(within)));
    }
    for (const Message& message : step.messages) {
      const absl::Duration own = message.within.value_or(within);
      if (own > within) {
        diagnostics_.Error(message.range, fmt::format("within {} of a message is longer than the step's {}",
                                                      DurationText(own), DurationText(within)));
      }
      CheckReach(message.max_time_range, message.max_time, own);
    }
  }

  void CheckTimes(const Step& step) {
    const absl::Duration standard = suite_.defaults.within;
    if (const auto* http = std::get_if<HttpRequest>(&step.action)) wsfleet::CheckReach(*http, standard, diagnostics_);
    if (const auto* connect = std::get_if<ConnectStep>(&step.action))
      CheckReach(step.max_time_range, connect->max_time, connect->within.value_or(standard));
    if (const auto* ping = std::get_if<PingStep>(&step.action))
      CheckReach(step.max_time_range, ping->max_time, ping->within.value_or(standard));
    if (const auto* expect = std::get_if<ExpectStep>(&step.action)) {
      CheckReach(step.max_time_range, expect->message.max_time, expect->message.within.value_or(standard));
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
    if (const auto* send = std::get_if<SendStep>(&step.action)) CheckCaptures(*send);
    if (const auto* http = std::get_if<HttpRequest>(&step.action)) CheckCredential(http->auth);
  }

  // Pieces of a secret would be known to nobody who keeps it out of reports.
  void CheckCaptures(const SendStep& step) {
    if (step.capture.empty()) return;
    bool has_secret = false;
    VisitTemplates(Action(step), [&](const Template& text, bool) {
      has_secret = has_secret || std::ranges::any_of(text.parts(), [](const Template::Part& part) {
                     return part.reference && part.text.starts_with("secret.");
                   });
    });
    if (!has_secret) return;
    diagnostics_.Error(step.capture.front().source.range,
                       "capture: expected a message without ${secret…}; what is cut out of one would not be redacted");
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
    const auto used = [&](const std::string& name) {
      if (!names_.credentials.contains(name)) {
        if (names_.are_whole) undefined(auth.range(), name);
        return;
      }
      const auto credential = std::ranges::find(suite_.credentials, name, &Credential::name);
      if (credential == suite_.credentials.end()) return;
      VisitTemplates(*credential, [&](const Template& text, bool) { references_.Check(text, true, variables_); });
    };
    if (auth.is_literal()) return used(auth.literal());
    const Template::Part* reference = auth.sole_reference();
    for (const auto& [name, values] : scenario_.matrix) {
      if (reference == nullptr || reference->text != name) continue;
      for (const TemplateValue& value : values) {
        if (const auto* constant = std::get_if<boost::json::value>(&value.value)) used(ValueAsText(*constant));
      }
    }
  }

  void CheckAssertion(const Step& step) {
    const Action& action = step.action;
    if (const auto* http = std::get_if<HttpRequest>(&action)) asserts_ |= http->expect.has_value();
    if (const auto* connect = std::get_if<ConnectStep>(&action))
      asserts_ |= connect->expect.has_value() || !connect->refused.empty();
    asserts_ |= std::holds_alternative<ExpectStep>(action) || std::holds_alternative<ExpectManyStep>(action) ||
                std::holds_alternative<ExpectNoneStep>(action) || std::holds_alternative<ExpectCloseStep>(action) ||
                std::holds_alternative<PingStep>(action);
  }

  void AddCaptures(const std::vector<Capture>& captures) {
    for (const Capture& capture : captures) AddCaptured(capture.variable, capture.source.range);
  }

  void AddCaptured(const std::string& variable, const SourceRange& range) {
    if (fixed_.contains(variable)) {
      diagnostics_.Error(range, fmt::format("\"{}\" is a var or a matrix name; capture into another one", variable));
    }
    variables_.insert(variable);
  }

  void Effects(const Step& step) {
    if (const auto* connect = std::get_if<ConnectStep>(&step.action)) {
      // One that is to be refused leaves nothing to connect again.
      if (connect->refused.empty()) {
        known_.insert(connect->as);
      } else {
        known_.erase(connect->as);
      }
      if (connect->refused.empty() && !open_.insert(connect->as).second) {
        diagnostics_.Error(
            step.range,
            fmt::format("connection \"{}\" is open already; close it before, or name this one with as", connect->as));
      }
      if (connect->connection.sequence && !connect->connection.sequence->as.empty()) {
        AddCaptured(connect->connection.sequence->as, connect->connection.sequence->range);
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

}  // namespace

void CheckReach(const HttpRequest& http, absl::Duration standard_within, Diagnostics& diagnostics) {
  ReportReach(http.max_time_range, http.max_time, http.within.value_or(standard_within), diagnostics);
}

void CheckScenario(const Suite& suite, const Scenario& scenario, const SuiteNames& names, Diagnostics& diagnostics) {
  ScenarioChecker(suite, scenario, names, diagnostics).Check();
}

}  // namespace wsfleet
