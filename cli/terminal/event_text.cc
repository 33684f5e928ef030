#include "cli/terminal/event_text.h"

#include "absl/time/clock.h"
#include "cli/report/tries.h"
#include "core/base/text.h"
#include "core/verdict/result.h"
#include "fmt/format.h"
#include "proto/wire/convert.h"
#include "proto/wire/enums.h"

namespace wsfleet::cli {
namespace {

constexpr std::size_t kMaxMessage = 300;

std::string JobLine(const v1::Job& job) {
  std::string line = StateName(job.state());
  for (const v1::Shard& shard : job.shards()) {
    line += fmt::format(" · {} {}/{}", Printable(shard.region()), shard.finished_cases(), shard.planned_cases());
    if (shard.failed_cases() > 0) line += fmt::format(" ✗{}", shard.failed_cases());
  }
  return line;
}

}  // namespace

std::string StateName(v1::JobState state) {
  const auto known = wire::FromWire(state);
  return known.ok() ? std::string(JobStateName(*known)) : "unknown";
}

std::string StateName(v1::ShardState state) {
  const auto known = wire::FromWire(state);
  return known.ok() ? std::string(ShardStateName(*known)) : "unknown";
}

std::string ResultLine(const v1::ShardCaseResult& result) {
  const std::string region = Printable(result.region());
  const auto parsed = wire::FromWire(result.result());
  if (!parsed.ok()) return fmt::format("{:<12} ? a result of a newer version", region);
  std::string line = fmt::format("{:<12} {} {}  {}", region, OutcomeMark(parsed->outcome),
                                 Printable(parsed->case_id.value()), FormatElapsed(parsed->duration));
  if (parsed->flaky) line += fmt::format("  flaky: {}", Printable(TriesText(*parsed)));
  if (parsed->outcome == Outcome::kSkipped) {
    line += fmt::format("  skipped: {}", SkipReasonName(parsed->skip_reason));
    if (!parsed->skip_detail.empty()) line += fmt::format(" ({})", Printable(parsed->skip_detail));
  } else if (parsed->failure) {
    line += fmt::format("  [{}] {}", FailureClassName(parsed->failure->failure_class),
                        Printable(Excerpt(parsed->failure->message, kMaxMessage)));
  }
  return line;
}

std::optional<std::string> LogLine(const v1::JobEvent& event) {
  std::string text;
  switch (event.kind_case()) {
    case v1::JobEvent::kJob:
      text = JobLine(event.job());
      break;
    case v1::JobEvent::kResult:
      text = ResultLine(event.result());
      break;
    case v1::JobEvent::kNote:
      text = Printable(event.note());
      break;
    case v1::JobEvent::kProgress:
    case v1::JobEvent::KIND_NOT_SET:
      return std::nullopt;
  }
  return fmt::format("{}  {}", absl::FormatTime("%H:%M:%E3S", wire::FromWire(event.at()), absl::LocalTimeZone()), text);
}

}  // namespace wsfleet::cli
