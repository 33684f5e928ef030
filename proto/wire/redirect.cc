#include "proto/wire/redirect.h"

#include <string>

#include "absl/strings/cord.h"
#include "core/base/text.h"

namespace wsfleet::wire {
namespace {

constexpr char kType[] = "wsfleet.v1.Redirect";

}  // namespace

absl::Status WithRedirect(absl::Status status, const v1::Redirect& redirect) {
  status.SetPayload(kType, absl::Cord(ToAbsl(redirect.SerializeAsString())));
  return status;
}

std::optional<v1::Redirect> RedirectOf(const absl::Status& status) {
  const auto payload = status.GetPayload(kType);
  v1::Redirect redirect;
  if (!payload || !redirect.ParseFromString(std::string(*payload))) return std::nullopt;
  return redirect;
}

}  // namespace wsfleet::wire
