#include "cli/terminal/progress_model.h"

#include <algorithm>
#include <utility>

#include "cli/terminal/event_text.h"
#include "core/base/text.h"
#include "fmt/format.h"

namespace wsfleet::cli {
namespace {

constexpr std::uint32_t kBarCells = 20;
constexpr std::size_t kMaxBarsShown = 20;
// With more shards than this only those are told of that have something to say.
constexpr int kMaxShardsTold = 20;
constexpr std::uint32_t kMaxResultsTold = 200;

std::string BarText(std::uint32_t finished, std::uint32_t planned) {
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

std::string ShardLine(const v1::Shard& before, const v1::Shard& now) {
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

}  // namespace

std::vector<std::string> ProgressModel::Apply(const v1::JobEvent& event) {
  std::vector<std::string> lines;
  if (event.has_note()) lines.push_back(Printable(event.note()));
  if (event.has_result()) ApplyResult(event.result(), lines);
  if (event.has_progress()) {
    const auto found = shards_.find(event.progress().shard());
    if (found != shards_.end()) {
      found->second.doing =
          Printable(event.progress().step().empty()
                        ? event.progress().case_id()
                        : fmt::format("{} › {}", event.progress().case_id(), event.progress().step()));
    }
  }
  const bool many = std::cmp_greater(shards_.size(), kMaxShardsTold) || event.job().shards_size() > kMaxShardsTold;
  for (const v1::Shard& shard : event.job().shards()) ApplyShard(shard, many, lines);
  return lines;
}

void ProgressModel::ApplyResult(const v1::ShardCaseResult& result, std::vector<std::string>& lines) {
  const v1::Outcome outcome = result.result().outcome();
  const bool passed = outcome == v1::OUTCOME_PASSED || outcome == v1::OUTCOME_SKIPPED;
  flaky_ += result.result().flaky() ? 1 : 0;
  not_passed_ += passed ? 0 : 1;
  if (verbose_ || (!passed && not_passed_ <= kMaxResultsTold)) {
    lines.push_back(ResultLine(result));
  } else if (!passed && not_passed_ == kMaxResultsTold + 1) {
    lines.push_back(fmt::format("more than {} results did not pass; the summary has the others", kMaxResultsTold));
  }
}

void ProgressModel::ApplyShard(const v1::Shard& now, bool one_of_many, std::vector<std::string>& lines) {
  Shard& shard = shards_[now.index()];
  shard.region = Printable(now.region().empty() ? now.agent() : now.region());
  const std::string line = ShardLine(shard.last, now);
  const bool is_remarkable = now.failed_cases() > 0 || !now.reason().empty() || now.attempt() > 1;
  if (!line.empty() && (!one_of_many || is_remarkable)) lines.push_back(fmt::format("{:<12} {}", shard.region, line));
  if (now.state() == v1::SHARD_STATE_DONE) shard.doing.clear();
  shard.last = now;
}

std::vector<ProgressModel::Bar> ProgressModel::Bars() const {
  const bool by_region = shards_.size() > kMaxBarsShown;
  std::vector<Bar> bars;
  std::map<std::string, std::size_t> of_region;
  for (const auto& [index, shard] : shards_) {
    const auto [place, is_new] = of_region.try_emplace(shard.region, bars.size());
    if (is_new || !by_region) bars.push_back({shard.region, 0, 0, 0, {}});
    Bar& bar = by_region ? bars[place->second] : bars.back();
    bar.finished += shard.last.finished_cases();
    bar.planned += shard.last.planned_cases();
    bar.failed += shard.last.failed_cases();
    if (!shard.doing.empty()) bar.doing = shard.doing;
  }
  return bars;
}

std::vector<std::string> ProgressModel::Block(absl::Duration elapsed, const std::string& keys,
                                              std::size_t width) const {
  const std::vector<Bar> bars = Bars();
  std::size_t name_width = 0, agents = 0;
  std::uint32_t failed = 0;
  for (const Bar& bar : bars) {
    name_width = std::max(name_width, bar.name.size());
    failed += bar.failed;
  }
  for (const auto& [index, shard] : shards_) {
    agents += HasAgent(shard.last.state()) || shard.last.state() == v1::SHARD_STATE_DONE ? 1 : 0;
  }
  std::vector<std::string> lines;
  for (const Bar& bar : bars) {
    if (lines.size() == kMaxBarsShown) {
      lines.push_back(fmt::format(" … and {} more", bars.size() - kMaxBarsShown));
      break;
    }
    std::string line = fmt::format(" {:<{}}  {}  {}/{}", bar.name, name_width, BarText(bar.finished, bar.planned),
                                   bar.finished, bar.planned);
    if (bar.failed > 0) line += fmt::format("  {} failed", bar.failed);
    if (!bar.doing.empty()) line += "  " + bar.doing;
    lines.push_back(std::move(line));
  }
  lines.push_back(fmt::format(" {} · ✗{} · flaky {} · agents {}/{}   {}", FormatElapsed(elapsed), failed, flaky_,
                              agents, shards_.size(), keys));
  for (std::string& line : lines) line = Cut(line, width);
  return lines;
}

}  // namespace wsfleet::cli
