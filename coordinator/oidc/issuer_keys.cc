#include "coordinator/oidc/issuer_keys.h"

#include <array>
#include <string_view>

namespace wsfleet::keys {
namespace {

constexpr Value kOneIssuer = Mapping(kIssuer);
constexpr Value kOneGroupRole = Mapping(kGroupRole);
constexpr Value kName = Text({}, 1, 256);
constexpr std::array<std::string_view, 2> kAlgorithmWords{"RS256", "ES256"};
constexpr Value kAlgorithm = Word(kAlgorithmWords);
constexpr std::array<std::string_view, 4> kRoleWords{"viewer", "runner", "operator", "admin"};
constexpr Value kClaim[] = {kName, ListOf(kName, 1, 8)};

constexpr Key kIssuersKeys[] = {Needed("version", Text("^wsfleet/v1$"), "The version of the file."),
                                Needed("issuers", ListOf(kOneIssuer, 1, 16), "Whose tokens are taken.")};

constexpr Key kIssuerKeys[] = {
    Needed("name", Text("^[A-Za-z0-9._-]+$", 1, 64), "What people see of it, in the audit log too."),
    Needed("issuer", Text("^[!-~]+$", 1, 512), "The claim iss, exactly."),
    Needed("audience", ListOf(kName, 1, 16), "What the claim aud must have one of, exactly."),
    {"jwks_url", Text("^https?://", 1, 2048), "Where its keys are: https://…; http://… on loopback only."},
    {"jwks_file", Text({}, 1, 1024), "The same, a file; relative to the folder of this one."},
    {"ca_file", Text({}, 1, 1024), "PEM: authority of the certificate of jwks_url. Default: the system's."},
    {"refresh", {.kind = Value::Kind::kDuration}, "How often jwks_url is asked, 10s to 24h.", "1h"},
    {"keep", {.kind = Value::Kind::kDuration}, "How long keys are good that cannot be read again, 1m to 168h.", "24h"},
    {"algorithms", ListOf(kAlgorithm, 1, 2), "How its tokens are signed.", "[RS256, ES256]"},
    {"groups_claim", Either(kClaim), "The claim with a person's groups: a list or a text; of nested ones, their path.",
     "groups"},
    {"name_claim", Either(kClaim), "The claim with the name that people see.", "sub"},
    {"leeway", {.kind = Value::Kind::kPause}, "How far clocks may differ for exp, nbf and iat, up to 5m.", "30s"},
    {"max_life",
     {.kind = Value::Kind::kDuration},
     "A token that is good for longer from now on is refused, 1m to 720h.",
     "24h"},
    Needed("roles", ListOf(kOneGroupRole, 1, 1000), "What groups may do where; of several, the highest role counts.")};

constexpr Key kGroupRoleKeys[] = {Needed("group", Text({}, 1, 512), "The group, exactly."),
                                  Needed("fleet", Text({}, 1, 128), "The fleet; \"*\": every one."),
                                  Needed("role", Word(kRoleWords), "What its members may do there.")};

}  // namespace

constinit const Table kIssuers{"issuers", "The file of issuers, for --oidc.", kIssuersKeys};
constinit const Table kIssuer{"issuer", "Somebody whose word is taken for who a caller is.", kIssuerKeys};
constinit const Table kGroupRole{"group_role", "What a group may do.", kGroupRoleKeys};

}  // namespace wsfleet::keys
