#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <string_view>

#include "cli/commands/commands.h"
#include "cli/config/context_edit.h"
#include "cli/local/local_fleet.h"
#include "cli/whole_file.h"
#include "core/base/text.h"
#include "core/base/version.h"
#include "fmt/format.h"

namespace wsfleet::cli {
namespace {

namespace fs = std::filesystem;

// The context "dev" for other terminals, for as long as this lives.
class DevContext {
 public:
  // ALREADY_EXISTS: it is that of another `wsfleet dev`, which runs.
  absl::Status Publish(const Endpoint& endpoint, const std::string& path) {
    std::error_code error;
    fs::create_directories(fs::path(path).parent_path(), error);
    if (!error) fs::permissions(fs::path(path).parent_path(), fs::perms::owner_all, error);
    if (error) return absl::FailedPreconditionError(fmt::format("{}: {}", path, error.message()));
    // Held while this process lives, however it ends.
    lock_ = open((path + ".lock").c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600);
    if (lock_ < 0 || flock(lock_, LOCK_EX | LOCK_NB) != 0) {
      return errno == EWOULDBLOCK
                 ? absl::AlreadyExistsError("the context \"dev\" is that of another `wsfleet dev`")
                 : absl::FailedPreconditionError(fmt::format("{}.lock: {}", path, std::strerror(errno)));
    }
    Context context;
    context.name = "dev";
    context.coordinator = endpoint.address;
    context.ca_file = endpoint.ca_file;
    context.token_file = endpoint.token_file;
    path_ = path;
    return WriteWholeFile(path, RenderContextFile(context, "Written by `wsfleet dev`; it goes when that ends."), 0600);
  }

  DevContext() = default;
  DevContext(const DevContext&) = delete;
  DevContext& operator=(const DevContext&) = delete;
  ~DevContext() {
    std::error_code ignored;
    if (!path_.empty()) fs::remove(path_, ignored);
    if (lock_ >= 0) close(lock_);
  }

 private:
  int lock_ = -1;
  std::string path_;
};

// The example suite, as a person can name it from here: in a copy of the sources, or where a package has put it.
std::string ExampleSuite() {
  constexpr std::string_view kInSources = "docs/examples/chat.wsfleet.yaml";
  std::error_code error;
  if (fs::exists(kInSources, error)) return std::string(kInSources);
  fs::path folder = fs::read_symlink("/proc/self/exe", error).parent_path();
  for (; folder.has_relative_path(); folder = folder.parent_path()) {
    for (const std::string_view path : {kInSources, std::string_view("share/doc/wsfleet/examples/chat.wsfleet.yaml")}) {
      if (fs::exists(folder / path, error)) return (folder / path).string();
    }
  }
  return "SUITE.wsfleet.yaml";
}

}  // namespace

int DevCommand(Invocation& invocation, const std::string& state) {
  LocalFleet fleet(invocation.interrupt);
  if (const absl::Status status = fleet.Start(state, true); !status.ok()) return Fail(status);
  const auto deferred = invocation.interrupt.Defer();
  const Endpoint endpoint = fleet.endpoint();
  DevContext context;
  const std::string path = FindConfigPaths(invocation.environment).dev;
  const absl::Status published = context.Publish(endpoint, path);
  if (!published.ok() && !absl::IsAlreadyExists(published)) return Fail(published);
  const std::string variables = fmt::format("  export WSFLEET_COORDINATOR={} WSFLEET_CA={} WSFLEET_TOKEN_FILE={}\n",
                                            endpoint.address, endpoint.ca_file, endpoint.token_file);
  const std::string how = published.ok() ? "  wsfleet --context dev run" : variables + "  wsfleet run";
  const std::string others =
      published.ok() ? "or, for other clients:\n" + variables : fmt::format("({})\n", ToStd(published.message()));
  fmt::print(
      "wsfleet dev: a coordinator ({}), agents in {}, and a demo target.\n"
      "Not for production: keys and tokens lie in files of this machine, and any target may be tested.\n"
      "\n"
      "In another terminal:\n"
      "  export JWT_KEY=wsfleet-demo-key-not-for-production\n"
      "{} {} --var target={} --secret JWT_KEY\n"
      "{}"
      "\n"
      "Ctrl-C stops everything.\n",
      endpoint.address, fmt::join(LocalFleet::kRegions, ", "), how, ExampleSuite(), fleet.target_url(), others);
  std::fflush(stdout);
  const auto ended = fleet.AwaitEnd();
  if (!ended) return kPassedCode;
  return Fail(absl::UnavailableError(*ended));
}

int VersionCommand(Invocation& invocation) {
  if (invocation.output == OutputFormat::kJson || invocation.output == OutputFormat::kYaml) {
    fmt::print("{}", Render(boost::json::value{{"version", kVersion}}, invocation.output));
  } else {
    fmt::print("wsfleet {}\n", kVersion);
  }
  return kPassedCode;
}

}  // namespace wsfleet::cli
