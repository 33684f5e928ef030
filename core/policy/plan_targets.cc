#include "core/policy/plan_targets.h"

#include <optional>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "core/base/proxy_url.h"
#include "core/base/text.h"
#include "core/base/url.h"
#include "fmt/format.h"

namespace wsfleet {
namespace {

// What templates of a case stand for before it runs; a name whose value comes later is not found.
class PlannedScope : public Scope {
 public:
  PlannedScope(const PlannedCase& planned, const Variables& variables, const Target* target)
      : planned_(planned), variables_(variables), target_(target) {}

  absl::StatusOr<boost::json::value> Lookup(std::string_view name) const override {
    for (const auto& [key, value] : planned_.cell) {
      if (key == name) return value;
    }
    if (const auto given = variables_.vars.find(name); given != variables_.vars.end()) {
      return boost::json::value(given->second);
    }
    if (name.starts_with("env.")) {
      const auto set = variables_.env.find(name.substr(4));
      if (set != variables_.env.end()) return boost::json::value(set->second);
    }
    if (target_ != nullptr) {
      for (const auto& [key, value] : target_->vars) {
        if (key == name) return Expand(value, *this);
      }
    }
    for (const auto& [key, value] : planned_.suite->vars) {
      if (key == name) return Expand(value, *this);
    }
    return absl::NotFoundError("known in the run only");
  }

 private:
  const PlannedCase& planned_;
  const Variables& variables_;
  const Target* target_;
};

class PlanCheck {
 public:
  PlanCheck(const Variables& variables, const TargetPolicy& policy, std::string_view whose)
      : variables_(variables), policy_(policy), whose_(whose) {}

  absl::Status Check(const PlannedCase& planned) {
    const Suite& suite = *planned.suite;
    if (absl::Status status = CheckCandidates(planned); !status.ok()) return status;
    const PlannedScope scope(planned, variables_, nullptr);
    if (absl::Status status = CheckRequirements(suite.requirements, scope); !status.ok()) return status;
    if (suite.revision) {
      if (absl::Status status = CheckUrl(suite.revision->http.url, scope); !status.ok()) return status;
    }
    for (const LogSource& source : suite.evidence.logs) {
      if (!source.http) continue;
      if (absl::Status status = CheckUrl(source.http->url, scope); !status.ok()) return status;
    }
    if (planned.scenario == nullptr) return absl::OkStatus();
    if (absl::Status status = CheckRequirements(planned.scenario->requirements, scope); !status.ok()) return status;
    return CheckSteps(planned.scenario->steps, scope);
  }

 private:
  // Which of them is taken is known on the agent: one that is permitted is enough.
  absl::Status CheckCandidates(const PlannedCase& planned) {
    absl::Status first;
    for (const Target& target : planned.suite->target_candidates) {
      const PlannedScope scope(planned, variables_, &target);
      absl::Status status = CheckUrl(target.url, scope, target.range);
      if (status.ok() && target.proxy) status = CheckProxy(*target.proxy, scope);
      if (status.ok()) status = CheckRequirements(target.requirements, scope);
      if (status.ok()) return status;
      if (first.ok()) first = std::move(status);
    }
    return first;
  }

  absl::Status CheckRequirements(const std::vector<Requirement>& requirements, const Scope& scope) {
    for (const Requirement& requirement : requirements) {
      const auto* http = std::get_if<HttpRequirement>(&requirement.what);
      if (http == nullptr) continue;
      if (absl::Status status = CheckUrl(http->request.url, scope); !status.ok()) return status;
    }
    return absl::OkStatus();
  }

  absl::Status CheckSteps(const std::vector<Step>& steps, const Scope& scope) {
    for (const Step& step : steps) {
      absl::Status status;
      if (const auto* http = std::get_if<HttpRequest>(&step.action)) {
        status = CheckUrl(http->url, scope);
      } else if (const auto* connect = std::get_if<ConnectStep>(&step.action)) {
        status = CheckUrl(connect->connection.url, scope);
        if (status.ok() && connect->connection.proxy) status = CheckProxy(*connect->connection.proxy, scope);
      } else if (const auto* repeat = std::get_if<RepeatStep>(&step.action)) {
        status = CheckSteps(repeat->steps, scope);
      }
      if (!status.ok()) return status;
    }
    return absl::OkStatus();
  }

  // `otherwise`: the place of a text that was put together, and has none of its own.
  absl::Status CheckUrl(const Template& text, const Scope& scope, const SourceRange& otherwise = {}) {
    const auto expanded = ExpandText(text, scope);
    // A path is asked of the target, which is checked itself.
    if (!expanded.ok() || expanded->find("://") == std::string::npos) return absl::OkStatus();
    const auto url = ParseUrl(*expanded);
    if (!url.ok()) return absl::OkStatus();
    return CheckPlace(url->host, url->port, text.range().known() ? text.range() : otherwise);
  }

  absl::Status CheckProxy(const Template& text, const Scope& scope) {
    const auto expanded = ExpandText(text, scope);
    const auto proxy = expanded.ok() ? ParseProxyUrl(*expanded) : absl::StatusOr<ProxyUrl>(expanded.status());
    return proxy.ok() ? CheckPlace(proxy->host, proxy->port, text.range()) : absl::OkStatus();
  }

  absl::Status CheckPlace(const std::string& host, std::uint16_t port, const SourceRange& range) {
    if (permitted_.contains({host, port})) return absl::OkStatus();
    const auto read = ReadTargetHost(host);
    const absl::Status status = read.ok() ? CheckTarget(policy_, whose_, *read, port) : read.status();
    if (status.ok()) {
      permitted_.emplace(host, port);
      return status;
    }
    const std::string message(ToStd(status.message()));
    return {status.code(), range.known() ? fmt::format("{}: {}", ToString(range), message) : message};
  }

  const Variables& variables_;
  const TargetPolicy& policy_;
  const std::string_view whose_;
  std::set<std::pair<std::string, std::uint16_t>> permitted_;  // so far
};

}  // namespace

absl::Status CheckPlanTargets(const Plan& plan, const Variables& variables, const TargetPolicy& policy,
                              std::string_view whose) {
  PlanCheck check(variables, policy, whose);
  for (const PlannedCase& planned : plan.cases) {
    if (absl::Status status = check.Check(planned); !status.ok()) return status;
  }
  return absl::OkStatus();
}

}  // namespace wsfleet
