#include "tests/support/postgres_server.h"

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <vector>

#include "fmt/format.h"

namespace wsfleet::testing {
namespace {

namespace fs = std::filesystem;

fs::path Program(const std::string& name) {
  for (const char* version : {"17", "16", "15", "14"}) {
    const fs::path path = fs::path("/usr/lib/postgresql") / version / "bin" / name;
    if (fs::exists(path)) return path;
  }
  throw std::runtime_error("PostgreSQL's " + name + " is not installed; run cmake/install-dependencies.sh test");
}

// PostgreSQL refuses to run as root.
std::vector<std::string> AsServer(std::vector<std::string> arguments) {
  if (geteuid() != 0) return arguments;
  std::vector<std::string> behind = {"setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups", "--"};
  behind.insert(behind.end(), arguments.begin(), arguments.end());
  return behind;
}

Finished RunAsServer(std::vector<std::string> arguments) {
  Command command;
  command.arguments = AsServer(std::move(arguments));
  command.working_directory = "/";
  return RunCommand(command, absl::Seconds(60));
}

// The children of a process, as the kernel lists them. A server's own are in process groups of their own.
std::vector<pid_t> ChildrenOf(pid_t parent) {
  std::ifstream list(fmt::format("/proc/{0}/task/{0}/children", parent));
  return {std::istream_iterator<pid_t>(list), {}};
}

void Require(const Finished& finished, const std::string& what) {
  if (finished.exit_code != 0) throw std::runtime_error(what + " failed:\n" + finished.out + finished.err);
}

}  // namespace

void PostgresServer::GiveDirectoryToServer() const {
  if (geteuid() != 0) return;
  Command command;
  command.arguments = {"chown", "postgres", directory_.path().string()};
  RunCommand(command, absl::Seconds(10));
}

PostgresServer::PostgresServer() {
  const std::string directory = directory_.path().string();
  GiveDirectoryToServer();
  const Finished made = RunAsServer({Program("initdb"), "--no-sync", "--auth=trust", "--username=wsfleet",
                                     "--encoding=UTF8", "--locale=C", "--pgdata=" + directory + "/data"});
  Require(made, "initdb");
  Start();
}

PostgresServer::PostgresServer(const PostgresServer& primary) {
  const std::string directory = directory_.path().string();
  GiveDirectoryToServer();
  Require(RunAsServer({Program("pg_basebackup"), "--host=" + primary.directory_.path().string(), "--username=wsfleet",
                       "--pgdata=" + directory + "/data", "--write-recovery-conf", "--wal-method=stream",
                       "--checkpoint=fast", "--no-sync"}),
          "pg_basebackup");
  Start();
  const std::string of_primary = primary.SocketUrl("postgres");
  primary.Execute(of_primary, "ALTER SYSTEM SET synchronous_standby_names = '*'");
  primary.Execute(of_primary, "SELECT pg_reload_conf()");
  const bool synchronous = WaitUntil([&] {
    try {
      primary.Execute(of_primary, "SELECT 1 / count(*) FROM pg_stat_replication WHERE sync_state = 'sync'");
      return true;
    } catch (const std::runtime_error&) {
      return false;  // a division by zero: not yet
    }
  });
  if (!synchronous) throw std::runtime_error("the standby does not follow:\n" + server_->err());
}

void PostgresServer::Promote() { Execute(SocketUrl("postgres"), "SELECT pg_promote()"); }

std::string PostgresServer::FailoverUrl(const PostgresServer& one, const PostgresServer& other,
                                        const std::string& database) {
  return fmt::format("postgres:///{}?host={},{}&user=wsfleet&target_session_attrs=read-write", database,
                     one.directory_.path().string(), other.directory_.path().string());
}

void PostgresServer::Start() {
  const std::string directory = directory_.path().string();
  Command command;
  command.arguments = AsServer({Program("postgres"), "-D", directory + "/data", "-k", directory, "-c",
                                "listen_addresses=", "-c", "max_connections=200", "-c", "fsync=off"});
  command.working_directory = "/";
  server_ = std::make_unique<ChildProcess>(command);
  const bool serves = WaitUntil([&] {
    return !server_->running() ||
           RunAsServer({Program("pg_isready"), "-q", "-h", directory, "-U", "wsfleet"}).exit_code == 0;
  });
  if (!serves || !server_->running()) throw std::runtime_error("PostgreSQL does not serve:\n" + server_->err());
}

PostgresServer::~PostgresServer() {
  server_->Signal(SIGINT);
  server_->Wait(absl::Seconds(20));
}

PostgresServer& PostgresServer::Shared() {
  static PostgresServer server;
  return server;
}

std::string PostgresServer::SocketUrl(const std::string& database) const {
  return fmt::format("postgres:///{}?host={}&user=wsfleet", database, directory_.path().string());
}

std::string PostgresServer::CreateDatabase(const std::string& name) {
  Execute(SocketUrl("postgres"), "CREATE DATABASE " + name);
  return SocketUrl(name);
}

void PostgresServer::Execute(const std::string& url, const std::string& sql) const {
  const Finished done = RunAsServer({Program("psql"), "-X", "-q", "-v", "ON_ERROR_STOP=1", "-c", sql, url});
  if (done.exit_code != 0) throw std::runtime_error(sql + ":\n" + done.out + done.err);
}

void PostgresServer::Signal(int number) const {
  for (const pid_t child : ChildrenOf(server_->pid())) kill(child, number);
  server_->Signal(number);
}

void PostgresServer::Kill() {
  const std::vector<pid_t> children = ChildrenOf(server_->pid());
  server_->Signal(SIGKILL);
  server_->Wait(absl::Seconds(10));
  // They notice it and end by themselves. Until then no other server may have their memory, and none starts.
  const auto is_gone = [](pid_t child) { return kill(child, 0) != 0; };
  WaitUntil([&] { return std::ranges::all_of(children, is_gone); });
}

PostgresDatabase::PostgresDatabase() {
  static std::atomic<int> made = 0;
  url_ = PostgresServer::Shared().CreateDatabase(fmt::format("test_{}", ++made));
}

}  // namespace wsfleet::testing
