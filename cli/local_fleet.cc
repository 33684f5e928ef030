#include "cli/local_fleet.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/inotify.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

#include "boost/json/parse.hpp"
#include "fmt/format.h"

namespace wsfleet::cli {
namespace {

namespace fs = std::filesystem;

constexpr const char* kRegions[] = {"eu-west-1", "us-east-1", "ap-south-1"};
constexpr std::chrono::seconds kStartLimit{20};
constexpr int kPollMilliseconds = 100;

std::string Program(const std::string& name) {
  std::error_code error;
  const fs::path own = fs::read_symlink("/proc/self/exe", error);
  const fs::path beside = own.parent_path() / name;
  return !error && fs::exists(beside, error) ? beside.string() : name;
}

std::string ReadFile(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream content;
  content << in.rdbuf();
  return std::move(content).str();
}

}  // namespace

LocalFleet::~LocalFleet() {
  for (auto child = children_.rbegin(); child != children_.rend(); ++child) kill(child->pid, SIGTERM);
  for (const Child& child : children_) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(2);
    while (waitpid(child.pid, nullptr, WNOHANG) == 0) {
      if (std::chrono::steady_clock::now() > end) {
        kill(child.pid, SIGKILL);
        waitpid(child.pid, nullptr, 0);
        break;
      }
      poll(nullptr, 0, 5);
    }
  }
  std::error_code ignored;
  if (temporary_) fs::remove_all(directory_, ignored);
}

absl::Status LocalFleet::Start(const std::string& state, bool with_target) {
  if (state.empty()) {
    std::string name = (fs::temp_directory_path() / "wsfleet-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) return absl::UnavailableError(fmt::format("cannot make a folder {}", name));
    directory_ = name;
    temporary_ = true;
  } else {
    std::error_code error;
    fs::create_directories(state, error);
    fs::permissions(state, fs::perms::owner_all, error);
    if (error) return absl::UnavailableError(fmt::format("cannot use the folder {}: {}", state, error.message()));
    directory_ = fs::absolute(state).string();
  }
  const std::string ready = directory_ + "/coordinator.json";
  std::error_code ignored;
  fs::remove(ready, ignored);
  absl::Status status =
      Spawn("wsfleet-coordinator",
            {"--agent-listen", "127.0.0.1:0", "--client-listen", "127.0.0.1:0", "--store",
             state.empty() ? ":memory:" : directory_ + "/fleet.db", "--state-dir", directory_ + "/state", "--dev-ca",
             directory_ + "/ca", "--ready-file", ready, "--lease-time", "10s"});
  if (status.ok()) status = AwaitFile(ready, children_.back());
  if (!status.ok()) return status;
  const auto addresses = boost::json::parse(ReadFile(ready));
  agent_address_ = std::string(addresses.at("agent").as_string());
  client_address_ = std::string(addresses.at("client").as_string());
  for (const char* region : kRegions) {
    status = Spawn("wsfleet-agent", {"--coordinator", agent_address_, "--ca", directory_ + "/ca/ca.pem", "--cert",
                                     directory_ + "/ca/agent.pem", "--key", directory_ + "/ca/agent.key", "--id",
                                     fmt::format("{}-a", region), "--region", region});
    if (!status.ok()) return status;
  }
  if (with_target) {
    const std::string port_file = directory_ + "/target.port";
    fs::remove(port_file, ignored);
    status = Spawn("wsfleet-demo-target", {"--port-file", port_file, "--access-log", directory_ + "/target.log"});
    if (status.ok()) status = AwaitFile(port_file, children_.back());
    if (!status.ok()) return status;
    target_url_ = fmt::format("ws://127.0.0.1:{}", std::atoi(ReadFile(port_file).c_str()));
  }
  return AwaitAgents();
}

absl::Status LocalFleet::Spawn(const std::string& name, std::vector<std::string> arguments) {
  Child child{name, -1, fmt::format("{}/{}-{}.log", directory_, name, children_.size())};
  arguments.insert(arguments.begin(), Program(name));
  arguments.push_back("--die-with-parent");
  std::vector<char*> argv;
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  child.pid = fork();
  if (child.pid < 0) return absl::UnavailableError("fork failed");
  if (child.pid == 0) {
    // Ctrl-C in the terminal is this program's; it ends its children itself.
    setpgid(0, 0);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
    const int log = open(child.log.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    dup2(open("/dev/null", O_RDONLY), STDIN_FILENO);
    dup2(log, STDOUT_FILENO);
    dup2(log, STDERR_FILENO);
    execvp(argv[0], argv.data());
    _exit(127);
  }
  children_.push_back(child);
  return absl::OkStatus();
}

absl::Status LocalFleet::AwaitFile(const std::string& path, const Child& child) {
  const int watch = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
  inotify_add_watch(watch, directory_.c_str(), IN_CREATE | IN_MOVED_TO | IN_CLOSE_WRITE);
  const auto end = std::chrono::steady_clock::now() + kStartLimit;
  std::error_code error;
  absl::Status status;
  while (!fs::exists(path, error) || fs::file_size(path, error) == 0) {
    int exit_status = 0;
    if (waitpid(child.pid, &exit_status, WNOHANG) == child.pid || std::chrono::steady_clock::now() > end) {
      status = absl::UnavailableError(fmt::format("{} did not start:\n{}", child.name, ReadFile(child.log)));
      break;
    }
    pollfd events{watch, POLLIN, 0};
    poll(&events, 1, kPollMilliseconds);
    char buffer[4096];
    while (read(watch, buffer, sizeof(buffer)) > 0) {
    }
  }
  close(watch);
  return status;
}

absl::Status LocalFleet::AwaitAgents() {
  CoordinatorClient client(endpoint());
  const auto end = std::chrono::steady_clock::now() + kStartLimit;
  while (std::chrono::steady_clock::now() < end) {
    grpc::ClientContext context;
    client.Authorize(context);
    context.set_wait_for_ready(true);
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(5));
    v1::ListAgentsRequest request;
    request.set_fleet("default");
    v1::ListAgentsReply reply;
    const grpc::Status status = client.fleets().ListAgents(&context, request, &reply);
    int connected = 0;
    for (const v1::Agent& agent : reply.agents()) connected += agent.state() == v1::AGENT_STATE_CONNECTED;
    if (status.ok() && connected == std::ssize(kRegions)) return absl::OkStatus();
    poll(nullptr, 0, 10);
  }
  return absl::UnavailableError("the agents did not connect; see the logs in " + directory_);
}

Endpoint LocalFleet::endpoint() const {
  Endpoint endpoint;
  endpoint.address = client_address_;
  endpoint.ca_file = directory_ + "/ca/ca.pem";
  endpoint.token_file = directory_ + "/ca/token";
  return endpoint;
}

}  // namespace wsfleet::cli
