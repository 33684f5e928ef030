#include <unistd.h>

#include <charconv>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "cli/bundle_files.h"
#include "cli/commands.h"
#include "cli/exit_code.h"
#include "cli/local_fleet.h"
#include "cli/runs.h"
#include "cli/terminal.h"
#include "core/base/text.h"
#include "core/scenario/plan.h"
#include "fmt/format.h"

// run, probe, validate, explain: everything that begins with a bundle.
namespace wsfleet::cli {
namespace {

int Usage(const std::string& message) {
  fmt::print(stderr, "wsfleet: {}\n", message);
  return kUsageCode;
}

void PrintDiagnostics(const std::vector<Diagnostic>& diagnostics, const Bundle& bundle) {
  for (const Diagnostic& diagnostic : diagnostics) fmt::print(stderr, "{}", RenderDiagnostic(diagnostic, bundle.files));
}

std::map<std::string, std::string, std::less<>> Environment(const std::string& file) {
  std::map<std::string, std::string, std::less<>> environment;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string text = *entry;
    const std::size_t equals = text.find('=');
    if (equals != std::string::npos) environment[text.substr(0, equals)] = text.substr(equals + 1);
  }
  std::ifstream in(file);
  for (std::string line; !file.empty() && std::getline(in, line);) {
    const std::size_t equals = line.find('=');
    if (equals != std::string::npos && !line.starts_with('#'))
      environment[line.substr(0, equals)] = line.substr(equals + 1);
  }
  return environment;
}

// "K", "K=env:NAME", "K=file:PATH". Empty, or what is wrong.
std::string ReadSecret(const std::string& text, const Variables& all, std::map<std::string, std::string>& out) {
  const std::size_t equals = text.find('=');
  const std::string name = text.substr(0, equals);
  std::string source = equals == std::string::npos ? "env:" + name : text.substr(equals + 1);
  if (source.starts_with("env:")) {
    const auto found = all.env.find(source.substr(4));
    // A secret that is not there is the suite's to judge: `requires` may skip for it.
    if (found != all.env.end()) out[name] = found->second;
    return {};
  }
  if (!source.starts_with("file:"))
    return fmt::format(
        "--secret {}: expected NAME, NAME=env:VARIABLE or NAME=file:PATH; a value is never given on a command line",
        name);
  std::ifstream in(source.substr(5), std::ios::binary);
  if (!in) return fmt::format("--secret {}: cannot read {}", name, source.substr(5));
  std::ostringstream content;
  content << in.rdbuf();
  out[name] = std::move(content).str();
  return {};
}

struct Prepared {
  Bundle bundle;
  SubmitOptions options;
  std::shared_ptr<const Plan> plan;
};

std::string ReadFlags(const RunFlags& flags, Prepared& prepared, Variables& all) {
  JobSpec& spec = prepared.options.spec;
  spec.selection.grep = flags.grep;
  spec.selection.tags = flags.tags;
  if (flags.max_priority) spec.selection.max_priority = *flags.max_priority;
  spec.selection.repeat = flags.repeat;
  all.env = Environment(flags.env_file);
  for (const std::string& var : flags.vars) {
    const std::size_t equals = var.find('=');
    if (equals == std::string::npos) return fmt::format("--var: expected name=value, found \"{}\"", var);
    all.vars[var.substr(0, equals)] = var.substr(equals + 1);
  }
  for (const std::string& secret : flags.secrets) {
    if (std::string problem = ReadSecret(secret, all, prepared.options.secrets); !problem.empty()) return problem;
  }
  const auto wait = ParseDuration(flags.agents_wait);
  if (!wait)
    return fmt::format("--agents-wait: expected a duration with a unit such as 30s, found \"{}\"", flags.agents_wait);
  spec.agents_wait = *wait;
  if (!flags.timeout.empty()) {
    const auto timeout = ParseDuration(flags.timeout);
    if (!timeout)
      return fmt::format("--timeout: expected a duration with a unit such as 5m, found \"{}\"", flags.timeout);
    spec.deadline = *timeout;
    prepared.options.has_deadline = true;
  }
  if (flags.require == "any") {
    spec.require = 1;
  } else if (!flags.require.empty() && flags.require != "all") {
    std::uint32_t number = 0;
    const auto [end, error] =
        std::from_chars(flags.require.data(), flags.require.data() + flags.require.size(), number);
    if (error != std::errc() || *end != '\0' || number == 0)
      return fmt::format("--require: expected all, any or a number, found \"{}\"", flags.require);
    spec.require = number;
  }
  for (const std::string& list : flags.from) {
    std::istringstream terms(list);
    for (std::string term; std::getline(terms, term, ',');) spec.from.push_back(term);
  }
  for (const std::string& report : flags.reports) {
    const std::string format = report.substr(0, report.find('='));
    if (format == "html" || format == "ctrf")
      return fmt::format("--report {} is not in this version; there are junit, json, md", format);
    if (format != "json" && format != "junit" && format != "md")
      return fmt::format("--report: expected junit=, json= or md=, found \"{}\"", report);
    if (report.find('=') == std::string::npos) return fmt::format("--report: expected {0}=FILE or {0}=-", format);
  }
  spec.key = RunKey(flags.run_key);
  spec.detached = flags.detach;
  char host[256] = {};
  gethostname(host, sizeof(host) - 1);
  const char* user = std::getenv("USER");
  spec.submitter = fmt::format("{}@{}", user == nullptr ? "somebody" : user, host);
  return {};
}

// Fills `prepared`; an exit code if it cannot be run.
std::optional<int> Prepare(const RunFlags& flags, Prepared& prepared) {
  Variables all;
  if (const std::string problem = ReadFlags(flags, prepared, all); !problem.empty()) return Usage(problem);
  if (prepared.bundle.suites.empty()) {
    auto bundle = ReadBundle(flags.paths);
    if (!bundle.ok()) return Usage(std::string(ToStd(bundle.status().message())));
    prepared.bundle = *std::move(bundle);
  }
  ResolveResult resolved = Resolve(prepared.bundle, prepared.options.spec.selection, all);
  PrintDiagnostics(resolved.diagnostics, prepared.bundle);
  if (!resolved.plan) return kUsageCode;
  prepared.plan = resolved.plan;
  Variables& variables = prepared.options.spec.variables;
  variables.vars = all.vars;
  // Only what the suite uses leaves this machine.
  for (const std::string& name : prepared.plan->environment) {
    if (const auto found = all.env.find(name); found != all.env.end()) variables.env[name] = found->second;
  }
  std::erase_if(prepared.options.secrets, [&](const auto& secret) {
    const auto& used = prepared.plan->secrets;
    return std::find(used.begin(), used.end(), secret.first) == used.end();
  });
  return std::nullopt;
}

int CodeOf(const absl::Status& status) {
  if (absl::IsInvalidArgument(status) || absl::IsAlreadyExists(status)) return kUsageCode;
  if (absl::IsUnauthenticated(status) || absl::IsPermissionDenied(status)) return kDeniedCode;
  return kInconclusiveCode;
}

bool WriteReports(const RunRecord& record, const std::vector<std::string>& reports) {
  bool written = true;
  for (const std::string& report : reports) {
    const std::size_t equals = report.find('=');
    const std::string path = report.substr(equals + 1);
    const std::string text = RenderReport(record, report.substr(0, equals));
    if (path == "-") {
      fmt::print("{}", text);
      continue;
    }
    // Whole or not at all: a reader never sees half of it.
    const std::string draft = path + ".part";
    std::ofstream out(draft, std::ios::binary);
    out << text;
    out.close();
    std::error_code error;
    std::filesystem::rename(draft, path, error);
    if (!out || error) {
      fmt::print(stderr, "wsfleet: cannot write {}\n", path);
      written = false;
    }
  }
  return written;
}

int Execute(const Prepared& prepared, const RunFlags& flags, const Endpoint& endpoint, Interrupt& interrupt) {
  CoordinatorClient client(endpoint);
  if (!client.WaitForConnection()) {
    fmt::print(stderr, "wsfleet: {}\n", client.Unreachable(""));
    return kInconclusiveCode;
  }
  auto submitted = Submit(client, prepared.bundle, prepared.options);
  if (!submitted.ok()) {
    const std::string found(ToStd(submitted.status().message()));
    fmt::print(stderr, "wsfleet: {}\n", absl::IsUnavailable(submitted.status()) ? client.Unreachable(found) : found);
    return CodeOf(submitted.status());
  }
  if (flags.detach) {
    fmt::print("{}\n", submitted->job);
    return kPassedCode;
  }
  if (!flags.quiet) {
    fmt::print(stderr, "Run {} · {} cases{}\n", submitted->job, prepared.plan->cases.size(),
               submitted->attached ? " · attached" : "");
  }
  const absl::Status watched = Watch(client, submitted->job, interrupt, true, flags.quiet);
  interrupt.Do(nullptr);
  auto record = watched.ok() ? Fetch(client, submitted->job) : absl::StatusOr<RunRecord>(watched);
  if (!record.ok()) {
    fmt::print(stderr, "wsfleet: run {}: {}\n", submitted->job, ToStd(record.status().message()));
    return CodeOf(record.status());
  }
  record->command = flags.command_line;
  if (flags.summary != "none") fmt::print("{}", RenderSummary(*record, flags.summary == "full"));
  const bool written = WriteReports(*record, flags.reports);
  const int code = ExitCode(record->summary.verdict);
  return code == kPassedCode && !written ? kInconclusiveCode : code;
}

int ExecuteSomewhere(const Prepared& prepared, const RunFlags& flags, Interrupt& interrupt) {
  const Endpoint endpoint = EndpointFromEnvironment();
  if (!flags.local && !endpoint.address.empty()) return Execute(prepared, flags, endpoint, interrupt);
  if (!flags.local) fmt::print(stderr, "no coordinator is configured (WSFLEET_COORDINATOR): a local fleet runs this\n");
  LocalFleet fleet;
  if (const absl::Status status = fleet.Start("", false); !status.ok()) {
    fmt::print(stderr, "wsfleet: the local fleet did not start: {}\n", ToStd(status.message()));
    return kInconclusiveCode;
  }
  return Execute(prepared, flags, fleet.endpoint(), interrupt);
}

}  // namespace

