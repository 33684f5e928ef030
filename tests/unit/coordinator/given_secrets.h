#pragma once

#include <initializer_list>
#include <string_view>
#include <utility>

#include "core/secret/given_secret.h"

namespace wsfleet::coordinator {

// As a submitter gives them.
inline GivenSecrets Given(std::initializer_list<std::pair<std::string_view, std::string_view>> values) {
  GivenSecrets secrets;
  for (const auto& [name, value] : values) secrets[std::string(name)].value = Secret(value);
  return secrets;
}

}  // namespace wsfleet::coordinator
