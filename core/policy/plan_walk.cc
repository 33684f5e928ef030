#include "core/policy/plan_walk.h"

#include <string_view>
#include <utility>
#include <variant>

#include "core/base/proxy_url.h"
#include "core/base/url.h"

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

// What is known of the text before its first name whose value comes later.
std::string KnownBeginning(const Template& text, const Scope& scope) {
  std::string beginning;
  for (const Template::Part& part : text.parts()) {
    if (!part.reference) {
      beginning += part.text;
      continue;
    }
    const auto value = scope.Lookup(part.text);
    if (!value.ok()) break;
    beginning += ValueAsText(*value);
  }
  return beginning;
}

// The text as far as it says where it leads: all of it, or scheme and authority. Empty: it does not say.
std::string KnownUrl(const Template& text, const Scope& scope) {
  auto expanded = ExpandText(text, scope);
  if (expanded.ok()) return *std::move(expanded);
  const std::string beginning = KnownBeginning(text, scope);
  const std::size_t authority = beginning.find("://");
  if (authority == std::string::npos) return beginning.starts_with('/') ? beginning : std::string();
  const std::size_t end = beginning.find_first_of("/?#", authority + 3);
  return end == std::string::npos ? std::string() : beginning.substr(0, end);
}

}  // namespace

absl::Status PlanWalk::Candidate(const PlannedCase& planned, const Target& target) const {
  const PlannedScope scope(planned, variables_, &target);
  absl::Status status = UrlOf(target.url, scope, target.range);
  if (status.ok() && target.proxy) status = ProxyOf(*target.proxy, scope);
  return status.ok() ? Requirements(target.requirements, scope) : status;
}

absl::Status PlanWalk::Rest(const PlannedCase& planned) const {
  const Suite& suite = *planned.suite;
  const PlannedScope scope(planned, variables_, nullptr);
  if (absl::Status status = Requirements(suite.requirements, scope); !status.ok()) return status;
  if (suite.revision) {
    if (absl::Status status = UrlOf(suite.revision->http.url, scope); !status.ok()) return status;
  }
  for (const LogSource& source : suite.evidence.logs) {
    if (!source.http) continue;
    if (absl::Status status = UrlOf(source.http->url, scope); !status.ok()) return status;
  }
  if (planned.scenario == nullptr) return absl::OkStatus();
  if (absl::Status status = Requirements(planned.scenario->requirements, scope); !status.ok()) return status;
  return Steps(planned.scenario->steps, scope);
}

absl::Status PlanWalk::Requirements(const std::vector<Requirement>& requirements, const Scope& scope) const {
  for (const Requirement& requirement : requirements) {
    const auto* http = std::get_if<HttpRequirement>(&requirement.what);
    if (http == nullptr) continue;
    if (absl::Status status = UrlOf(http->request.url, scope); !status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status PlanWalk::Steps(const std::vector<Step>& steps, const Scope& scope) const {
  for (const Step& step : steps) {
    absl::Status status;
    if (const auto* http = std::get_if<HttpRequest>(&step.action)) {
      status = UrlOf(http->url, scope);
    } else if (const auto* connect = std::get_if<ConnectStep>(&step.action)) {
      status = UrlOf(connect->connection.url, scope);
      if (status.ok() && connect->connection.proxy) status = ProxyOf(*connect->connection.proxy, scope);
    } else if (const auto* repeat = std::get_if<RepeatStep>(&step.action)) {
      status = Steps(repeat->steps, scope);
    }
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

// `otherwise`: the place of a text that was put together, and has none of its own.
absl::Status PlanWalk::UrlOf(const Template& text, const Scope& scope, const SourceRange& otherwise) const {
  if (text.empty()) return absl::OkStatus();
  const std::string known = KnownUrl(text, scope);
  if (known.empty()) on_unknown_();
  if (known.find("://") == std::string::npos) return absl::OkStatus();
  const auto url = ParseUrl(known);
  if (!url.ok()) return absl::OkStatus();
  return on_place_(url->host, url->port, text.range().known() ? text.range() : otherwise);
}

absl::Status PlanWalk::ProxyOf(const Template& text, const Scope& scope) const {
  const auto expanded = ExpandText(text, scope);
  if (!expanded.ok()) on_unknown_();
  const auto proxy = expanded.ok() ? ParseProxyUrl(*expanded) : absl::StatusOr<ProxyUrl>(expanded.status());
  return proxy.ok() ? on_place_(proxy->host, proxy->port, text.range()) : absl::OkStatus();
}

}  // namespace wsfleet
