#include "core/scenario/plan_names.h"

#include <algorithm>

#include "core/scenario/references.h"

namespace wsfleet {
namespace {

class NameCollector {
 public:
  NameCollector(const Suite& suite, PlanNames& names) : suite_(suite), names_(names) {}

  void Collect(const std::set<const Scenario*>& selected) {
    Add(suite_.requirements);
    for (const auto& [name, value] : suite_.vars) VisitTemplates(value, true, visit_);
    for (const Target& target : suite_.target_candidates) AddTarget(target);
    if (suite_.revision) AddHttp(suite_.revision->http);
    for (const LogSource& source : suite_.evidence.logs) {
      if (source.http) AddHttp(*source.http);
      for (const Template* text : {&source.file, &source.loki, &source.query}) visit_(*text, false);
    }
    for (const Scenario& scenario : suite_.scenarios) {
      if (!selected.contains(&scenario)) continue;
      Add(scenario.requirements);
      AddMatrix(scenario);
      Add(scenario.steps, scenario);
    }
  }

 private:
  void AddTarget(const Target& target) {
    visit_(target.url, true);
    Add(target.requirements);
    for (const auto& [name, text] : target.headers) visit_(text, true);
    for (const auto& [name, value] : target.vars) VisitTemplates(value, true, visit_);
    VisitTemplates(target.tls, visit_);
    if (target.proxy) visit_(*target.proxy, true);
  }

  void Add(const std::vector<Requirement>& requirements) {
    for (const Requirement& requirement : requirements) {
      VisitTemplates(requirement, visit_);
      if (const auto* env = std::get_if<EnvRequirement>(&requirement.what)) names_.environment.insert(env->name);
      if (const auto* secret = std::get_if<SecretRequirement>(&requirement.what)) names_.secrets.insert(secret->name);
      if (const auto* http = std::get_if<HttpRequirement>(&requirement.what))
        AddCredentials(http->request.auth, nullptr);
    }
  }

  void AddHttp(const HttpRequest& http) {
    VisitTemplates(http, visit_);
    AddCredentials(http.auth, nullptr);
  }

  void AddMatrix(const Scenario& scenario) {
    for (const auto& [name, values] : scenario.matrix) {
      for (const TemplateValue& value : values) VisitTemplates(value, false, visit_);
    }
  }

  void Add(const std::vector<Step>& steps, const Scenario& scenario) {
    for (const Step& step : steps) {
      VisitTemplates(step.action, visit_);
      if (const auto* http = std::get_if<HttpRequest>(&step.action)) AddCredentials(http->auth, &scenario);
      if (const auto* connect = std::get_if<ConnectStep>(&step.action)) {
        AddCredentials(connect->connection.auth, &scenario);
      }
      if (const auto* repeat = std::get_if<RepeatStep>(&step.action)) Add(repeat->steps, scenario);
    }
  }

  void AddCredentials(const Template& auth, const Scenario* scenario) {
    if (auth.empty()) return;
    if (auth.is_literal()) return AddCredential(auth.literal());
    const Template::Part* reference = auth.sole_reference();
    if (scenario != nullptr && reference != nullptr) {
      for (const auto& [name, values] : scenario->matrix) {
        if (name != reference->text) continue;
        for (const TemplateValue& value : values) {
          const auto* constant = std::get_if<boost::json::value>(&value.value);
          if (constant == nullptr) return AddAnyCredential();
          AddCredential(ValueAsText(*constant));
        }
        return;
      }
    }
    AddAnyCredential();
  }

  // Named by a variable: it may be any of them.
  void AddAnyCredential() {
    for (const Credential& credential : suite_.credentials) VisitTemplates(credential, visit_);
  }

  void AddCredential(const std::string& name) {
    const auto found = std::ranges::find(suite_.credentials, name, &Credential::name);
    if (found != suite_.credentials.end()) VisitTemplates(*found, visit_);
  }

  const Suite& suite_;
  PlanNames& names_;
  const TemplateVisitor visit_ = [this](const Template& text, bool) {
    for (const Template::Part& part : text.parts()) {
      if (part.reference && part.text.starts_with("secret.")) names_.secrets.insert(part.text.substr(7));
      if (part.reference && part.text.starts_with("env.")) names_.environment.insert(part.text.substr(4));
    }
  };
};

}  // namespace

void CollectNames(const Suite& suite, const std::set<const Scenario*>& selected, PlanNames& names) {
  NameCollector(suite, names).Collect(selected);
}

}  // namespace wsfleet
