// wsfleet-coordinator with one failpoint, for tests only: WSFLEET_FAILPOINT says where (failpoint.h has the words). Its
// flags are those of wsfleet-coordinator.

#include <cstdlib>
#include <memory>
#include <string>

#include "coordinator/open_store.h"
#include "coordinator/options.h"
#include "coordinator/process.h"
#include "fmt/format.h"
#include "tests/support/failing/failing_store.h"

int main(int argc, char** argv) {
  namespace coordinator = wsfleet::coordinator;
  const auto parsed = coordinator::ParseCommandLine(argc, argv);
  if (parsed.exit_now) return parsed.exit_code;
  const char* text = std::getenv("WSFLEET_FAILPOINT");
  const auto point = wsfleet::testing::Failpoint::Parse(text == nullptr ? "" : text);
  if (!point) {
    fmt::print(stderr, "failing_coordinator: WSFLEET_FAILPOINT: expected words such as \"after result kill\"\n");
    return 2;
  }
  const coordinator::StoreOpener open = [&point](const std::string& name, const wsfleet::store::OnDiskFailed& on_failed)
      -> absl::StatusOr<std::unique_ptr<wsfleet::store::Store>> {
    auto store = coordinator::OpenStore(name, on_failed);
    if (!store.ok()) return store.status();
    return std::make_unique<wsfleet::testing::FailingStore>(*std::move(store), *point);
  };
  return coordinator::RunProcess(parsed.options, open);
}
