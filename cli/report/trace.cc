#include "cli/report/trace.h"

#include <algorithm>
#include <set>
#include <utility>

#include "boost/json/object.hpp"
#include "cli/output.h"
#include "cli/report/tries.h"
#include "core/base/text.h"
#include "fmt/format.h"

namespace wsfleet::cli {
namespace {

namespace json = boost::json;

constexpr std::size_t kMaxShownBytes = 160;

bool IsNamed(const CaseResult& result, const std::string& name) {
  // The last is how summaries and reports write it.
  return result.case_id.value() == name || result.scenario == name ||
         fmt::format("{} › {}", result.suite, result.scenario) == name;
}

absl::Status NoSuch(std::string_view what, const std::string& name, const std::set<std::string>& known) {
  const std::vector<std::string_view> names(known.begin(), known.end());
  const std::string_view closest = ClosestMatch(name, names);
  return absl::InvalidArgumentError(
      fmt::format("this run has no {} \"{}\"{}", what, Printable(name),
                  closest.empty() ? "" : fmt::format("; did you mean \"{}\"?", Printable(closest))));
}

// `of`: how wide the names of connections are; 0 if they need not be told apart.
std::string RenderEntry(const TranscriptEntry& entry, std::size_t of) {
  const std::string name = of == 0 ? "" : fmt::format("{:<{}}  ", Printable(Excerpt(entry.connection, of)), of);
  return fmt::format("  {:>9}  {}  {}{:<6}  {:>8}  {}\n", "+" + FormatElapsed(entry.at), entry.inbound ? "←" : "→",
                     name, Printable(entry.kind), FormatBytes(entry.bytes),
                     Printable(Excerpt(entry.excerpt, kMaxShownBytes)));
}

std::string RenderTrace(const Trace& trace) {
  const CaseResult& result = *trace.result;
  std::string out = fmt::format("{} {}  {}", OutcomeMark(result.outcome), Printable(result.case_id.value()),
                                Printable(trace.shard->region.value()));
  if (!trace.shard->agent.empty()) out += fmt::format(" ({})", Printable(trace.shard->agent.value()));
  out += fmt::format("  {}  {}", OutcomeName(result.outcome), FormatElapsed(result.duration));
  if (result.failure) {
    out += fmt::format("\n  [{}] in phase {}: {}", FailureClassName(result.failure->failure_class),
                       PhaseName(result.failure->phase), Printable(result.failure->message));
  }
  out += "\n";
  if (const std::string phases = PhaseText(result.proof.timings); !phases.empty()) {
    // Times are of the try that passed, frames of one that did not.
    out += result.flaky ? fmt::format("  try {}: {}\n", result.tries, phases) : fmt::format("  {}\n", phases);
  }
  if (const std::string tries = TriesText(result); !tries.empty()) {
    out += fmt::format("  {} {}\n", result.flaky ? "flaky:" : "tried", Printable(tries));
  }
  const Failure* failure = KeptFailure(result);
  if (failure == nullptr) return out + "  no frames are kept of a case that passed\n";
  if (!result.failure) out += "  the frames of try 1\n";
  const auto& transcript = failure->evidence.transcript;
  if (transcript.empty()) return out + "  nothing was sent or received\n";
  constexpr std::size_t kMaxNameWidth = 20;
  std::size_t width = 0;
  if (HasSeveralConnections(transcript)) {
    for (const TranscriptEntry& entry : transcript) width = std::max(width, entry.connection.size());
  }
  for (const TranscriptEntry& entry : transcript) out += RenderEntry(entry, std::min(width, kMaxNameWidth));
  if (const std::string kept = KeptText(result); !kept.empty()) out += fmt::format("  {}\n", kept);
  return out;
}

json::object ToJson(const Trace& trace) {
  const json::value whole = wsfleet::ToJson(*trace.result);
  json::object out{{"case", trace.result->case_id.value()},
                   {"region", trace.shard->region.value()},
                   {"agent", trace.shard->agent.value()},
                   {"outcome", OutcomeName(trace.result->outcome)},
                   {"started", whole.at("started")},
                   {"duration_ns", whole.at("duration_ns")},
                   {"timings", whole.at("proof").at("timings")},
                   {"transcript", json::array()}};
  if (trace.result->flaky) {
    out["flaky"] = true;
    out["timings_of_try"] = trace.result->tries;
    if (KeptFailure(*trace.result) != nullptr) out["transcript_of_try"] = 1;
  }
  if (KeptFailure(*trace.result) != nullptr) {
    const json::value& failure =
        trace.result->failure ? whole.at("failure") : whole.at("earlier_failures").as_array().front();
    out["phase"] = failure.at("phase");
    out["class"] = failure.at("class");
    out["message"] = failure.at("message");
    out["transcript"] = failure.at("evidence").at("transcript");
  }
  return out;
}

}  // namespace

std::vector<PhaseTime> PhaseTimes(const PhaseTimings& timings) {
  std::vector<PhaseTime> phases;
  for (const auto& [name, time] :
       {std::pair<std::string_view, const std::optional<absl::Duration>&>{"resolve", timings.resolve},
        {"connect", timings.connect},
        {"tls", timings.tls},
        {"upgrade", timings.upgrade}}) {
    if (time) phases.push_back({name, *time});
  }
  return phases;
}

std::string WholeText(const PhaseTimings& timings) {
  if (!timings.total) return {};
  const bool request = timings.first_byte && !timings.upgrade;
  return fmt::format("{} {}", request ? "request" : "handshake", FormatElapsed(*timings.total));
}

std::string PhaseText(const PhaseTimings& timings) {
  std::string out;
  for (const PhaseTime& phase : PhaseTimes(timings)) {
    out += fmt::format("{}{} {}", out.empty() ? "" : " · ", phase.name, FormatElapsed(phase.time));
  }
  const std::string whole = WholeText(timings);
  return whole.empty() || out.empty() ? out + whole : fmt::format("{} · {}", out, whole);
}

bool HasSeveralConnections(const std::vector<TranscriptEntry>& transcript) {
  std::set<std::string_view> names;
  for (const TranscriptEntry& entry : transcript) {
    if (!entry.connection.empty()) names.insert(entry.connection);
  }
  return names.size() > 1;
}

std::string KeptText(const CaseResult& result) {
  const std::uint64_t frames = result.proof.frames_in + result.proof.frames_out;
  if (!result.failure) return {};
  const auto& transcript = result.failure->evidence.transcript;
  const auto kept = static_cast<std::uint64_t>(
      std::ranges::count_if(transcript, [](const TranscriptEntry& entry) { return entry.kind != "http"; }));
  if (kept >= frames) return {};
  if (result.sessions > 1) {
    return fmt::format("{}, of the session whose failure is told; all {} sessions had {}", CountText(kept, "frame"),
                       result.sessions, frames);
  }
  return fmt::format("{} of {}; the others were not kept", kept, CountText(frames, "frame"));
}

absl::StatusOr<std::vector<Trace>> SelectTraces(const RunRecord& record, const std::string& case_name,
                                                const std::string& region) {
  std::vector<Trace> traces;
  std::set<std::string> cases, regions;
  bool known_case = case_name.empty(), known_region = region.empty();
  for (const ShardRecordWithCases& entry : record.shards) {
    regions.insert(entry.shard.region.value());
    const bool in_region = region.empty() || GlobMatches(region, entry.shard.region.value());
    known_region = known_region || in_region;
    for (const CaseResult& result : entry.cases) {
      cases.insert(result.case_id.value());
      const bool named = !case_name.empty() && IsNamed(result, case_name);
      known_case = known_case || named;
      const bool ran = result.tries > 0 && result.outcome != Outcome::kSkipped;
      const bool wanted = case_name.empty() ? result.outcome != Outcome::kPassed || result.flaky : named;
      if (in_region && wanted && ran) traces.push_back({&entry.shard, &result});
    }
  }
  if (!known_case) return NoSuch("case", case_name, cases);
  if (!known_region) return NoSuch("region", region, regions);
  return traces;
}

std::string RenderTraces(const std::vector<Trace>& traces) {
  std::string out;
  for (const Trace& trace : traces) out += fmt::format("{}{}", out.empty() ? "" : "\n", RenderTrace(trace));
  return out;
}

json::array ToJson(const std::vector<Trace>& traces) {
  json::array out;
  for (const Trace& trace : traces) out.push_back(ToJson(trace));
  return out;
}

}  // namespace wsfleet::cli
