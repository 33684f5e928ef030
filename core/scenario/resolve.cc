#include <algorithm>
#include <set>

#include "absl/strings/str_replace.h"
#include "core/base/text.h"
#include "core/scenario/diagnostics.h"
#include "core/scenario/plan.h"
#include "core/scenario/plan_names.h"
#include "fmt/format.h"
#include "fmt/ranges.h"
#include "re2/re2.h"

namespace wsfleet {
namespace {

// What is known before a session: constants of the command line, the target and the suite, and the environment.
class ConstantScope : public Scope {
 public:
  ConstantScope(const Suite& suite, const Variables& variables) : suite_(suite), variables_(variables) {}

  absl::StatusOr<boost::json::value> Lookup(std::string_view name) const override {
    if (name.starts_with("env.")) {
      const auto found = variables_.env.find(name.substr(4));
      if (found != variables_.env.end()) return boost::json::value(found->second);
      return absl::NotFoundError(fmt::format("environment variable {} is not set", name.substr(4)));
    }
    if (const auto given = variables_.vars.find(name); given != variables_.vars.end())
      return boost::json::value(given->second);
    for (const auto& [known, value] : suite_.vars) {
      if (known == name) return Expand(value, *this);
    }
    return absl::NotFoundError(fmt::format("variable \"{}\" has no value before a session begins", name));
  }

 private:
  const Suite& suite_;
  const Variables& variables_;
};

constexpr std::size_t kMaxCases = 100'000;

bool NamesEnvironment(const Template& text) {
  return std::ranges::any_of(
      text.parts(), [](const Template::Part& part) { return part.reference && part.text.starts_with("env."); });
}

class Resolver {
 public:
  Resolver(const Selection& selection, const Variables& variables)
      : selection_(selection),
        variables_(variables),
        grep_(MakeGrep(selection.grep)),
        not_found_(selection.cases.begin(), selection.cases.end()) {}

  ResolveResult Run(std::vector<Suite> suites) {
    if (!selection_.grep.empty() && !grep_->ok()) diagnostics_.Error({}, fmt::format("--grep: {}", grep_->error()));
    CheckVariables(suites);
    auto plan = std::make_shared<Plan>();
    for (Suite& suite : suites) AddSuite(std::move(suite), *plan);
    SortFolders(*plan);
    if (!diagnostics_.has_errors()) ReportNotFound();
    if (plan->cases.empty() && !diagnostics_.has_errors()) ReportEmpty();
    ResolveResult result;
    result.diagnostics = diagnostics_.Sorted(kMaxDiagnostics);
    if (diagnostics_.has_errors()) return result;
    std::ranges::copy_if(result.diagnostics, std::back_inserter(plan->warnings),
                         [](const Diagnostic& d) { return d.severity == Diagnostic::Severity::kWarning; });
    plan->secrets.assign(plan_names_.secrets.begin(), plan_names_.secrets.end());
    plan->environment.assign(plan_names_.environment.begin(), plan_names_.environment.end());
    result.plan = std::move(plan);
    return result;
  }

 private:
  static std::unique_ptr<RE2> MakeGrep(const std::string& pattern) {
    RE2::Options options;
    options.set_log_errors(false);
    return std::make_unique<RE2>(pattern, options);
  }

  void CheckVariables(const std::vector<Suite>& suites) {
    std::set<std::string_view> known;
    for (const Suite& suite : suites) {
      for (const auto& [name, value] : suite.vars) known.insert(name);
      for (const Target& target : suite.targets) {
        for (const auto& [name, value] : target.vars) known.insert(name);
      }
    }
    const std::vector<std::string_view> names(known.begin(), known.end());
    for (const auto& [name, value] : variables_.vars) {
      if (known.contains(name)) continue;
      const std::string_view closest = ClosestMatch(name, names);
      diagnostics_.Error({}, fmt::format("--var {}: no suite has this variable{}", name,
                                         closest.empty() ? "" : fmt::format("; did you mean \"{}\"?", closest)));
    }
  }

  void AddSuite(Suite suite, Plan& plan) {
    ResolveTargets(suite);
    for (Scenario& scenario : suite.scenarios) FillDefaults(suite, scenario.steps);
    const auto shared = std::make_shared<const Suite>(std::move(suite));
    const std::size_t before = plan.cases.size();
    std::vector<const Scenario*> scenarios;
    for (const Scenario& scenario : shared->scenarios) scenarios.push_back(&scenario);
    std::ranges::stable_sort(scenarios, {}, &Scenario::priority);
    for (const Scenario* scenario : scenarios) AddCases(*shared, *scenario, plan);
    if (plan.cases.size() == before) return;
    Refuse(shared->not_in_this_version);
    CollectNames(*shared, selected_, plan_names_);
    plan.suites.push_back(shared);
  }

