#include "coordinator/authority_command.h"

#include "absl/time/clock.h"
#include "coordinator/coordinator_options.h"
#include "coordinator/private_file.h"
#include "coordinator/tls/authority.h"
#include "core/base/text.h"
#include "fmt/format.h"

namespace wsfleet::coordinator {
namespace {

absl::Status Take(const std::string& step, const std::string& directory) {
  if (step == "add") return AddRoot(directory, absl::Now());
  if (step == "issue") return IssueFromNewRoot(directory);
  if (step == "drop") return DropRoot(directory);
  if (step == "replace") return ReplaceRoots(directory, absl::Now());
  return absl::OkStatus();
}

}  // namespace

int RunAuthorityCommand(const std::string& step, const std::string& state_directory) {
  const std::string directory = AuthorityDirectory(state_directory);
  absl::Status status = BecomeOwnerOf(state_directory);
  if (status.ok()) status = Take(step, directory);
  if (status.ok()) {
    const auto roots = ListRoots(directory);
    status = roots.status();
    if (roots.ok()) {
      for (const RootFacts& root : *roots) {
        fmt::print("{}  until {}  {}\n", root.fingerprint, UtcText(root.until), root.role);
      }
    }
  }
  if (status.ok()) return 0;
  fmt::print(stderr, "wsfleet-coordinator: {}\n", ToStd(status.message()));
  return 1;
}

}  // namespace wsfleet::coordinator
