#include <cstdio>
#include <filesystem>

#include "cli/commands/commands.h"
#include "cli/local/local_fleet.h"
#include "cli/whole_file.h"
#include "core/base/version.h"
#include "fmt/format.h"

namespace wsfleet::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kMaxContextFile = 4096;

// The context "dev" for other terminals, for as long as this lives.
class DevContext {
 public:
  absl::Status Publish(const Endpoint& endpoint, const std::string& path) {
    std::error_code error;
    fs::create_directories(fs::path(path).parent_path(), error);
    if (!error) fs::permissions(fs::path(path).parent_path(), fs::perms::owner_all, error);
    if (error) return absl::FailedPreconditionError(fmt::format("{}: {}", path, error.message()));
    Context context;
    context.name = "dev";
    context.coordinator = endpoint.address;
    context.ca_file = endpoint.ca_file;
    context.token_file = endpoint.token_file;
    content_ = RenderContextFile(context, "Written by `wsfleet dev`; it goes when that ends.");
    path_ = path;
    return WriteWholeFile(path, content_, 0600);
  }

  ~DevContext() {
    // Another `wsfleet dev` may have put its own there.
    if (!path_.empty() && ReadWholeFile(path_, kMaxContextFile).value_or("") == content_) {
      std::error_code ignored;
      fs::remove(path_, ignored);
    }
  }

 private:
  std::string path_, content_;
};

}  // namespace

int DevCommand(Invocation& invocation, const std::string& state) {
  LocalFleet fleet(invocation.interrupt);
  if (const absl::Status status = fleet.Start(state, true); !status.ok()) return Fail(status);
  const auto deferred = invocation.interrupt.Defer();
  const Endpoint endpoint = fleet.endpoint();
  DevContext context;
  const std::string path = FindConfigPaths(invocation.environment).dev;
  if (const absl::Status status = context.Publish(endpoint, path); !status.ok()) return Fail(status);
  fmt::print(
      "wsfleet dev: a coordinator ({}), agents in {}, and a demo target.\n"
      "Not for production: keys and tokens lie in files of this machine, and any target may be tested.\n"
      "\n"
      "In another terminal:\n"
      "  export JWT_KEY=wsfleet-demo-key-not-for-production\n"
      "  wsfleet --context dev run docs/examples/chat.wsfleet.yaml --var target={} --secret JWT_KEY\n"
      "or, for other clients:\n"
      "  export WSFLEET_COORDINATOR={} WSFLEET_CA={} WSFLEET_TOKEN_FILE={}\n"
      "\n"
      "Ctrl-C stops everything.\n",
      endpoint.address, fmt::join(LocalFleet::kRegions, ", "), fleet.target_url(), endpoint.address, endpoint.ca_file,
      endpoint.token_file);
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
