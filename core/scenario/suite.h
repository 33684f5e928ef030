#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/time/time.h"
#include "core/data/data_rows.h"
#include "core/scenario/connection.h"
#include "core/scenario/not_in_this_version.h"
#include "core/scenario/step.h"

namespace wsfleet {

struct PhaseCaps {
  absl::Duration resolve = absl::Seconds(2);
  absl::Duration connect = absl::Seconds(3);
  absl::Duration tls = absl::Seconds(3);
  absl::Duration upgrade = absl::Seconds(5);
  absl::Duration close = absl::Seconds(3);
};

enum class Unexpected { kIgnore, kWarn, kFail };

inline constexpr std::uint64_t kMaxInboxBytes = 64 << 20;
struct InboxLimits {
  std::uint32_t max_frames = 1000;
  std::uint64_t max_bytes = 1 << 20;
};

struct Defaults {
  absl::Duration within = absl::Seconds(5);
  absl::Duration deadline = absl::Seconds(60);
  PhaseCaps phases;
  std::uint32_t retries = 0;
  std::uint32_t priority = 5;
  Unexpected unexpected = Unexpected::kIgnore;
  InboxLimits inbox;
};

struct EnvRequirement {
  std::string name;
};
struct SecretRequirement {
  std::string name;
};
struct HttpRequirement {
  HttpRequest request;
};
struct AgentRequirement {
  std::vector<std::pair<std::string, Predicate>> labels;
};
struct Requirement {
  std::variant<EnvRequirement, SecretRequirement, HttpRequirement, AgentRequirement> what;
  SourceRange range;
};

struct Target {
  std::string name;  // empty for one that was written as a URL
  Template url;
  bool is_reference = false;  // `target: "${stage}"`: `url` gives a URL or a name in targets, once variables are known
  std::vector<Requirement> requirements;
  std::vector<std::pair<std::string, TemplateValue>> vars;
  std::vector<std::pair<std::string, Template>> headers;
  TlsSpec tls;
  std::optional<Template> proxy;
  SourceRange range;
};

struct Revision {
  HttpRequest http;
  CaptureSource from;
};

struct Regions {
  std::vector<std::string> include;  // terms; empty: every region of the fleet
  // `all`, or how many regions must pass (`any` is 1).
  std::optional<std::uint32_t> require;
};

// Where the target's own log is asked after a failure: exactly one of the three. Beside the suite's variables these
// know
// ${trace.id}, ${window.start} and ${window.end} (RFC 3339, UTC).
inline constexpr std::size_t kMaxLogSources = 8;
struct LogSource {
  std::optional<HttpRequest> http;  // asked by the agent
  Template file;                    // on the coordinator's host
  Template loki, query;             // base URL and LogQL; asked by the coordinator
  SourceRange range;
};

struct EvidenceSpec {
  bool trace = true;  // w3c
  std::vector<std::string> headers;
  std::vector<std::string> redact;  // RE2
  std::vector<LogSource> logs;      // at most kMaxLogSources
};

struct Scenario {
  std::string name;
  std::vector<std::string> tags;  // the suite's and its own
  std::uint32_t priority = 5;
  std::vector<Requirement> requirements;
  std::optional<std::string> skip;  // the reason
  std::vector<std::pair<std::string, std::vector<TemplateValue>>> matrix;
  std::uint32_t concurrent = 1;
  std::uint32_t retries = 0;
  absl::Duration deadline;
  std::uint32_t weight = 1;
  std::vector<Step> steps;
  SourceRange range;
};

struct Suite {
  std::string file;    // path in the bundle
  std::string folder;  // path of the folder suite that lists it; empty: none. Those of one run tier by tier together
  std::string name;
  std::vector<Target> target_candidates;  // in the order written; the first whose `requires` hold is taken
  std::vector<Target> targets;            // all of `targets`, for references
  std::vector<std::pair<std::string, TemplateValue>> vars;
  std::vector<Credential> credentials;  // `from` followed
  std::vector<Requirement> requirements;
  std::vector<std::string> tags;
  std::shared_ptr<const DataTable> data;  // null: it has none
  Defaults defaults;
  Regions regions;
  std::optional<std::uint32_t> stop_on_failure;
  std::optional<absl::Duration> deadline;
  std::optional<Revision> revision;
  EvidenceSpec evidence;
  std::vector<Scenario> scenarios;
  std::vector<NotInThisVersion> not_in_this_version;
  SourceRange range;
};

}  // namespace wsfleet
