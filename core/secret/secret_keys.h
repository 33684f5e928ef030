#pragma once

#include "core/scenario/key_table.h"

// The keys of a file of secrets.
namespace wsfleet::keys {

extern const Table kSecretsFile, kSecretEntry, kSecretDirectory;

}  // namespace wsfleet::keys
