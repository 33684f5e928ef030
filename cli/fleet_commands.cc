#include <filesystem>
#include <fstream>

#include "boost/json/serialize.hpp"
#include "cli/commands.h"
#include "cli/exit_code.h"
#include "cli/local_fleet.h"
#include "cli/runs.h"
#include "cli/schema.h"
#include "cli/terminal.h"
#include "core/base/text.h"
#include "fmt/format.h"
#include "proto/wire/convert.h"

// Commands on a fleet, and those that need none.
namespace wsfleet::cli {
namespace {

namespace json = boost::json;

int Report(const CoordinatorClient& client, const absl::Status& status) {
  const std::string found(ToStd(status.message()));
  fmt::print(stderr, "wsfleet: {}\n",
             absl::IsUnavailable(status) || absl::IsDeadlineExceeded(status) ? client.Unreachable(found) : found);
  if (absl::IsNotFound(status) || absl::IsInvalidArgument(status)) return kUsageCode;
  return absl::IsUnauthenticated(status) || absl::IsPermissionDenied(status) ? kDeniedCode : kInconclusiveCode;
}

// A client of the configured coordinator; null, and a message, if there is none.
std::unique_ptr<CoordinatorClient> Configured() {
  Endpoint endpoint = EndpointFromEnvironment();
  if (endpoint.address.empty()) {
    fmt::print(stderr,
               "wsfleet: no coordinator is configured; set WSFLEET_COORDINATOR, WSFLEET_CA and WSFLEET_TOKEN_FILE\n");
    return nullptr;
  }
  return std::make_unique<CoordinatorClient>(std::move(endpoint));
}

std::string VerdictOf(const v1::Job& job) {
  if (!job.verdict().empty()) return job.verdict();
  auto name = v1::JobState_Name(job.state()).substr(std::string_view("JOB_STATE_").size());
  for (char& c : name) c = static_cast<char>(std::tolower(c));
  return name;
}

void SetLimit(grpc::ClientContext& context) {
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(10));
}

}  // namespace

int RunsListCommand(const std::string& output) {
  const auto client = Configured();
  if (!client) return kUsageCode;
  grpc::ClientContext context;
  client->Authorize(context);
  SetLimit(context);
  v1::ListJobsRequest request;
  request.set_fleet(client->endpoint().fleet);
  v1::ListJobsReply reply;
  const absl::Status status = wire::FromGrpc(client->jobs().List(&context, request, &reply));
  if (!status.ok()) return Report(*client, status);
  json::array list;
  for (const v1::Job& job : reply.jobs()) {
    if (output == "name") {
      fmt::print("{}\n", job.job());
    } else if (output == "json") {
      list.push_back({{"job", job.job()}, {"verdict", VerdictOf(job)}, {"submitter", job.submitter()}});
    } else {
      fmt::print("{:<16} {:<14} {:<20} {}\n", job.job(), VerdictOf(job),
                 FormatElapsed(absl::Now() - wire::FromWire(job.created())) + " ago", Printable(job.submitter()));
    }
  }
  if (output == "json") fmt::print("{}\n", json::serialize(list));
  return kPassedCode;
}

int RunsGetCommand(const std::string& job, const std::string& output) {
  const auto client = Configured();
  if (!client) return kUsageCode;
  auto record = Fetch(*client, job);
  if (!record.ok()) return Report(*client, record.status());
  fmt::print("{}", output == "json" ? RenderReport(*record, "json") : RenderSummary(*record, true));
  return kPassedCode;
}

int RunsWatchCommand(const std::string& job, bool quiet, Interrupt& interrupt) {
  const auto client = Configured();
  if (!client) return kUsageCode;
  if (const absl::Status status = Watch(*client, job, interrupt, false, quiet); !status.ok())
    return Report(*client, status);
  auto record = Fetch(*client, job);
  if (!record.ok()) return Report(*client, record.status());
  if (!quiet) fmt::print("{}", RenderSummary(*record, true));
  return ExitCode(record->summary.verdict);
}

int RunsCancelCommand(const std::string& job) {
  const auto client = Configured();
  if (!client) return kUsageCode;
  const absl::Status status = CancelJob(*client, job, "wsfleet runs cancel");
  return status.ok() ? static_cast<int>(kPassedCode) : Report(*client, status);
}

int AgentsListCommand(const std::string& output) {
  const auto client = Configured();
  if (!client) return kUsageCode;
  grpc::ClientContext context;
  client->Authorize(context);
  SetLimit(context);
  v1::ListAgentsRequest request;
  request.set_fleet(client->endpoint().fleet);
  v1::ListAgentsReply reply;
  const absl::Status status = wire::FromGrpc(client->fleets().ListAgents(&context, request, &reply));
  if (!status.ok()) return Report(*client, status);
  json::array list;
  for (const v1::Agent& agent : reply.agents()) {
    const std::string state = agent.state() == v1::AGENT_STATE_CONNECTED  ? "connected"
                              : agent.state() == v1::AGENT_STATE_DRAINING ? "draining"
                                                                          : "lost";
    if (output == "name") {
      fmt::print("{}\n", agent.agent());
    } else if (output == "json") {
      list.push_back({{"agent", agent.agent()},
                      {"region", agent.region()},
                      {"state", state},
                      {"version", agent.version()},
                      {"shards", json::array(agent.shards().begin(), agent.shards().end())}});
    } else {
      fmt::print("{:<20} {:<14} {:<10} {:<8} {} shards\n", agent.agent(), agent.region(), state, agent.version(),
                 agent.shards_size());
    }
  }
  if (output == "json") fmt::print("{}\n", json::serialize(list));
  return kPassedCode;
}

int NewCommand(const std::string& path) {
  if (std::filesystem::exists(path)) {
    fmt::print(stderr, "wsfleet: {} exists already; name another file\n", path);
    return kUsageCode;
  }
  std::ofstream out(path);
  out << "# yaml-language-server: $schema=scenario-v1.schema.json   (`wsfleet schema` prints it)\n"
         "version: wsfleet/v1\n"
         "name: my-service\n"
         "target: ws://127.0.0.1:8000\n"
         "scenarios:\n"
         "  - name: opens and answers\n"
         "    steps:\n"
         "      - connect: {path: /ws}\n"
         "      - ping: {}\n"
         "      - close: {}\n";
  fmt::print(stderr, "wrote {}; try: wsfleet run {}\n", path, path);
  return out ? kPassedCode : kUsageCode;
}

int SchemaCommand() {
  fmt::print("{}", kScenarioSchema);
  return kPassedCode;
}

int DevCommand(const std::string& state, Interrupt& interrupt) {
  LocalFleet fleet;
  if (const absl::Status status = fleet.Start(state, true); !status.ok()) {
    fmt::print(stderr, "wsfleet: {}\n", ToStd(status.message()));
    return kInconclusiveCode;
  }
  const Endpoint endpoint = fleet.endpoint();
  fmt::print(
      "wsfleet dev: a coordinator, agents in eu-west-1, us-east-1, ap-south-1, and a demo target. Not for production.\n"
      "export WSFLEET_COORDINATOR={} WSFLEET_CA={} WSFLEET_TOKEN_FILE={}\n"
      "export TARGET={} JWT_KEY=wsfleet-demo-key-not-for-production\n"
      "Ctrl-C stops everything.\n",
      endpoint.address, endpoint.ca_file, endpoint.token_file, fleet.target_url());
  std::fflush(stdout);
  interrupt.Wait();
  return kPassedCode;
}

}  // namespace wsfleet::cli