  // The suites of a folder stand side by side; their tiers are common.
  static void SortFolders(Plan& plan) {
    for (auto begin = plan.cases.begin(); begin != plan.cases.end();) {
      const auto end = std::find_if(begin, plan.cases.end(), [&](const PlannedCase& other) {
        return other.suite != begin->suite &&
               (begin->suite->folder.empty() || other.suite->folder != begin->suite->folder);
      });
      std::stable_sort(begin, end, [](const PlannedCase& a, const PlannedCase& b) { return a.tier < b.tier; });
      begin = end;
    }
  }

  void ResolveTargets(Suite& suite) {
    for (Target& candidate : suite.target_candidates) {
      if (candidate.is_reference) ResolveTarget(suite, candidate);
    }
  }

  void ResolveTarget(const Suite& suite, Target& candidate) {
    const SourceRange range = candidate.range;
    const auto text = ExpandText(candidate.url, ConstantScope(suite, variables_));
    if (!text.ok()) {
      diagnostics_.Error(range, fmt::format("target: {}", ToStd(text.status().message())));
      return;
    }
    if (text->starts_with("ws://") || text->starts_with("wss://")) {
      candidate.url = Template::Literal(*text);
      candidate.is_reference = false;
      return;
    }
    const auto found = std::ranges::find(suite.targets, *text, &Target::name);
    if (found != suite.targets.end()) {
      candidate = Target(*found);
      return;
    }
    diagnostics_.Error(range, fmt::format("target: expected a ws:// or wss:// URL or a name in targets, found \"{}\"",
                                          Excerpt(*text, 80)));
  }

  void FillDefaults(const Suite& suite, std::vector<Step>& steps) {
    const absl::Duration within = suite.defaults.within;
    for (Step& step : steps) {
      std::visit(
          [&](auto& action) {
            if constexpr (requires { action.within; }) action.within = action.within.value_or(within);
          },
          step.action);
      if (auto* expect = std::get_if<ExpectStep>(&step.action)) {
        expect->message.within = expect->message.within.value_or(within);
      } else if (auto* repeat = std::get_if<RepeatStep>(&step.action)) {
        FillDefaults(suite, repeat->steps);
      }
    }
  }

  // The name may be given with its suite, alone, or without the values of its matrix: ^alpha$ is the scenario alpha.
  bool IsNamed(const Suite& suite, const Scenario& scenario, const std::string& id) const {
    const auto matches = [&](std::string_view name) { return RE2::PartialMatch({name.data(), name.size()}, *grep_); };
    const std::size_t behind_suite = NameOfCase(suite.name).size() + 1;
    return matches(id) || matches(scenario.name) || matches(std::string_view(id).substr(behind_suite));
  }

  bool IsSelected(const Suite& suite, const Scenario& scenario, const std::string& id) const {
    if (selection_.max_priority && scenario.priority > *selection_.max_priority) return false;
    const bool tagged = selection_.tags.empty() || std::ranges::any_of(selection_.tags, [&](const std::string& tag) {
                          return std::ranges::find(scenario.tags, tag) != scenario.tags.end();
                        });
    return tagged && (selection_.grep.empty() || IsNamed(suite, scenario, id));
  }

