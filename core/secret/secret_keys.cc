#include "core/secret/secret_keys.h"

#include "core/scenario/keys.h"

namespace wsfleet::keys {
namespace {

using Kind = Value::Kind;

constexpr Value kOneName = Text({}, 1, 255);
constexpr Value kNamesOfHosts = ListOf(kOneName, 1, 64);
constexpr Value kNamesOfFleets = ListOf(kOneName, 1, 1000);
constexpr Value kOneSecret = Mapping(kSecretEntry);
constexpr Value kOneDirectory = Mapping(kSecretDirectory);

constexpr Key kSecretsFileKeys[] = {
    Needed("version", Text("^wsfleet/v1$"), "The version of the language."),
    {"secrets", Names(Kind::kIdentifier, kOneSecret), "By the names that suites refer to."},
    {"directories", ListOf(kOneDirectory, 1, 16), "Of files that are each the secret of their name."}};

constexpr Key kSecretEntryKeys[] = {{"file", Text({}, 1, 4096), "Its value, read anew for each lease."},
                                    {"env", Text({}, 1, 255), "The variable of this process with its value."},
                                    Needed("hosts", kNamesOfHosts, "Where it may be sent."),
                                    {"fleets", kNamesOfFleets, "Which fleets may use it."}};

constexpr Key kSecretDirectoryKeys[] = {Needed("path", Text({}, 1, 4096), "The directory."),
                                        Needed("hosts", kNamesOfHosts, "Where they may be sent."),
                                        {"fleets", kNamesOfFleets, "Which fleets may use them."}};

}  // namespace

constinit const Table kSecretsFile{"secrets_file", "Secrets that a coordinator or an agent has.", kSecretsFileKeys};
constinit const Table kSecretEntry{"secret_entry", "Where a secret is, and who may have it.", kSecretEntryKeys};
constinit const Table kSecretDirectory{"secret_directory", "Secrets of one scope.", kSecretDirectoryKeys};

}  // namespace wsfleet::keys
