#include "core/scenario/keys.h"

// The mappings of a suite and a scenario, except for what speaks with the target.
namespace wsfleet::keys {
namespace {

using Kind = Value::Kind;
template <std::size_t N>
using List = std::array<std::string_view, N>;

constexpr Value kPriority = Integer(1, 9);
constexpr Value kRetries = Integer(0, 5);
constexpr Value kPath = Text("^[^/].*\\.yaml$");
constexpr Value kTargets[] = {kTemplate, ListOf(kTemplate, 1, 100)};
constexpr Value kOneTarget = Mapping(kTarget);
constexpr Value kOneCredential = Mapping(kCredential);
constexpr Value kOneThreshold = Mapping(kThreshold);
constexpr Value kOneLog = Mapping(kLogs);
constexpr Value kOneStage = Mapping(kStage);
constexpr Value kTextList = ListOf(kPlainText);
constexpr Value kCells = ListOf(kAnything, 1);
constexpr Value kWeight = Of(Kind::kNumberAboveZero);

constexpr List<3> kUnexpectedWords{"ignore", "warn", "fail"};
constexpr List<1> kBuiltIn{"none"};
constexpr List<2> kRequireWords{"all", "any"};
constexpr List<2> kTraceWords{"w3c", "none"};
constexpr List<3> kUseWords{"once", "cycle", "random"};
constexpr List<3> kModelWords{"arrival_rate", "sessions", "search"};
constexpr List<3> kScopeWords{"fleet", "region", "agent"};
constexpr List<3> kVerdictWords{"failed", "inconclusive", "warn"};
constexpr Value kRequire[] = {Word(kRequireWords), Integer(1, 1000)};

constexpr Key kSuiteKeys[] = {
    Needed("version", Text("^wsfleet/v1$"), "The version of the language."),
    Needed("name", kTitle, "How reports call the suite."),
    {"files", ListOf(kPath, 1), "A folder suite: paths or globs of suites below this file."},
    {"target", Either(kTargets), "URL or name of an entry of targets; of a list, the first whose `requires` hold."},
    {"targets", Names(Kind::kIdentifier, kOneTarget), "Environments by name."},
    {"tags", kTags, "Free labels for --tag. Those of the suite are added to those of each scenario."},
    {"vars", kVariables, "Constants; a target's own and --var win over them."},
    {"auth", Names(Kind::kIdentifier, kOneCredential, 0, kBuiltIn), "Credentials by name. `none` is built in."},
    {"data", Mapping(kData), "Rows for ${data.column}."},
    {"requires", kRequires, "All must hold, or it is skipped with the reason."},
    {"defaults", Mapping(kDefaults), "What steps, sessions and scenarios have if they say nothing."},
    {"regions", Mapping(kRegions), "Where the suite runs. --from and --require win."},
    {"stop_on_failure", kPriority, "A failure in a tier up to this one skips the tiers after it."},
    {"deadline", kDuration, "Of the run. Default: 10m, or the load's length and one session's deadline."},
    {"revision", Mapping(kRevision), "What is deployed; read before and after."},
    {"evidence", Mapping(kEvidence), "What is kept of a failure."},
    {"load", Mapping(kLoad), "How many sessions. Without it each scenario runs once on an agent of each region."},
    {"scenarios", kScenarios, "What is tested."},
    {"thresholds", ListOf(kOneThreshold), "What must hold over all samples of the run."}};
constexpr List<2> kScenariosOrFiles{"scenarios", "files"};
constexpr List<2> kNotWithFiles{"load", "data"};
constexpr Rule kSuiteRules[] = {{.kind = Rule::Kind::kExactlyOne, .keys = kScenariosOrFiles},
                                {.kind = Rule::Kind::kNotTogether, .key = "files", .keys = kNotWithFiles}};

constexpr Key kTargetKeys[] = {Needed("url", kTemplate, "ws:// or wss://."),
                               {"requires", kRequires, "The target is taken if all hold."},
                               {"vars", kVariables, "Over the suite's, while this target is used."},
                               {"headers", kTexts, "On each request to this origin."},
                               {"tls", Mapping(kTls), "On each connection to this origin."},
                               {"proxy", kProxyUrl, "http://host:port (CONNECT), socks5://host:port or none.", "none"}};

constexpr Key kRequirementKeys[] = {
    {"env", kIdentifier, "Variable that is set and not empty where the run is submitted."},
    {"secret", kIdentifier, "Secret that the fleet has."},
    {"http", Mapping(kHttp), "Answers as expected, seen from the agent."},
    {"agent", Names(Kind::kAny, kTests, 1), "Label of the agent to predicate."}};
constexpr List<4> kRequirements{"env", "secret", "http", "agent"};
constexpr Rule kRequirementRules[] = {{.kind = Rule::Kind::kExactlyOne, .keys = kRequirements}};

constexpr Key kDefaultsKeys[] = {
    {"within", kDuration, "Of each step that has none.", "5s"},
    {"deadline", kDuration, "Of one session.", "60s"},
    {"phases", Mapping(kPhases), "Caps inside `within`."},
    {"retries", kRetries, "A case that failed runs again up to so often, but for not-refused; a later pass is flaky.",
     "0"},
    {"priority", kPriority, "Tier. All scenarios of one number run before those of the next.", "5"},
    {"unexpected", Word(kUnexpectedWords), "Frames that no step has consumed when the session ends.", "ignore"},
    {"inbox", Mapping(kInbox), "What a connection may hold back for later steps."}};

constexpr Key kPhasesKeys[] = {{"resolve", kDuration, "DNS.", "2s"},
                               {"connect", kDuration, "TCP.", "3s"},
                               {"tls", kDuration, "TLS handshake.", "3s"},
                               {"upgrade", kDuration, "From the request to the answer.", "5s"},
                               {"close", kDuration, "From the close frame to its answer.", "3s"}};

constexpr Key kInboxKeys[] = {{"max_frames", Integer(1, 1'000'000), "Frames that wait.", "1000"},
                              {"max_bytes", Of(Kind::kSize), "Bytes that wait.", "1MiB"}};

constexpr Key kRegionsKeys[] = {
    {"include", kTextList, "Terms such as eu-*, us-east+arm64. Default: every region of the fleet."},
    {"require", Either(kRequire), "How many regions must pass.", "all"}};

constexpr Key kRevisionKeys[] = {Needed("http", Mapping(kHttp), "Where it is read."),
                                 Needed("from", kSourceOfAnswer, "What of the answer it is.")};

constexpr Key kEvidenceKeys[] = {
    {"trace", Word(kTraceWords), "w3c: a traceparent header on each upgrade and http step.", "w3c"},
    {"headers", kTextList, "Response headers shown beside the usual ones."},
    {"redact", kTextList, "RE2: matches are replaced before anything is stored."},
    {"logs", ListOf(kOneLog), "Asked after a failure, all of them."}};

constexpr Key kLogsKeys[] = {{"http", Mapping(kHttp), "Lines of the answer's text."},
                             {"file", kTemplate, "File at the coordinator."},
                             {"loki", kTemplate, "Base URL."},
                             {"query", kTemplate, "LogQL."}};
constexpr List<3> kPlacesOfLogs{"http", "file", "loki"};
constexpr List<2> kLoki{"loki", "query"};
constexpr Rule kLogsRules[] = {{.kind = Rule::Kind::kExactlyOne, .keys = kPlacesOfLogs},
                               {.kind = Rule::Kind::kTogether, .keys = kLoki}};

constexpr Key kDataKeys[] = {
    Needed("file", Text("\\.(csv|jsonl)$"), "CSV with a head line, or JSON Lines."),
    {"use", Word(kUseWords), "once: each row for one session of the fleet. cycle: again from the start. random: any.",
     "once"}};

constexpr Key kScenarioKeys[] = {
    Needed("name", kTitle, "How reports call the scenario."),
    {"tags", kTags, "Free labels for --tag."},
    {"priority", kPriority, "Tier. All scenarios of one number run before those of the next.", "5"},
    {"requires", kRequires, "All must hold, or it is skipped with the reason."},
    {"skip", kPlainText, "Switched off, for this reason."},
    {"matrix", Names(Kind::kVariable, kCells, 1), "One case for each combination, 100 at most."},
    {"concurrent", Integer(1, 10'000), "So many sessions at once on each agent. All must pass.", "1"},
    {"retries", kRetries, "A case that failed runs again up to so often, but for not-refused; a later pass is flaky.",
     "0"},
    {"deadline", kDuration, "Of one session.", "60s"},
    {"weight", Integer(1, 1'000'000), "Share of the load's sessions.", "1"},
    Needed("steps", kSteps, "What a session does.")};

constexpr Key kLoadKeys[] = {
    Needed("model", Word(kModelWords),
           "arrival_rate: open. sessions: closed. search: the highest rate that meets the thresholds."),
    {"per", Word(kScopeWords), "To what the numbers apply.", "fleet"},
    {"region_weights", Names(Kind::kAny, kWeight), "Region term to share; per: fleet only. Default: equal shares."},
    {"max_sessions", Integer(1), "Arrivals beyond it are dropped and counted.", "1000"},
    {"stages", ListOf(kOneStage, 1), "One after the other."},
    {"from", kRate, "search: the lowest rate."},
    {"to", kRate, "search: the highest rate."},
    {"hold", kDuration, "search: how long each rate is tried.", "30s"},
    {"precision", Of(Kind::kShare), "search: stop when the bracket is this narrow.", "5%"}};
constexpr List<1> kStages{"stages"};
constexpr List<2> kBounds{"from", "to"};
constexpr List<4> kOfSearch{"from", "to", "hold", "precision"};
constexpr List<5> kOfSearchAndMax{"from", "to", "hold", "precision", "max_sessions"};
constexpr Rule kLoadRules[] = {
    {.kind = Rule::Kind::kWhen,
     .key = "model",
     .keys = kStages,
     .word = "arrival_rate",
     .without = kOfSearch,
     .list = "stages",
     .element_key = "rate",
     .element_without = "sessions"},
    {.kind = Rule::Kind::kWhen,
     .key = "model",
     .keys = kStages,
     .word = "sessions",
     .without = kOfSearchAndMax,
     .list = "stages",
     .element_key = "sessions",
     .element_without = "rate"},
    {.kind = Rule::Kind::kWhen, .key = "model", .keys = kBounds, .word = "search", .without = kStages}};

constexpr Key kStageKeys[] = {Needed("for", kDuration, "How long."),
                              {"rate", kRate, "Arrivals, such as 50/s."},
                              {"sessions", Integer(0), "Sessions at once."},
                              {"ramp", kFlag, "Linear from the stage before (the first: from 0).", "false"}};

constexpr Key kThresholdKeys[] = {Needed("expr", Text({}, 1), "Such as: connect p95 < 800ms by region."),
                                  {"abort_after", kDuration, "Crossed for so long: stop the run."},
                                  {"verdict", Word(kVerdictWords), "What crossing it means.", "failed"}};

}  // namespace

constinit const Table kSuite{"suite", "A suite of tests of a WebSocket service.", kSuiteKeys, kSuiteRules};
constinit const Table kTarget{"target", "An environment.", kTargetKeys};
constinit const Table kRequirement{"requirement", "What must be there.", kRequirementKeys, kRequirementRules};
constinit const Table kDefaults{"defaults", "Defaults of a suite.", kDefaultsKeys};
constinit const Table kPhases{"phases", "Caps of the phases of a connection.", kPhasesKeys};
constinit const Table kInbox{"inbox", "Limits of the inbox of a connection.", kInboxKeys};
constinit const Table kRegions{"regions", "Regions in which a suite runs.", kRegionsKeys};
constinit const Table kRevision{"revision", "What is deployed.", kRevisionKeys};
constinit const Table kEvidence{"evidence", "What is kept of a failure.", kEvidenceKeys};
constinit const Table kLogs{"logs", "Logs of the target.", kLogsKeys, kLogsRules};
constinit const Table kData{"data", "Rows for sessions.", kDataKeys};
constinit const Table kScenario{"scenario", "What one session does.", kScenarioKeys};
constinit const Table kLoad{"load", "How many sessions there are, and when.", kLoadKeys, kLoadRules};
constinit const Table kStage{"stage", "A stage of the load.", kStageKeys};
constinit const Table kThreshold{"threshold", "What must hold over all samples.", kThresholdKeys};

}  // namespace wsfleet::keys
