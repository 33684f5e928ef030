#include <filesystem>

#include "boost/json/array.hpp"
#include "boost/json/object.hpp"
#include "boost/json/serialize.hpp"
#include "cli/commands/commands.h"
#include "cli/plan/bundle_files.h"
#include "cli/plan/prepare.h"
#include "cli/run/fleet.h"
#include "cli/run/runs.h"
#include "cli/whole_file.h"
#include "core/base/text.h"
#include "core/job/term.h"
#include "core/scenario/folder_suite.h"
#include "core/scenario/schema.h"
#include "fmt/format.h"
#include "proto/wire/convert.h"

// validate, explain, new, schema: what can be said of suites without running them.
namespace wsfleet::cli {
namespace {

namespace json = boost::json;

// Before and after its name.
constexpr char kFirstSuiteHead[] =
    "# A first suite: `wsfleet run` opens a WebSocket from every region and says what happened.\n"
    "# yaml-language-server: $schema=scenario-v1.schema.json   (`wsfleet schema > scenario-v1.schema.json`)\n"
    "version: wsfleet/v1\n"
    "name: ";
constexpr char kFirstSuite[] =
    "\n"
    "target: ws://127.0.0.1:8000   # a relative path below is taken against it\n"
    "\n"
    "scenarios:\n"
    "  - name: opens and answers\n"
    "    steps:\n"
    "      - connect: {path: /ws}\n"
    "      - ping: {}\n"
    "      - close: {}\n"
    "\n"
    "  # What your service says, once you know that it opens:\n"
    "  #\n"
    "  # - name: answers a message\n"
    "  #   steps:\n"
    "  #     - connect: {path: /ws}\n"
    "  #     - send: {json: {type: hello, id: \"${session.id}\"}}\n"
    "  #     - expect: {match: {$.type: hello.ok}, within: 2s}\n"
    "  #     - close: {}\n";

json::array ToArray(const std::vector<std::string>& texts) { return json::array(texts.begin(), texts.end()); }

// Suites say what they want; a terminal does not have to.
std::string Text(const json::value& value) {
  const json::string& text = value.as_string();
  return Printable({text.data(), text.size()});
}

// Empty: every region of the fleet.
std::vector<std::string> TermsOf(const Prepared& prepared) {
  std::vector<std::string> terms = prepared.options.spec.from;
  if (!terms.empty()) return terms;
  for (const auto& suite : prepared.plan->suites) {
    terms.insert(terms.end(), suite->regions.include.begin(), suite->regions.include.end());
  }
  return terms;
}

void AddAgent(json::object& regions, const v1::Agent& agent) {
  json::value& list = regions[agent.region()];
  if (!list.is_array()) list = json::array();
  list.get_array().emplace_back(agent.agent());
}

// The agents of the fleet that each region term means.
json::object AgentsFor(const std::vector<std::string>& terms, const std::vector<v1::Agent>& agents) {
  json::object out;
  for (const v1::Agent& agent : agents) {
    AgentRecord record;
    record.id = AgentId(agent.agent());
    record.region = RegionName(agent.region());
    record.labels.insert(agent.labels().begin(), agent.labels().end());
    const bool wanted = terms.empty() || std::ranges::any_of(terms, [&](const std::string& text) {
                          const auto term = Term::Parse(text);
                          return term.ok() && term->Matches(record);
                        });
    if (wanted && agent.state() == v1::AGENT_STATE_CONNECTED) AddAgent(out, agent);
  }
  return out;
}

// The regions that a run everywhere leaves out, with their agents: an operator has drained them all.
json::object LeftOut(const std::vector<v1::Agent>& agents) {
  json::object out;
  for (const v1::Agent& agent : agents) {
    if (agent.drained()) AddAgent(out, agent);
  }
  for (const v1::Agent& agent : agents) {
    if (!agent.drained()) out.erase(agent.region());
  }
  return out;
}

std::string Names(const json::value& ids) {
  std::string names;
  for (const json::value& id : ids.as_array()) names += fmt::format("{}{}", names.empty() ? "" : ", ", Text(id));
  return names;
}

json::array SuitesOf(const Prepared& prepared) {
  json::array suites;
  for (const auto& suite : prepared.plan->suites) {
    json::array targets;
    for (const Target& target : suite->target_candidates) {
      targets.push_back({{"name", target.name}, {"url", target.url.source_text()}});
    }
    json::array cases;
    for (const PlannedCase& planned : prepared.plan->cases) {
      if (planned.suite != suite.get()) continue;
      cases.push_back({{"id", planned.id.value()},
                       {"tier", planned.tier},
                       {"sessions", planned.scenario->concurrent},
                       {"tags", ToArray(planned.scenario->tags)}});
    }
    suites.push_back({{"name", suite->name},
                      {"file", Shown({suite->file}, prepared.files.shown).file},
                      {"targets", std::move(targets)},
                      {"cases", std::move(cases)}});
  }
  return suites;
}

void PrintNeeds(const json::object& plan) {
  // What operators keep is known to who runs the suite only.
  const bool may_be_kept = plan.contains("agents");
  for (const json::value& need : plan.at("secrets").as_array()) {
    const bool given = need.at("given").as_bool();
    fmt::print("secret       {}{}\n", Text(need.at("name")),
               given         ? ""
               : may_be_kept ? "  (not given here; the coordinator or its agents may keep it)"
                             : "  (not given)");
  }
  for (const json::value& need : plan.at("environment").as_array()) {
    fmt::print("environment  {}{}\n", Text(need.at("name")), need.at("given").as_bool() ? "" : "  (not given)");
  }
}

void PrintPlan(const json::object& plan) {
  for (const json::value& suite : plan.at("suites").as_array()) {
    fmt::print("{}  ({})\n", Text(suite.at("name")), Text(suite.at("file")));
    for (const json::value& target : suite.at("targets").as_array()) {
      const json::object& object = target.as_object();
      fmt::print("  target  {}\n",
                 object.contains("reference")
                     ? Text(object.at("reference"))
                     : fmt::format("{}{}{}", Text(object.at("name")), Text(object.at("name")).empty() ? "" : "  ",
                                   Text(object.at("url"))));
    }
    for (const json::value& planned : suite.at("cases").as_array()) {
      const std::int64_t sessions = planned.at("sessions").to_number<std::int64_t>();
      fmt::print("  tier {}  {}{}\n", planned.at("tier").to_number<int>(), Text(planned.at("id")),
                 sessions > 1 ? fmt::format("  × {} sessions", sessions) : "");
    }
  }
  PrintNeeds(plan);
  if (!plan.contains("agents")) return;
  if (plan.at("agents").as_object().empty()) fmt::print("agents      none is connected that these terms mean\n");
  for (const auto& [region, ids] : plan.at("agents").as_object()) {
    fmt::print("agents      {:<14} {}\n", Printable({region.data(), region.size()}), Names(ids));
  }
  for (const auto& [region, ids] : plan.at("left_out").as_object()) {
    fmt::print("left out    {:<14} {} {} drained\n", Printable({region.data(), region.size()}), Names(ids),
               ids.as_array().size() == 1 ? "is" : "are");
  }
}

json::array Needs(const std::vector<std::string>& names, const auto& given) {
  json::array needs;
  for (const std::string& name : names) needs.push_back({{"name", name}, {"given", given.contains(name)}});
  return needs;
}

}  // namespace

int ValidateCommand(Invocation& invocation, const std::vector<std::string>& paths) {
  const auto files = ReadBundle(paths);
  if (!files.ok()) return Fail(files.status());
  const ParseResult result = ParseBundle(files->bundle);
  const std::string errors = RenderDiagnostics(result.diagnostics, *files);
  if (!result.ok()) return Fail(absl::InvalidArgumentError(errors));
  Listing listing;
  listing.columns = {{"FILE"}, {"SUITE"}, {"SCENARIOS"}, {"RESULT"}};
  for (const Suite& suite : result.suites) {
    const std::string file = Shown({suite.file}, files->shown).file;
    listing.names.push_back(file);
    listing.rows.push_back({Printable(file), Printable(suite.name), std::to_string(suite.scenarios.size()), "valid"});
    listing.items.push_back(
        {{"file", file}, {"suite", suite.name}, {"scenarios", suite.scenarios.size()}, {"valid", true}});
  }
  fmt::print("{}", Render(listing, invocation.output));
  return kPassedCode;
}

int ExplainCommand(Invocation& invocation, const PlanFlags& flags) {
  const auto prepared = PreparePlan(flags, invocation.environment);
  if (!prepared.ok()) return Fail(prepared.status());
  json::object plan;
  plan["suites"] = SuitesOf(*prepared);
  plan["secrets"] = Needs(prepared->plan->secrets, prepared->options.secrets);
  plan["environment"] = Needs(prepared->plan->environment, prepared->options.spec.variables.env);
  const auto endpoint = ConfiguredEndpoint(invocation);
  if (!endpoint.ok()) return Fail(endpoint.status());
  if (!endpoint->address.empty()) {
    const auto client = ConnectTo(*endpoint, invocation.quiet);
    if (!client.ok()) return Fail(client.status());
    const auto agents = ListAgents(**client);
    if (!agents.ok()) return Fail(agents.status());
    const std::vector<std::string> terms = TermsOf(*prepared);
    plan["agents"] = AgentsFor(terms, *agents);
    plan["left_out"] = terms.empty() ? LeftOut(*agents) : json::object();
  }
  if (invocation.output == OutputFormat::kName) {
    for (const PlannedCase& planned : prepared->plan->cases) fmt::print("{}\n", Printable(planned.id.value()));
  } else if (invocation.output == OutputFormat::kTable || invocation.output == OutputFormat::kWide) {
    PrintPlan(plan);
  } else {
    fmt::print("{}", Render(plan, invocation.output));
  }
  return kPassedCode;
}

int NewCommand(Invocation& invocation, const std::string& path) {
  std::error_code error;
  if (std::filesystem::exists(path, error)) {
    return Fail(absl::AlreadyExistsError(fmt::format("{} exists already; name another file", path)));
  }
  // Named after its file, so that two of them can stand in one folder.
  const std::string file = std::filesystem::path(path).filename().string();
  const std::string name = file.substr(0, file.find('.'));
  const std::string text = fmt::format("{}{}{}", kFirstSuiteHead,
                                       json::serialize(json::string(name.empty() ? "my-service" : name)), kFirstSuite);
  if (const absl::Status status = WriteWholeFile(path, text); !status.ok()) return Fail(status);
  if (!file.ends_with(kSuiteSuffix)) {
    fmt::print(stderr,
               "warning: a folder's suites are its *{0} files; this one runs only by its name: expected {1}{0}\n",
               kSuiteSuffix, name);
  }
  if (!invocation.quiet) fmt::print(stderr, "wrote {}; set its target, then: wsfleet run {}\n", path, path);
  return kPassedCode;
}

int SchemaCommand() {
  fmt::print("{}", ScenarioSchema());
  return kPassedCode;
}

}  // namespace wsfleet::cli
