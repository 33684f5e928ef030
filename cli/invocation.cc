#include "cli/invocation.h"

#include "core/base/text.h"
#include "fmt/format.h"

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

absl::Status Unprinted(const absl::Status& printed, const absl::Status& revoked, std::string_view command,
                       const std::string& id) {
  const std::string what =
      revoked.ok() ? std::string("it was revoked")
                   : fmt::format("it could not be revoked ({}): `{} {}`", ToStd(revoked.message()), command, id);
  return absl::UnavailableError(
      fmt::format("nobody has the token {}: {}; {}", Printable(id), ToStd(printed.message()), what));
}

absl::Status WithSuggestion(const absl::Status& error, std::string_view word, const std::vector<std::string>& names) {
  const std::vector<std::string_view> views(names.begin(), names.end());
  const std::string_view near = ClosestMatch(word, views);
  if (near.empty()) return error;
  return absl::Status(error.code(), fmt::format("{}; did you mean \"{}\"?", ToStd(error.message()), Printable(near)));
}

ProcessExit Fail(const absl::Status& status) {
  PrintError(ToStd(status.message()));
  return ExitCodeOf(status);
}

}  // namespace wsfleet::cli