  void AddCases(const Suite& suite, const Scenario& scenario, Plan& plan) {
    std::vector<std::vector<std::pair<std::string, boost::json::value>>> cells{{}};
    const ConstantScope scope(suite, variables_);
    for (const auto& [name, values] : scenario.matrix) {
      decltype(cells) next;
      for (const auto& cell : cells) {
        for (const TemplateValue& text : values) {
          auto value = Expand(text, scope);
          // A variable of the environment that is not set skips the scenario, which names its cases all the same.
          const auto* written = std::get_if<Template>(&text.value);
          if (!value.ok() && written != nullptr && NamesEnvironment(*written))
            value = boost::json::value(written->source_text());
          if (!value.ok()) {
            diagnostics_.Error(scenario.range, fmt::format("matrix: {}: {}", name, ToStd(value.status().message())));
            return;
          }
          next.push_back(cell);
          next.back().emplace_back(name, *std::move(value));
        }
      }
      cells = std::move(next);
    }
    tags_.insert(scenario.tags.begin(), scenario.tags.end());
    bool selected = false;
    for (std::uint32_t round = 1; round <= selection_.repeat; ++round) {
      for (const auto& cell : cells) {
        std::string id = fmt::format("{}/{}", suite.name, scenario.name);
        for (std::size_t i = 0; i < cell.size(); ++i) {
          id += fmt::format("{}{}={}", i == 0 ? " [" : ", ", cell[i].first, Excerpt(ValueAsText(cell[i].second), 80));
        }
        if (!cell.empty()) id += "]";
        id = NameOfCase(id);
        if (round == 1) Offer(id, scenario.range);
        if (!IsSelected(suite, scenario, id)) continue;
        if (selection_.repeat > 1) id += fmt::format(" #{}", round);
        if (!selection_.cases.empty() && not_found_.erase(CaseId(id)) == 0) continue;
        if (plan.cases.size() == kMaxCases) {
          diagnostics_.Error({},
                             fmt::format("more than {} cases are selected; choose fewer or repeat less", kMaxCases));
          return;
        }
        selected = true;
        plan.cases.push_back({CaseId(id), &suite, &scenario, cell, scenario.priority});
      }
      // Named cases may be of any round.
      if (!selected && selection_.cases.empty()) return;
    }
    if (!selected) return;
    selected_.insert(&scenario);
  }

  // Neither a text of PostgreSQL nor an argument of a command can hold the character NUL.
  static std::string NameOfCase(std::string_view text) {
    return absl::StrReplaceAll(ToAbsl(text), {{absl::string_view("\0", 1), "\\0"}});
  }

  // A case id is how everybody else names the case, so two of them never look alike.
  void Offer(const std::string& id, const SourceRange& range) {
    offered_.push_back(id);
    if (!known_.insert(id).second) diagnostics_.Error(range, fmt::format("two cases are named \"{}\"", id));
  }

  void Refuse(const std::vector<NotInThisVersion>& entries) {
    for (const NotInThisVersion& entry : entries) {
      diagnostics_.Error(entry.range, fmt::format("\"{}\" is not in this version", entry.what));
    }
  }

  void ReportNotFound() {
    const std::vector<std::string_view> names(offered_.begin(), offered_.end());
    for (const CaseId& id : not_found_) {
      const std::string_view closest = ClosestMatch(id.value(), names);
      diagnostics_.Error({}, fmt::format("no case that is selected is named \"{}\"{}", id.value(),
                                         closest.empty() ? "" : fmt::format("; did you mean \"{}\"?", closest)));
    }
  }

  void ReportEmpty() {
    const bool by_tag = !selection_.tags.empty() && !std::ranges::any_of(selection_.tags, [&](const std::string& tag) {
      return tags_.contains(tag);
    });
    if (by_tag && tags_.empty()) return diagnostics_.Error({}, "nothing is selected; no scenario has tags");
    constexpr std::size_t kShown = 5;
    std::vector<std::string> offered = by_tag ? std::vector(tags_.begin(), tags_.end()) : offered_;
    const std::string more = offered.size() > kShown ? fmt::format(" and {} more", offered.size() - kShown) : "";
    if (offered.size() > kShown) offered.resize(kShown);
    diagnostics_.Error({}, fmt::format("nothing is selected; expected {} among {}{}", by_tag ? "a tag" : "cases",
                                       fmt::join(offered, " · "), more));
  }

  const Selection& selection_;
  const Variables& variables_;
  std::unique_ptr<RE2> grep_;
  Diagnostics diagnostics_;
  std::vector<std::string> offered_;  // ids before selection, in order
  std::set<std::string> known_;
  std::set<std::string> tags_;  // of all scenarios
  std::set<CaseId> not_found_;  // of selection_.cases
  std::set<const Scenario*> selected_;
  PlanNames plan_names_;
};

}  // namespace

ResolveResult Resolve(const Bundle& bundle, const Selection& selection, const Variables& variables) {
  ParseResult parsed = ParseBundle(bundle);
  if (!parsed.ok()) return {nullptr, std::move(parsed.diagnostics)};
  ResolveResult result = Resolver(selection, variables).Run(std::move(parsed.suites));
  if (result.plan == nullptr) return result;
  // Warnings of parsing stand before those of resolving.
  result.diagnostics.insert(result.diagnostics.begin(), parsed.diagnostics.begin(), parsed.diagnostics.end());
  return result;
}

}  // namespace wsfleet
