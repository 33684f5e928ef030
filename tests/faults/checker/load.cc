#include "tests/faults/checker/load.h"

#include <utility>

#include "fmt/format.h"
#include "fmt/ranges.h"
#include "tests/faults/checker/witness.h"

namespace wsfleet::testing {

Bundle LoadSuite(const std::string& target, const Model& model) {
  constexpr char kFile[] = "load.wsfleet.yaml";
  Bundle bundle;
  bundle.suites = {kFile};
  bundle.files[kFile] = fmt::format(R"(version: wsfleet/v1
name: load
target: "{}"
scenarios:
  - name: chat
    matrix: {{round: [{}]}}
    concurrent: {}
    steps:
      - connect: {{path: "/ws/${{session.id}}/${{round}}"}}
      - repeat: {{times: 5, every: 40ms, steps: [ping: {{}}]}}
      - close: {{}}
)",
                                    target, fmt::join(model.cases, ", "), model.sessions);
  return bundle;
}

Load::Load(const RealFleet& fleet, const std::string& target, const Model& model, std::size_t clients)
    : fleet_(fleet),
      suite_(LoadSuite(target, model)),
      from_(kLoadRegions.begin(), kLoadRegions.begin() + static_cast<std::ptrdiff_t>(model.regions)) {
  for (std::size_t client = 1; client <= clients; ++client) {
    threads_.emplace_back([this, client] { Run(client); });
  }
}

Load::~Load() { Finish(); }

std::vector<Testimony> Load::Finish() {
  stopping_ = true;
  for (std::thread& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
  return std::exchange(testimonies_, {});
}

void Load::Run(std::size_t client) {
  Witness witness(fleet_, suite_, from_);
  for (int run = 1; !stopping_; ++run) {
    Testimony testimony = witness.Run(RunKey(fmt::format("client-{}-run-{}", client, run)));
    ++finished_;
    const std::lock_guard lock(mutex_);
    testimonies_.push_back(std::move(testimony));
  }
}

}  // namespace wsfleet::testing
