#pragma once

#include "core/scenario/key_table.h"

// The mappings of the file of issuers; as core/scenario/keys.h.
namespace wsfleet::keys {

extern const Table kIssuers;
extern const Table kIssuer;
extern const Table kGroupRole;

}  // namespace wsfleet::keys
