#include "cli/terminal/progress.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdio>
#include <utility>

#include "absl/time/clock.h"
#include "cli/terminal/console.h"
#include "fmt/format.h"

namespace wsfleet::cli {
namespace {

constexpr std::size_t kUsualWidth = 80;
constexpr absl::Duration kMinRedrawInterval = absl::Milliseconds(100);

std::size_t TerminalWidth() {
  winsize size{};
  return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : kUsualWidth;
}

// A run goes on when nobody reads its progress any more.
void Write(const std::string& text) { std::fwrite(text.data(), 1, text.size(), stderr); }

}  // namespace

Progress::Options Progress::For(const Console& console, bool quiet, bool verbose, std::string keys) {
  Options options;
  options.style = quiet ? Style::kSilent : console.live ? Style::kLive : Style::kLines;
  options.verbose = verbose;
  options.colour = console.colour_err;
  options.keys = std::move(keys);
  return options;
}

Progress::Progress(Options options) : options_(std::move(options)), model_(options_.verbose), began_(absl::Now()) {}

Progress::~Progress() { Erase(); }

void Progress::Show(const v1::JobEvent& event) {
  for (const std::string& line : model_.Apply(event)) Say(line);
  // Events may come by the hundred; whoever looks is served by a few pictures a second.
  if (absl::Now() - drawn_at_ >= kMinRedrawInterval) Redraw();
}

void Progress::Say(std::string_view line) {
  if (options_.style == Style::kSilent) return;
  Erase();
  const std::string time = live() ? "" : absl::FormatTime("%H:%M:%S ", absl::Now(), absl::LocalTimeZone());
  Write(fmt::format("{}{}\n", time, Paint(line, options_.colour)));
  drawn_at_ = absl::InfinitePast();  // the block went with it
}

void Progress::Redraw() {
  if (!live()) return;
  Erase();
  const auto lines = model_.Block(absl::Now() - began_, options_.keys, TerminalWidth());
  std::string block;
  for (const std::string& line : lines) block += line + "\n";
  Write(block);
  drawn_ = lines.size();
  drawn_at_ = absl::Now();
}

void Progress::Erase() {
  // To the first line of the block, and everything below it away.
  if (drawn_ > 0) Write(fmt::format("\x1b[{}A\r\x1b[J", std::exchange(drawn_, 0)));
}

}  // namespace wsfleet::cli
