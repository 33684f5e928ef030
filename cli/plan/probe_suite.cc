#include "cli/plan/probe_suite.h"

#include <algorithm>

#include "core/base/credential_text.h"
#include "core/base/text.h"
#include "fmt/format.h"

namespace wsfleet::cli {
namespace {

constexpr char kProbeFile[] = "probe.wsfleet.yaml";

std::size_t EndOfOrigin(std::string_view url) {
  return std::min(url.find_first_of("/?#", url.find("://") + 3), url.size());
}

absl::Status CheckProbeUrl(std::string_view url) {
  const std::string shown = Printable(WithoutUrlCredentials(url));
  if (!url.starts_with("ws://") && !url.starts_with("wss://")) {
    return absl::InvalidArgumentError(
        fmt::format("probe: expected a URL such as wss://host/path, found \"{}\"", shown));
  }
  if (url.find_first_of(" \t\n\"\\$") != std::string_view::npos) {
    return absl::InvalidArgumentError(
        fmt::format("probe: \"{}\" has characters that a URL must escape, such as %20 for a space", shown));
  }
  if (url.substr(0, EndOfOrigin(url)).find('@') != std::string_view::npos) {
    return absl::InvalidArgumentError(
        fmt::format("probe: \"{}\" has a user name or a password, which no browser sends for a WebSocket; write a "
                    "suite with `auth`, and pass the password with --secret",
                    shown));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<ProbeSuite> MakeProbeSuite(std::string_view url) {
  if (absl::Status status = CheckProbeUrl(url); !status.ok()) return status;
  const std::size_t path = EndOfOrigin(url);
  ProbeSuite suite;
  // Reports, and the coordinator's records, have the suite: what lets somebody in does not stand in it.
  const std::string target =
      ReplaceCredentials(url.substr(path), FindUrlCredential, [&](const CredentialInText& found) {
        const std::string name = fmt::format("URL_CREDENTIAL_{}", suite.secrets.size() + 1);
        suite.secrets.emplace(name, found.value);
        return fmt::format("${{secret.{}}}", name);
      });
  suite.files.bundle.suites = {kProbeFile};
  suite.files.bundle.files[kProbeFile] = fmt::format(
      "version: wsfleet/v1\nname: probe\ntarget: \"{}\"\nscenarios:\n  - name: handshake\n    steps:\n"
      "      - connect: {{path: \"{}{}\"}}\n      - ping: {{}}\n",
      url.substr(0, path), target.starts_with('/') ? "" : "/", target);
  return suite;
}

}  // namespace wsfleet::cli
