#pragma once

#include <string>

#include "absl/status/status.h"

namespace wsfleet::store {

// INVALID_ARGUMENT: what is wrong with a postgres:// URL and how it is written. No part of the URL is in the message,
// since any may be one of its password.
absl::Status CheckPostgresUrl(const std::string& url);

// A URL as it may be shown: without its passwords.
std::string WithoutPassword(const std::string& url);

}  // namespace wsfleet::store
