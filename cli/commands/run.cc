#include <optional>
#include <utility>

#include "cli/commands/commands.h"
#include "cli/commands/runner.h"
#include "cli/local/local_fleet.h"
#include "cli/plan/prepare.h"
#include "cli/report/report_files.h"
#include "core/base/text.h"
#include "fmt/format.h"

// run and probe: submit, follow to the end, and say what came out.
namespace wsfleet::cli {
namespace {

constexpr char kProbeFile[] = "probe.wsfleet.yaml";

// On the coordinator that is configured, or on a local fleet of its own.
absl::StatusOr<int> RunPrepared(Invocation& invocation, const RunFlags& flags, RunView view, Prepared prepared) {
  if (absl::Status status = ReadRunFlags(flags, invocation.environment, prepared.options); !status.ok()) return status;
  auto endpoint = ConfiguredEndpoint(invocation);
  if (!flags.local && !endpoint.ok()) return endpoint.status();
  view.local = flags.local || endpoint->address.empty();
  if (!view.local) {
    auto client = ConnectTo(*endpoint, invocation.quiet);
    if (!client.ok()) return client.status();
    return Runner(invocation, prepared, view).RunOn(**client);
  }
  if (!flags.local && !invocation.quiet) {
    fmt::print(stderr, "no coordinator is configured: a local fleet of {} regions runs this\n",
               std::size(LocalFleet::kRegions));
  }
  if (flags.detach) {
    return absl::InvalidArgumentError("--detach: a local fleet ends with this command; name a coordinator");
  }
  if (absl::Status status = LocalFleet::CheckTerms(prepared.options.spec.from); !status.ok()) return status;
  LocalFleet fleet(invocation.interrupt);
  if (absl::Status status = fleet.Start("", false); !status.ok()) return status;
  auto client = ConnectTo(fleet.endpoint(), invocation.quiet);
  if (!client.ok()) return client.status();
  return Runner(invocation, prepared, view).RunOn(**client);
}

// `bundle`: of a probe.
int RunBundle(Invocation& invocation, const RunFlags& flags, std::optional<BundleOnDisk> bundle) {
  auto reports = ParseReports(flags.reports);
  if (!reports.ok()) return Fail(reports.status());
  const bool probe = bundle.has_value();
  auto prepared = probe ? PreparePlan(*std::move(bundle), flags.plan, invocation.environment)
                        : PreparePlan(flags.plan, invocation.environment);
  if (!prepared.ok()) return Fail(prepared.status());
  const RunView view{*std::move(reports), flags.summary, flags.detach, false, probe};
  const auto code = RunPrepared(invocation, flags, view, *std::move(prepared));
  return code.ok() ? *code : static_cast<int>(Fail(code.status()));
}

}  // namespace

int RunCommand(Invocation& invocation, const RunFlags& flags) { return RunBundle(invocation, flags, std::nullopt); }

int ProbeCommand(Invocation& invocation, const std::string& url, const RunFlags& flags) {
  const std::size_t scheme = url.find("://");
  const std::size_t path = url.find('/', scheme == std::string::npos ? 0 : scheme + 3);
  if (!url.starts_with("ws://") && !url.starts_with("wss://")) {
    return Fail(absl::InvalidArgumentError(
        fmt::format("probe: expected a URL such as wss://host/path, found \"{}\"", Printable(url))));
  }
  if (url.find_first_of(" \t\n\"\\$") != std::string::npos) {
    return Fail(absl::InvalidArgumentError(
        fmt::format("probe: \"{}\" has characters that a URL must escape, such as %20 for a space", Printable(url))));
  }
  BundleOnDisk files;
  files.bundle.suites = {kProbeFile};
  files.bundle.files[kProbeFile] = fmt::format(
      "version: wsfleet/v1\nname: probe\ntarget: \"{}\"\nscenarios:\n  - name: handshake\n    steps:\n"
      "      - connect: {{path: \"{}\"}}\n      - ping: {{}}\n",
      url.substr(0, path), path == std::string::npos ? "/" : url.substr(path));
  return RunBundle(invocation, flags, std::move(files));
}

}  // namespace wsfleet::cli
