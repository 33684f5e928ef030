#pragma once

#include <functional>
#include <map>
#include <string>

#include "core/base/secret.h"
#include "core/secret/host_list.h"

namespace wsfleet {

// A secret as a run has it: what it is, and where it may be sent.
struct GivenSecret {
  Secret value;
  HostList hosts;

  friend bool operator==(const GivenSecret&, const GivenSecret&) = default;
};

// By name, as suites refer to them.
using GivenSecrets = std::map<std::string, GivenSecret, std::less<>>;

}  // namespace wsfleet
