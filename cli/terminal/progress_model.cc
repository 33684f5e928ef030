#include "cli/terminal/progress_model.h"

#include <algorithm>
#include <utility>

#include "cli/terminal/event_text.h"
#include "core/base/text.h"
#include "fmt/format.h"

namespace wsfleet::cli {
namespace {

constexpr std::uint32_t kBarCells = 20;
constexpr std::size_t kMaxRegionsShown = 20;

std::string Bar(std::uint32_t finished, std::uint32_t planned) {
  const std::uint32_t full = planned == 0 ? 0 : std::min(kBarCells, finished * kBarCells / planned);
  std::string bar;
  for (std::uint32_t cell = 0; cell < kBarCells; ++cell) bar += cell < full ? "█" : "░";
  return bar;
}

// The first `width` code points.
std::string Cut(const std::string& line, std::size_t width) {
  std::size_t columns = 0;
  for (std::size_t at = 0; at < line.size(); ++at) {
    if ((static_cast<unsigned char>(line[at]) & 0xC0) == 0x80) continue;
    if (++columns > width) return line.substr(0, at);
  }
  return line;
}

bool HasAgent(v1::ShardState state) { return state == v1::SHARD_STATE_LEASED || state == v1::SHARD_STATE_RUNNING; }

}  // namespace

std::string ProgressModel::ShardLine(const v1::Shard& before, const v1::Shard& now) const {
  if (now.state() == v1::SHARD_STATE_DONE && before.state() != now.state()) {
    return fmt::format("done, {}/{} cases{}{}", now.finished_cases(), now.planned_cases(),
                       now.failed_cases() > 0 ? fmt::format(", {} failed", now.failed_cases()) : "",
                       now.reason().empty() ? "" : ": " + Printable(now.reason()));
  }
  if (HasAgent(now.state()) && (!HasAgent(before.state()) || before.attempt() != now.attempt())) {
    return fmt::format("runs on {}{}", Printable(now.agent()),
                       now.attempt() > 1 ? fmt::format(", attempt {}", now.attempt()) : "");
  }
  if (now.reason() != before.reason() && !now.reason().empty()) return Printable(now.reason());
  return {};
}

std::vector<std::string> ProgressModel::Apply(const v1::JobEvent& event) {
  std::vector<std::string> lines;
  if (event.has_note()) lines.push_back(Printable(event.note()));
  if (event.has_result()) {
    const v1::Outcome outcome = event.result().result().outcome();
    const bool passed = outcome == v1::OUTCOME_PASSED || outcome == v1::OUTCOME_SKIPPED;
    flaky_ += event.result().result().flaky() ? 1 : 0;
    if (verbose_ || !passed) lines.push_back(ResultLine(event.result()));
  }
  if (event.has_progress()) {
    const auto found = regions_.find(event.progress().shard());
    if (found != regions_.end()) {
      found->second.doing =
          Printable(event.progress().step().empty()
                        ? event.progress().case_id()
                        : fmt::format("{} › {}", event.progress().case_id(), event.progress().step()));
    }
  }
  for (const v1::Shard& shard : event.job().shards()) {
    Region& region = regions_[shard.index()];
    region.name = Printable(shard.region().empty() ? shard.agent() : shard.region());
    const std::string line = ShardLine(region.shard, shard);
    if (!line.empty()) lines.push_back(fmt::format("{:<12} {}", region.name, line));
    if (shard.state() == v1::SHARD_STATE_DONE) region.doing.clear();
    region.shard = shard;
  }
  return lines;
}

std::vector<std::string> ProgressModel::Block(absl::Duration elapsed, const std::string& keys,
                                              std::size_t width) const {
  std::vector<std::string> lines;
  std::size_t name_width = 0, agents = 0;
  std::uint32_t failed = 0;
  for (const auto& [index, region] : regions_) {
    name_width = std::max(name_width, region.name.size());
    failed += region.shard.failed_cases();
    agents += HasAgent(region.shard.state()) || region.shard.state() == v1::SHARD_STATE_DONE ? 1 : 0;
  }
  for (const auto& [index, region] : regions_) {
    if (lines.size() == kMaxRegionsShown) {
      lines.push_back(fmt::format(" … and {} more", regions_.size() - kMaxRegionsShown));
      break;
    }
    const v1::Shard& shard = region.shard;
    std::string line =
        fmt::format(" {:<{}}  {}  {}/{}", region.name, name_width, Bar(shard.finished_cases(), shard.planned_cases()),
                    shard.finished_cases(), shard.planned_cases());
    if (shard.failed_cases() > 0) line += fmt::format("  {} failed", shard.failed_cases());
    if (!region.doing.empty()) line += "  " + region.doing;
    lines.push_back(std::move(line));
  }
  lines.push_back(fmt::format(" {} · ✗{} · flaky {} · agents {}/{}   {}", FormatElapsed(elapsed), failed, flaky_,
                              agents, regions_.size(), keys));
  for (std::string& line : lines) line = Cut(line, width);
  return lines;
}

}  // namespace wsfleet::cli
