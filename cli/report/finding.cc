#include "cli/report/finding.h"

#include <algorithm>
#include <map>
#include <tuple>

#include "absl/strings/ascii.h"
#include "absl/strings/str_replace.h"
#include "cli/report/tries.h"
#include "core/base/text.h"
#include "fmt/format.h"

namespace wsfleet::cli {
namespace {

// Position of each case in the plan.
std::map<CaseId, std::size_t> Positions(const RunRecord& record) {
  std::map<CaseId, std::size_t> positions;
  for (const CaseId& id : record.job.spec.cases) positions.emplace(id, positions.size());
  return positions;
}

// How long the time is that a text begins with, as FormatElapsed and DurationText write them ("503ms", "1m05s"); or 0.
std::size_t TimeAtBegin(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789";
  std::size_t end = 0;
  while (true) {
    std::size_t number = std::min(text.find_first_not_of(kDigits, end), text.size());
    if (number == end) return end;
    if (text.substr(number).starts_with('.'))
      number = std::min(text.find_first_not_of(kDigits, number + 1), text.size());
    std::size_t unit = 0;
    for (const std::string_view candidate : {"µs", "ms", "s", "m", "h"}) {
      if (unit == 0 && text.substr(number).starts_with(candidate)) unit = candidate.size();
    }
    if (unit == 0) return 0;
    end = number + unit;
  }
}

// How long the time is that `rest` begins with, if it is one that we have measured, by the words that stand around such
// ones; or 0. What a target writes may look like a time too ("found "10m"").
std::size_t MeasuredTimeAtBegin(std::string_view before, std::string_view rest) {
  const std::size_t time = TimeAtBegin(rest);
  const auto is_word = [](char c) { return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '_'; };
  if (time == 0 || (time < rest.size() && is_word(rest[time]))) return 0;
  if (before.empty() || before.ends_with("(")) return rest.substr(time).starts_with(" before") ? time : 0;
  for (const std::string_view words :
       {" +", "(+", "took ", "came ", "came after ", "longer than ", "late by up to ", "deadline of "}) {
    if (before.ends_with(words)) return time;
  }
  return 0;
}

// All that follows is of the target, whatever it looks like.
bool BeginsForeignText(std::string_view text) {
  return text.ends_with("found ") || text.ends_with("was expected by no step: ");
}

}  // namespace

std::vector<Finding> Findings(const RunRecord& record) {
  using Place = std::tuple<std::size_t, CaseId, Outcome, FailureClass, std::string>;
  const std::map<CaseId, std::size_t> positions = Positions(record);
  std::map<Place, Finding> groups;
  for (const ShardRecordWithCases& entry : record.shards) {
    for (const CaseResult& result : entry.cases) {
      const auto position = positions.find(result.case_id);
      const Failure* failure = KeptFailure(result);
      Finding& finding = groups[{position == positions.end() ? positions.size() : position->second, result.case_id,
                                 result.outcome, failure != nullptr ? failure->failure_class : FailureClass::kNone,
                                 failure != nullptr ? WithoutTimes(failure->message)
                                 : result.flaky     ? TriesText(result)
                                                    : result.skip_detail}];
      if (finding.result == nullptr) finding.result = &result;
      const std::string region = Printable(entry.shard.region.value());
      if (std::ranges::find(finding.regions, region) == finding.regions.end()) finding.regions.push_back(region);
      finding.seen.push_back({&entry.shard, &result});
    }
  }
  std::vector<Finding> findings;
  for (auto& [key, finding] : groups) findings.push_back(std::move(finding));
  return findings;
}

std::string WithoutTimes(std::string_view message) {
  std::string out;
  char quote = '\0';  // that is open
  while (!message.empty()) {
    if (const std::size_t time = quote == '\0' ? MeasuredTimeAtBegin(out, message) : 0; time > 0) {
      out += "…";
      message.remove_prefix(time);
      continue;
    }
    const char next = message.front();
    const std::size_t taken = quote != '\0' && next == '\\' && message.size() > 1 ? 2 : 1;
    if (taken == 1 && (next == quote || (quote == '\0' && (next == '"' || next == '`')))) {
      quote = quote == '\0' ? next : '\0';
    }
    out += message.substr(0, taken);
    message.remove_prefix(taken);
    if (quote == '\0' && BeginsForeignText(out)) return out.append(message);
  }
  return out;
}

std::string RegionList(const Finding& finding) { return fmt::format("{}", fmt::join(finding.regions, ", ")); }

std::string SessionsText(const Finding& finding) {
  constexpr std::size_t kMaxRegionsNamed = 10;
  std::uint64_t failed = 0, sessions = 0;
  std::vector<std::string> regions;
  for (const Finding::Seen& seen : finding.seen) {
    failed += seen.result->failed_sessions;
    sessions += seen.result->sessions;
    if (regions.size() == kMaxRegionsNamed) continue;
    regions.push_back(fmt::format("{} {} of {}", Printable(seen.shard->region.value()), seen.result->failed_sessions,
                                  seen.result->sessions));
  }
  if (sessions <= finding.seen.size()) return {};
  if (finding.seen.size() > regions.size()) regions.emplace_back("…");
  std::string out = fmt::format("{} of {} failed", failed, sessions);
  return regions.size() == 1 ? out : fmt::format("{} ({})", out, fmt::join(regions, ", "));
}

std::string EvidenceText(const Failure& failure) {
  std::string out;
  const auto add = [&](std::string_view label, std::string_view text) {
    out += fmt::format("{}{}\n", label, Printable(text));
  };
  const auto add_field = [&](std::string_view name, std::string_view text) { add(Printable(name) + ": ", text); };
  const Evidence& evidence = failure.evidence;
  add("phase ", PhaseName(failure.phase));
  if (evidence.status) add(fmt::format("status {} ", *evidence.status), evidence.status_reason);
  for (const HeaderField& header : evidence.headers) add_field(header.name, header.value);
  if (!evidence.body_excerpt.empty()) {
    // Its lines are not taken for others of these.
    out += fmt::format("body: {}\n", absl::StrReplaceAll(PrintableLines(evidence.body_excerpt), {{"\n", "\n  "}}));
  }
  if (evidence.close_code) add(fmt::format("close {} ", *evidence.close_code), evidence.close_reason);
  for (const std::string& certificate : evidence.certificates) add("certificate ", certificate);
  for (const Note& note : failure.notes) add_field(note.label, note.text);
  if (!failure.hint.empty()) add_field("hint", failure.hint);
  if (!evidence.trace_id.empty()) add("trace ", evidence.trace_id);
  for (const LogExcerpt& log : evidence.logs) {
    add("", LogHeading(log));
    for (const std::string& line : log.lines) add("  ", line);
  }
  return out;
}

std::string LogHeading(const LogExcerpt& log) {
  const std::string_view what = !log.problem.empty() ? std::string_view(log.problem)
                                : log.same_request   ? "same request"
                                : log.undated        ? "time not known"
                                                     : "same time";
  return fmt::format("log {} ({})", log.source, what);
}

std::string SourceExcerpt(const RunRecord& record, const Failure& failure) {
  if (!failure.range.known() || !record.bundle.files.contains(failure.range.file)) return {};
  return RenderDiagnostic({Diagnostic::Severity::kError, failure.range, Printable(failure.message)},
                          record.bundle.files);
}

std::vector<HeaderField> TellingHeaders(const Evidence& evidence) {
  std::vector<HeaderField> telling;
  for (const HeaderField& header : evidence.headers) {
    const std::string name = absl::AsciiStrToLower(ToAbsl(header.name));
    if (name != "date" && name != "content-length" && !name.starts_with("sec-websocket-")) telling.push_back(header);
  }
  return telling;
}

std::string SourceLine(const RunRecord& record, const Failure& failure) {
  const auto file = record.bundle.files.find(failure.range.file);
  if (!failure.range.known() || file == record.bundle.files.end()) return {};
  std::string_view rest = file->second;
  for (std::uint32_t line = 1; line < failure.range.line; ++line) {
    const std::size_t end = rest.find('\n');
    if (end == std::string_view::npos) return {};  // the file is not the one that was run
    rest.remove_prefix(end + 1);
  }
  return std::string(ToStd(absl::StripAsciiWhitespace(ToAbsl(rest.substr(0, rest.find('\n'))))));
}

const AttributedFailure* AttributionOf(const RunRecord& record, const CaseResult& result) {
  if (!result.failure) return nullptr;
  const std::string scenario = WithoutRound(result.scenario, record.job.spec.selection.repeat);
  const auto found = std::ranges::find_if(record.summary.failures, [&](const AttributedFailure& attributed) {
    return attributed.suite == result.suite && attributed.scenario == scenario &&
           attributed.failure_class == result.failure->failure_class && attributed.phase == result.failure->phase;
  });
  return found == record.summary.failures.end() ? nullptr : &*found;
}

std::string AttributionText(const AttributedFailure& failure) {
  const std::string name(AttributionName(failure.attribution));
  return failure.undetermined_for.empty() ? name : fmt::format("{} ({})", name, failure.undetermined_for);
}

std::map<std::string, std::size_t> Warnings(const RunRecord& record) {
  std::map<std::string, std::size_t> warnings;
  for (const ShardRecordWithCases& entry : record.shards) {
    for (const CaseResult& result : entry.cases) {
      for (const std::string& warning : result.warnings) ++warnings[warning];
    }
  }
  return warnings;
}

std::set<std::string> Targets(const RunRecord& record) {
  std::set<std::string> targets;
  for (const ShardRecordWithCases& entry : record.shards) {
    for (const CaseResult& result : entry.cases) {
      if (!result.target.empty()) targets.insert(result.target);
    }
  }
  return targets;
}

std::set<std::string> Revisions(const RunRecord& record) {
  std::set<std::string> revisions;
  for (const ShardRecordWithCases& entry : record.shards) {
    for (const CaseResult& result : entry.cases) {
      if (!result.revision.empty()) revisions.insert(result.revision);
    }
  }
  return revisions;
}

std::set<std::string> Regions(const RunRecord& record) {
  std::set<std::string> regions;
  for (const ShardRecordWithCases& entry : record.shards) regions.insert(entry.shard.region.value());
  return regions;
}

}  // namespace wsfleet::cli
