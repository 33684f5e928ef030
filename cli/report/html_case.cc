#include "cli/report/html_case.h"

#include <algorithm>
#include <cstdint>

#include "cli/output.h"
#include "cli/report/html_text.h"
#include "cli/report/tries.h"
#include "core/base/text.h"
#include "fmt/format.h"

namespace wsfleet::cli {
namespace {

constexpr std::size_t kMaxFactBytes = 2048;
constexpr std::size_t kMaxHeaderBytes = 512;
constexpr double kLaneWidth = 1000;

std::string Fact(std::string_view name, std::string_view text, std::size_t max_bytes = kMaxFactBytes) {
  if (text.empty()) return {};
  return fmt::format("<dt>{}</dt><dd>{}</dd>\n", name, HtmlText(text, max_bytes));
}

std::string EvidenceFacts(const Failure& failure) {
  const Evidence& evidence = failure.evidence;
  std::string out = Fact("step", failure.step);
  if (evidence.status) out += Fact("status", fmt::format("{} {}", *evidence.status, evidence.status_reason));
  for (const HeaderField& header : evidence.headers) {
    out += Fact("header", fmt::format("{}: {}", header.name, header.value), kMaxHeaderBytes);
  }
  if (!evidence.body_excerpt.empty()) {
    out += fmt::format("<dt>body</dt><dd><pre>{}</pre></dd>\n", HtmlText(evidence.body_excerpt));
  }
  if (evidence.close_code) out += Fact("close", fmt::format("{} {}", *evidence.close_code, evidence.close_reason));
  for (const std::string& certificate : evidence.certificates) out += Fact("certificate", certificate);
  for (const Note& note : failure.notes) {
    out += fmt::format("<dt>{}</dt><dd>{}</dd>\n", HtmlText(note.label, 80), HtmlText(note.text, kMaxFactBytes));
  }
  out += Fact("trace id", evidence.trace_id);
  for (const LogExcerpt& log : evidence.logs) {
    out += Fact("log", LogHeading(log).substr(4));
    std::string lines;
    for (const std::string& line : log.lines) lines += line + "\n";
    constexpr std::size_t kMaxLogBytes = 12 * 1024;
    if (!lines.empty()) out += fmt::format("<dt>lines</dt><dd><pre>{}</pre></dd>\n", HtmlText(lines, kMaxLogBytes));
  }
  return out;
}

std::string ProofFacts(const Trace& trace) {
  const CaseResult& result = *trace.result;
  const ProofOfExecution& proof = result.proof;
  std::string out = Fact("agent", trace.shard->agent.value()) + Fact("target", result.target) +
                    Fact("peer", proof.peer_address) +
                    Fact("TLS", proof.tls_version.empty() ? "" : proof.tls_version + " " + proof.tls_cipher);
  out += Fact("traffic",
              fmt::format("{}, {} in · {}, {} out", CountText(proof.frames_in, "frame"), FormatBytes(proof.bytes_in),
                          CountText(proof.frames_out, "frame"), FormatBytes(proof.bytes_out)));
  out += Fact("sessions", fmt::format("{}, {} failed · tries {} · assertions {}", result.sessions,
                                      result.failed_sessions, result.tries, result.assertions));
  const std::vector<Note> tries = EarlierTries(result);
  for (std::size_t i = 0; i < tries.size(); ++i) {
    const std::string& id = result.earlier_failures[i].evidence.trace_id;
    out += Fact(tries[i].label, id.empty() ? tries[i].text : fmt::format("{} · trace id {}", tries[i].text, id));
  }
  for (const AddressAttempt& attempt : proof.attempts) {
    out += Fact("attempt", fmt::format("{} {} {}", attempt.address, FormatElapsed(attempt.duration),
                                       attempt.error.empty() ? "connected" : attempt.error));
  }
  for (const std::string& warning : result.warnings) out += Fact("warning", warning);
  return fmt::format("<dl class=\"facts\">\n{}</dl>\n", out);
}

// One bar; the phases follow one another.
std::string PhaseBars(const PhaseTimings& timings) {
  const std::vector<PhaseTime> phases = PhaseTimes(timings);
  absl::Duration sum;
  for (const PhaseTime& phase : phases) sum += phase.time;
  if (phases.empty() || sum <= absl::ZeroDuration()) return {};
  std::string bars, keys;
  double begin = 0;
  for (const PhaseTime& phase : phases) {
    const double width = kLaneWidth * absl::FDivDuration(phase.time, sum);
    bars += fmt::format(R"(<rect class="{}" x="{:.1f}" y="0" width="{:.1f}" height="20"/>)", phase.name, begin, width);
    keys += fmt::format(R"(<span class="key {0}" aria-hidden="true"></span> {0} {1} )", phase.name,
                        FormatElapsed(phase.time));
    begin += width;
  }
  if (timings.first_byte) keys += fmt::format("· first byte {} ", FormatElapsed(*timings.first_byte));
  if (timings.total) keys += fmt::format("· {}", WholeText(timings));
  return fmt::format(
      "<figure><svg viewBox=\"0 0 1000 20\" preserveAspectRatio=\"none\" role=\"img\" aria-label=\"{}\">{}</svg>"
      "<figcaption>{}</figcaption></figure>\n",
      HtmlText(PhaseText(timings)), bars, keys);
}

// What was sent stands above the line, what was received below.
std::string FrameLane(const std::vector<TranscriptEntry>& transcript, absl::Duration duration) {
  for (const TranscriptEntry& entry : transcript) duration = std::max(duration, entry.at);
  if (duration <= absl::ZeroDuration()) return {};
  std::string marks;
  for (const TranscriptEntry& entry : transcript) {
    const double x = kLaneWidth * std::max(0.0, absl::FDivDuration(entry.at, duration));
    marks += fmt::format(R"(<line class="{}" x1="{:.1f}" x2="{:.1f}" y1="20" y2="{}" stroke-width="3"/>)",
                         entry.inbound ? "in" : "out", x, x, entry.inbound ? 38 : 2);
  }
  return fmt::format(
      "<figure class=\"lane\"><svg viewBox=\"0 0 1000 40\" preserveAspectRatio=\"none\" role=\"img\" "
      "aria-label=\"Frames over {0}; the table below names each\"><line class=\"axis\" x1=\"0\" x2=\"1000\" y1=\"20\" "
      "y2=\"20\"/>{1}</svg><figcaption>sent above, received below, over {0}</figcaption></figure>\n",
      FormatElapsed(duration), marks);
}

std::string FrameTable(const std::vector<TranscriptEntry>& transcript) {
  const bool named = HasSeveralConnections(transcript);
  std::string out =
      "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Frames\"><table><caption>Frames since the "
      "start of the case</caption><thead><tr><th scope=\"col\">Time</th><th scope=\"col\">Direction</th>";
  if (named) out += "<th scope=\"col\">Connection</th>";
  out += "<th scope=\"col\">Kind</th><th scope=\"col\">Size</th><th scope=\"col\">Content</th></tr></thead><tbody>\n";
  for (const TranscriptEntry& entry : transcript) {
    out += fmt::format(
        "<tr><td class=\"number\">+{}</td><td>{}</td>{}<td>{}</td><td class=\"number\">{}</td><td><code>{}</code></td>"
        "</tr>\n",
        FormatElapsed(entry.at), entry.inbound ? "← received" : "→ sent",
        named ? fmt::format("<td>{}</td>", HtmlText(entry.connection, 128)) : "", HtmlText(entry.kind, 40),
        FormatBytes(entry.bytes), HtmlText(entry.excerpt, 512));
  }
  return out + "</tbody></table></div>\n";
}

}  // namespace

std::string HtmlFailure(const RunRecord& record, const Finding& finding) {
  const CaseResult& result = *finding.result;
  const Failure& failure = *result.failure;
  std::string out =
      fmt::format("<h3>{} {} › {}</h3>\n<p>{}</p>\n<p class=\"quiet\"><code>{}</code> in phase {} · {}</p>\n",
                  HtmlOutcome(result.outcome, result.flaky), HtmlText(result.suite), HtmlText(result.scenario),
                  HtmlText(failure.message), FailureClassName(failure.failure_class), PhaseName(failure.phase),
                  HtmlText(RegionList(finding)));
  if (!failure.hint.empty()) out += fmt::format("<p>{}</p>\n", HtmlText(failure.hint));
  const std::string source = SourceExcerpt(record, failure);
  if (!source.empty()) {
    out += fmt::format("<pre>{}</pre>\n", HtmlText(source));
  } else if (failure.range.known()) {
    out += fmt::format("<p>at <code>{}</code></p>\n", HtmlText(ToString(failure.range)));
  }
  std::string facts = EvidenceFacts(failure);
  if (const AttributedFailure* attributed = AttributionOf(record, result)) {
    facts += Fact("attributed to", AttributionName(attributed->attribution));
    for (const Observation& observation : attributed->rests_on) facts += Fact("rests on", observation.text);
  }
  return facts.empty() ? out : out + fmt::format("<dl class=\"facts\">\n{}</dl>\n", facts);
}

std::string HtmlTrace(const Trace& trace, bool with_evidence) {
  const CaseResult& result = *trace.result;
  if (result.tries == 0) return "<p>It was never reported, so there is no trace.</p>\n";
  std::string out =
      result.flaky ? fmt::format("<p>Times and facts of try {}, which passed:</p>\n", result.tries) : std::string();
  out += PhaseBars(result.proof.timings) + ProofFacts(trace);
  const Failure* failure = KeptFailure(result);
  if (failure == nullptr) return out;
  if (!result.failure) out += "<p>What the first try has seen, which failed:</p>\n";
  if (const std::string facts = EvidenceFacts(*failure); (with_evidence || !result.failure) && !facts.empty()) {
    out += fmt::format("<dl class=\"facts\">\n{}</dl>\n", facts);
  }
  const auto& transcript = failure->evidence.transcript;
  if (transcript.empty()) return out + "<p>Nothing was sent or received.</p>\n";
  out += FrameLane(transcript, result.duration) + FrameTable(transcript);
  if (const std::string kept = KeptText(result); !kept.empty()) out += fmt::format("<p>{}.</p>\n", kept);
  return out;
}

}  // namespace wsfleet::cli
