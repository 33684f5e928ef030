// wsfleet-manual FOLDER: writes the pages of the manual there. It is run when packages are built, and is part of none.

#include "cli/command_line/manual.h"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <string>
#include <vector>

#include "agent/options.h"
#include "cli/command_line/program.h"
#include "coordinator/options.h"
#include "fmt/format.h"

namespace wsfleet {
namespace {

const cli::ServiceNotes::List kAgentFiles{
    "FILES",
    {{"/etc/default/wsfleet-agent",
      "What wsfleet-agent.service gives it: variables, and options in WSFLEET_AGENT_OPTIONS."},
     {"/etc/wsfleet-agent/",
      "The join token and the authority of the coordinator's certificate, for its group to read."},
     {"/var/lib/wsfleet-agent/identity/", "Its key and certificate. Empty it, and the agent enrols anew."},
     {"/var/lib/wsfleet-agent/spool/", "Results that the coordinator has not acknowledged yet."}}};

const cli::ServiceNotes kAgent{
    "Connects to a coordinator, and to nothing else unless it is assigned work; it accepts no connections, but for "
    "probes "
    "(--http-listen).\n\nIt shows a client certificate that names it. It gets its first one for a "
    "join token (--enrol, --join-token-file) and renews it by itself, in --identity-dir; or it is given one from "
    "elsewhere "
    "(--cert, --key).",
    {kAgentFiles,
     {"SIGNALS",
      {{"SIGTERM, SIGINT", "It drains: what it runs may go on for --drain-limit. A second one ends it at once."}}},
     {"EXIT STATUS",
      {{"0", "It was told to end."},
       {"1", "It was refused, its certificate has expired, or another process has its name; the reason is on stderr."},
       {"2", "Its options are wrong."}}}},
    {"wsfleet(1)", "wsfleet-agents(1)", "wsfleet-coordinator(8)"}};

const cli::ServiceNotes::List kCoordinatorFiles{
    "FILES",
    {{"/etc/default/wsfleet-coordinator",
      "Options that wsfleet-coordinator.service gives it, in WSFLEET_COORDINATOR_OPTIONS."},
     {"/etc/wsfleet-coordinator/client-token",
      "A token that is admin of every fleet, for its group to read. The package makes one; keep it for emergencies."},
     {"/var/lib/wsfleet-coordinator/wsfleet.db", "The store, with -wal, -shm and .lock beside it."},
     {"/var/lib/wsfleet-coordinator/secrets.key", "What secrets of open runs are sealed with."},
     {"/var/lib/wsfleet-coordinator/ca/trust.pem", "The authority's certificate, for agents and clients; no secret."},
     {"/var/lib/wsfleet-coordinator/ca/current.pem", "The authority's key."}}};

const cli::ServiceNotes kCoordinator{
    "Serves agents, clients and, with --enrol-listen, processes with a join token on a listener each. TLS is one of: "
    "--own-ca; "
    "--tls-cert, --tls-key and --tls-ca; --dev-ca; --insecure-plaintext, on loopback only.\n\n"
    "The commands take the steps of a rotation of the root of --own-ca while the coordinator runs. Run them as its "
    "user: runuser "
    "-u _wsfleet-coordinator -- wsfleet-coordinator ca show --state-dir /var/lib/wsfleet-coordinator",
    {kCoordinatorFiles,
     {"ENVIRONMENT", {{"PGPASSWORD", "Password of a PostgreSQL store, with the other variables of libpq."}}},
     {"SIGNALS", {{"SIGTERM, SIGINT", "It ends streams and calls, finishes the commit that is under way, and exits."}}},
     {"EXIT STATUS",
      {{"0", "It was told to end."},
       {"1", "Anything else, with the reason on stderr; also a disk that could not make a write durable."},
       {"2", "Its options are wrong."}}}},
    {"wsfleet(1)", "wsfleet-agents(1)", "wsfleet-tokens(1)", "wsfleet-agent(8)"}};

std::vector<cli::ManualPage> Pages() {
  cli::Interrupt interrupt;
  const cli::Program program(interrupt);
  std::vector<cli::ManualPage> pages = cli::RenderManual(program.tree());
  agent::VisitOptions([&](const CLI::App& tree) { pages.push_back(cli::RenderServiceManual(tree, kAgent)); });
  coordinator::VisitOptions(
      [&](const CLI::App& tree) { pages.push_back(cli::RenderServiceManual(tree, kCoordinator)); });
  return pages;
}

int Write(const std::string& folder) {
  for (const cli::ManualPage& page : Pages()) {
    const std::string path = fmt::format("{}/{}", folder, page.file);
    std::ofstream out(path);
    out << page.text;
    if (!out.flush()) {
      fmt::print(stderr, "wsfleet-manual: cannot write {}: {}\n", path, std::strerror(errno));
      return 1;
    }
  }
  return 0;
}

}  // namespace
}  // namespace wsfleet

int main(int argc, char** argv) {
  if (argc == 2) return wsfleet::Write(argv[1]);
  fmt::print(stderr, "wsfleet-manual: expected a folder, found {} arguments\n", argc - 1);
  return 2;
}
