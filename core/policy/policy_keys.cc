#include "core/policy/policy_keys.h"

#include <array>

#include "core/policy/target_policy.h"
#include "core/scenario/keys.h"

namespace wsfleet::keys {
namespace {

constexpr Value kOneAllowed = Mapping(kAllowedTarget);
constexpr Value kOnePort = Integer(1, 65535);
constexpr std::array<std::string_view, 1> kEveryTarget{"any"};
constexpr Value kTargets[] = {Word(kEveryTarget), ListOf(kOneAllowed, 0, std::int64_t{TargetPolicy::kMaxAllowed})};

constexpr Key kFleetPolicyKeys[] = {
    Needed("version", Text("^wsfleet/v1$"), "The version of the language."),
    Needed("targets", Either(kTargets),
           "Which servers may be connected to; any: all but those where a cloud keeps credentials; []: none."),
    {"limits", Mapping(kFleetLimits), "What runs may take at most."}};

constexpr Key kAllowedTargetKeys[] = {
    Needed("host", Text({}, 1, 253),
           "A name, *.example.com for every name below example.com, or an address, special-use ones included."),
    {"ports", ListOf(kOnePort, 1, 64), "Which ports.", "[80, 443]"},
    {"special_addresses", ListOf(kPlainText, 1, 64),
     "Ranges such as 10.0.0.0/8: special-use addresses that its names may resolve to. Default: none."},
    {"budget", Mapping(kBudget), "What runs may take of it, those of every fleet that names this budget together."}};

constexpr Key kBudgetKeys[] = {
    Needed("name", Text("^[a-z0-9._-]{1,63}$"), "The same in every fleet that shares it."),
    Needed("connections", Integer(1, 1'000'000'000), "Connections at once. Where fleets differ, the smallest holds."),
    Needed("sessions_per_second", Integer(1, 1'000'000'000),
           "Sessions that begin. Where fleets differ, the smallest holds.")};

constexpr Key kFleetLimitsKeys[] = {
    {"open_runs", Integer(1, 1'000'000), "Runs that have not ended."},
    {"agents_per_run", Integer(1, 1'000'000), "Agents that work on a run."},
    {"connections_per_run", Integer(1, 1'000'000'000), "Connections of a run at once, over all of its agents."},
    {"sessions_per_second", Integer(1, 1'000'000'000), "Sessions that a run begins, over all of its agents."},
    {"run_duration", kDuration, "Deadline of a run."},
    {"bundle_size", Of(Value::Kind::kSize), "Files of a run, such as 1MiB."}};

}  // namespace

constinit const Table kFleetPolicy{"policy", "A fleet's policy, for `wsfleet fleet policy set`.", kFleetPolicyKeys};
constinit const Table kAllowedTarget{"allowed_target", "Servers that may be connected to.", kAllowedTargetKeys};
constinit const Table kBudget{"budget", "What several runs may take together, of several fleets too.", kBudgetKeys};
constinit const Table kFleetLimits{"limits", "What runs may take at most.", kFleetLimitsKeys};

}  // namespace wsfleet::keys