int RunCommand(const RunFlags& flags, Interrupt& interrupt) {
  Prepared prepared;
  if (const auto code = Prepare(flags, prepared)) return *code;
  return ExecuteSomewhere(prepared, flags, interrupt);
}

int ProbeCommand(const std::string& url, const RunFlags& flags, Interrupt& interrupt) {
  Prepared prepared;
  prepared.bundle.suites = {"probe.wsfleet.yaml"};
  // A URL that is none is refused by the parser, at its place.
  const std::size_t path = url.find('/', url.find("://") == std::string::npos ? 0 : url.find("://") + 3);
  const std::string origin = url.substr(0, path);
  prepared.bundle.files["probe.wsfleet.yaml"] = fmt::format(
      "version: wsfleet/v1\nname: probe\ntarget: \"{}\"\nscenarios:\n  - name: handshake\n    steps:\n"
      "      - connect: {{path: \"{}\"}}\n      - ping: {{}}\n",
      origin, path == std::string::npos ? "/" : url.substr(path));
  if (const auto code = Prepare(flags, prepared)) return *code;
  return ExecuteSomewhere(prepared, flags, interrupt);
}

int ValidateCommand(const std::vector<std::string>& paths) {
  auto bundle = ReadBundle(paths);
  if (!bundle.ok()) return Usage(std::string(ToStd(bundle.status().message())));
  const ParseResult result = ParseBundle(*bundle);
  PrintDiagnostics(result.diagnostics, *bundle);
  if (!result.ok()) return kUsageCode;
  for (const Suite& suite : result.suites) fmt::print("{}: {} scenarios, valid\n", suite.file, suite.scenarios.size());
  return kPassedCode;
}

int ExplainCommand(const RunFlags& flags) {
  Prepared prepared;
  if (const auto code = Prepare(flags, prepared)) return *code;
  for (const auto& suite : prepared.plan->suites) {
    fmt::print("{} ({})\n", suite->name, suite->file);
    for (const Target& target : suite->target_candidates) {
      fmt::print("  target {}{}\n", target.name.empty() ? "" : target.name + " ", target.url.source_text());
    }
  }
  for (const PlannedCase& planned : prepared.plan->cases) {
    fmt::print("  tier {}  {}{}\n", planned.tier, planned.id.value(),
               planned.scenario->concurrent > 1 ? fmt::format("  × {} sessions", planned.scenario->concurrent) : "");
  }
  for (const std::string& name : prepared.plan->secrets) {
    fmt::print("  secret {}{}\n", name,
               prepared.options.secrets.contains(name) ? "" : "  (not given: pass --secret " + name + ")");
  }
  for (const std::string& name : prepared.plan->environment) {
    fmt::print("  environment {}{}\n", name, prepared.options.spec.variables.env.contains(name) ? "" : "  (not set)");
  }
  return kPassedCode;
}

}  // namespace wsfleet::cli
