#include "coordinator/tenure.h"

#include <algorithm>
#include <utility>

#include "core/base/text.h"
#include "fmt/format.h"
#include "proto/wire/redirect.h"

namespace wsfleet::coordinator {

absl::Status Tenure::NotHere(const FleetName& fleet) const {
  v1::Redirect redirect;
  redirect.set_ownership_epoch(std::max<std::uint64_t>(elsewhere.epoch, 1));
  std::string text;
  if (ours && !not_loaded.ok()) {
    text = fmt::format("the coordinator cannot run its fleet at the moment, and tries again: {}",
                       ToStd(not_loaded.message()));
  } else if (ours) {
    text = "the coordinator is loading its fleet; try again";
  } else if (!store.ok()) {
    // Who runs the fleet is written there; whom we know last may still have it for some seconds.
    redirect.set_address(elsewhere.addresses.clients);
    text = fmt::format("the coordinator cannot reach its store, and tries again: {}", ToStd(store.message()));
  } else if (!elsewhere.addresses.clients.empty()) {
    redirect.set_address(elsewhere.addresses.clients);
    text = fmt::format("fleet {} is run by the coordinator at {}", fleet.value(), elsewhere.addresses.clients);
  } else {
    text = fmt::format("no coordinator that this one knows of runs fleet {} at the moment; try again", fleet.value());
  }
  return wire::WithRedirect(absl::UnavailableError(text), redirect);
}

std::optional<v1::Redirect> Tenure::ForAgents() const {
  if (ours || elsewhere.addresses.agents.empty()) return std::nullopt;
  v1::Redirect redirect;
  redirect.set_address(elsewhere.addresses.agents);
  redirect.set_ownership_epoch(elsewhere.epoch);
  return redirect;
}

}  // namespace wsfleet::coordinator
