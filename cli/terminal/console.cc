#include "cli/terminal/console.h"

#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "core/base/text.h"
#include "fmt/format.h"

namespace wsfleet::cli {
namespace {

constexpr std::string_view kRed = "\x1b[31m", kGreen = "\x1b[32m", kYellow = "\x1b[33m", kPlain = "\x1b[0m";

int lost_output = 0;  // stdio keeps that a write failed, and forgets why

std::string_view ColourOf(std::string_view line) {
  while (line.starts_with(' ')) line.remove_prefix(1);
  if (line.starts_with("✗") || line.starts_with("VERDICT failed")) return kRed;
  if (line.starts_with("✓") || line.starts_with("VERDICT passed")) return kGreen;
  if (line.starts_with("?") || line.starts_with("VERDICT")) return kYellow;
  return {};
}

}  // namespace

Console MakeConsole(bool no_colour, const Environment& environment) {
  const auto term = environment.find("TERM");
  const auto wish = environment.find("NO_COLOR");
  const bool dumb = term == environment.end() || term->second == "dumb";
  const bool plain = no_colour || dumb || (wish != environment.end() && !wish->second.empty());
  Console console;
  console.colour_out = !plain && isatty(STDOUT_FILENO) == 1;
  console.colour_err = !plain && isatty(STDERR_FILENO) == 1;
  console.live = !dumb && isatty(STDERR_FILENO) == 1;
  console.keys = console.live && isatty(STDIN_FILENO) == 1;
  return console;
}

std::string Paint(std::string_view text, bool colour) {
  if (!colour) return std::string(text);
  std::string out;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    const std::string_view paint = ColourOf(line);
    out += paint.empty() ? std::string(line) : fmt::format("{}{}{}", paint, line, kPlain);
    if (end < text.size()) out += '\n';
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

// Not fmt::print, which throws where nobody could say so.
void PrintError(std::string_view message) {
  const std::string line = fmt::format("wsfleet: {}\n", PrintableLines(message));
  std::fwrite(line.data(), 1, line.size(), stderr);
}

absl::Status PrintData(std::string_view text) {
  errno = 0;
  if (std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0) {
    return absl::OkStatus();
  }
  if (lost_output == 0) lost_output = errno;
  return absl::UnavailableError(fmt::format("stdout could not be written{}", ReasonText(lost_output)));
}

int LostOutput() { return lost_output; }

std::string ReasonText(int error) { return error == 0 ? "" : fmt::format(": {}", std::strerror(error)); }

}  // namespace wsfleet::cli
