#include "cli/invocation.h"

#include "core/base/text.h"

namespace wsfleet::cli {

absl::StatusOr<Endpoint> ConfiguredEndpoint(const Invocation& invocation) {
  return FindEndpoint(invocation.connection, invocation.environment, FindConfigPaths(invocation.environment));
}

absl::StatusOr<std::unique_ptr<CoordinatorClient>> ConnectConfigured(const Invocation& invocation) {
  auto endpoint = ConfiguredEndpoint(invocation);
  if (!endpoint.ok()) return endpoint.status();
  if (endpoint->address.empty()) {
    return absl::FailedPreconditionError(
        "no coordinator is configured; name one by --coordinator, WSFLEET_COORDINATOR or a context in wsfleet.yaml, or "
        "start one with `wsfleet dev` and use --context dev");
  }
  return ConnectTo(*endpoint, invocation.quiet);
}

ProcessExit Fail(const absl::Status& status) {
  PrintError(ToStd(status.message()));
  return ExitCodeOf(status);
}

}  // namespace wsfleet::cli
