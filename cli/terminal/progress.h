#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "cli/terminal/console.h"
#include "cli/terminal/progress_model.h"
#include "wsfleet/v1/job.pb.h"

namespace wsfleet::cli {

// Shows on stderr how a run goes: a block that is redrawn on a terminal, a line for each change elsewhere.
class Progress {
 public:
  enum class Style { kSilent, kLines, kLive };
  struct Options {
    Style style = Style::kLines;
    bool verbose = false;
    bool colour = false;
    std::string keys;  // what can be pressed
  };

  // What fits the terminal and the flags; `keys` as it is shown.
  static Options For(const Console& console, bool quiet, bool verbose, std::string keys);

  explicit Progress(Options options);
  // Takes the block away: what is said of the end of a run stands on stdout.
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  bool live() const { return options_.style == Style::kLive; }
  void Show(const v1::JobEvent& event);
  // A line that stays.
  void Say(std::string_view line);
  // Draws the block again, as the time goes on.
  void Redraw();

 private:
  void Erase();

  Options options_;
  ProgressModel model_;
  absl::Time began_;
  absl::Time drawn_at_ = absl::InfinitePast();
  std::size_t drawn_ = 0;  // lines of the block on the screen
};

}  // namespace wsfleet::cli
