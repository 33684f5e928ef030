#include "tests/unit/engine/suite_run.h"

#include <stdexcept>
#include <utility>

namespace wsfleet::testing {
namespace {

const engine::RunId kRun(1);
constexpr std::string_view kFile = "suite.wsfleet.yaml";

// The cases of the changed suites are those of the plan.
std::shared_ptr<const Plan> Changed(const Plan& plan, const std::function<void(Suite&)>& change) {
  auto changed = std::make_shared<Plan>(plan);
  for (std::shared_ptr<const Suite>& place : changed->suites) {
    const std::shared_ptr<const Suite> before = place;
    const auto suite = std::make_shared<Suite>(*before);
    change(*suite);
    for (PlannedCase& planned : changed->cases) {
      if (planned.suite != before.get()) continue;
      planned.suite = suite.get();
      planned.scenario = &suite->scenarios[static_cast<std::size_t>(planned.scenario - before->scenarios.data())];
    }
    place = suite;
  }
  return changed;
}

}  // namespace

SuiteRun::SuiteRun(std::string_view suite, Options options) : ending_(done_.get_future().share()) {
  Bundle bundle;
  bundle.suites = {std::string(kFile)};
  for (const auto& [path, text] : options.files) bundle.files[path] = text;
  bundle.files[std::string(kFile)] = suite;
  engine::ShardRun run;
  run.id = kRun;
  run.variables.vars = options.vars;
  for (const auto& [name, value] : options.secrets) {
    run.secrets[name].value = Secret(value);
    if (!options.secret_hosts.empty()) run.secrets[name].hosts = *HostList::Parse(options.secret_hosts);
  }
  run.guard = options.guard;
  run.share = options.share;
  run.data = options.data;
  run.skip_cases = options.skip_cases;
  run.session_prefix = "test";
  ResolveResult resolved = Resolve(bundle, Selection{}, run.variables);
  if (!resolved.plan) throw std::invalid_argument(RenderDiagnostic(resolved.diagnostics.front(), bundle.files));
  run.plan = options.change ? Changed(*resolved.plan, options.change) : resolved.plan;
  engine::AgentFacts facts;
  facts.id = AgentId("test-agent");
  facts.region = RegionName("eu-west-1");
  facts.labels = options.labels;
  engine::EngineOptions engine_options;
  engine_options.name_servers = options.name_servers;
  engine_options.max_held_bytes = options.max_held_bytes;
  engine_ = std::make_unique<engine::Engine>(facts, engine_options);
  engine::ShardObserver observer;
  observer.on_result = [this](engine::RunId, CaseResult result) { results_.push_back(std::move(result)); };
  observer.on_progress = [busy = options.busy](engine::RunId, std::string_view, std::string_view) {
    const auto until = std::chrono::steady_clock::now() + busy;
    while (std::chrono::steady_clock::now() < until) {
    }
  };
  engine_->SetClockAhead(absl::FromChrono(options.clock_ahead));
  observer.on_done = [this](engine::RunId, engine::ShardEnding ending) { done_.set_value(ending); };
  engine_->Start(std::move(run), std::move(observer));
}

SuiteRun::~SuiteRun() = default;

const std::vector<CaseResult>& SuiteRun::Results() {
  ending_.wait();
  return results_;
}

const CaseResult& SuiteRun::Result() {
  if (Results().size() != 1) throw std::logic_error("not one result, but " + std::to_string(results_.size()));
  return results_.front();
}

void SuiteRun::Cancel(engine::AfterCancel after) { engine_->Cancel(kRun, after); }

engine::ShardEnding SuiteRun::Ending() { return ending_.get(); }

std::string OneScenario(const std::string& url, const std::vector<std::string>& steps, const std::string& more) {
  std::string suite =
      "version: wsfleet/v1\nname: test\ntarget: " + url + "\n" + more + "scenarios:\n  - name: one\n    steps:\n";
  for (const std::string& step : steps) suite += "      " + step + "\n";
  return suite;
}

}  // namespace wsfleet::testing
