#include "core/schedule/schedule_keys.h"

#include <array>
#include <string_view>

#include "core/scenario/keys.h"

namespace wsfleet::keys {
namespace {

using Kind = Value::Kind;
template <std::size_t N>
using List = std::array<std::string_view, N>;

constexpr Value kOneSchedule = Mapping(kSchedule);
constexpr Value kSource = Text("^(env|file):.");
constexpr List<4> kOverlapWords{"skip", "buffer_one", "allow", "cancel_other"};
constexpr List<2> kRequireWords{"all", "any"};
constexpr Value kRequire[] = {Word(kRequireWords), Integer(1, 1000)};

constexpr Key kSchedulesKeys[] = {
    Needed("version", Text("^wsfleet/v1$"), "The version of the language."),
    Needed("schedules", ListOf(kOneSchedule, 0, 1000), "What runs when; none at all for `--prune`.")};

constexpr Key kScheduleKeys[] = {
    Needed("name", Text("^[A-Za-z0-9][A-Za-z0-9._-]*$", 1, 64), "Its name in the fleet."),
    {"description", kPlainText, "For people."},
    {"cron", Text({}, 1, 256), "When: five fields, or a word such as @daily."},
    {"zone", kPlainText, "Of cron: a name of the IANA database, such as Europe/Berlin.", "UTC"},
    {"every", kDuration, "When: this often, from 1s on, counted from 1970-01-01T00:00:00Z."},
    {"jitter", kPause, "Each run starts later by a part of this, always the same one for a name.", "0s"},
    {"overlap", Word(kOverlapWords), "What becomes of a time that is due while a run has not ended.", "skip"},
    {"catch_up", kDuration, "How late a run may start, 10s to 168h; what is later is missed, and counted.", "5m"},
    Needed("run", Mapping(kScheduledRun), "What runs.")};
constexpr List<2> kTimes{"cron", "every"};
constexpr List<1> kOfCron{"zone"};
constexpr Rule kScheduleRules[] = {{.kind = Rule::Kind::kExactlyOne, .keys = kTimes},
                                   {.kind = Rule::Kind::kNeeds, .key = "cron", .keys = kOfCron}};

constexpr Key kScheduledRunKeys[] = {
    Needed("suites", ListOf(kPlainText, 1, 1000), "Suites or folders, from where this file is."),
    {"from", ListOf(kPlainText, 1, 1000), "Terms as of --from. Default: what the suites say."},
    {"require", Either(kRequire), "How many regions must pass. Default: what the suites say."},
    {"tags", kTags, "Only scenarios with one of these."},
    {"grep", kPlainText, "RE2: only cases whose name matches: scenario, scenario [k=v] or suite/scenario [k=v]."},
    {"priority", Integer(1, 9), "Only tiers up to this one."},
    {"repeat", Integer(1, 1000), "Each case so often.", "1"},
    {"vars", kVariables, "Over those of the suites."},
    {"env_file", kPlainText, "File of NAME=value lines, over the environment where this is applied."},
    {"secrets", Names(Kind::kIdentifier, kSource),
     "Name to env:VARIABLE or file:PATH, read where this is applied, and kept sealed."},
    {"agents_wait", kPause, "How long to wait for an agent in each region.", "30s"},
    {"timeout", kDuration, "Deadline of a run. Default: what the suites say."}};

}  // namespace

constinit const Table kSchedules{"schedules", "A file of schedules, for `wsfleet schedules apply`.", kSchedulesKeys};
constinit const Table kSchedule{"schedule", "Runs at given times.", kScheduleKeys, kScheduleRules};
constinit const Table kScheduledRun{"run", "What a schedule runs.", kScheduledRunKeys};

}  // namespace wsfleet::keys
