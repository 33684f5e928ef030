#include "cli/terminal/token_input.h"

#include <termios.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <memory>

#include "fmt/format.h"

namespace wsfleet::cli {
namespace {

constexpr std::size_t kMaxInput = 64 << 10;

// The terminal does not show what is typed, as long as this lives.
class Silence {
 public:
  explicit Silence(Interrupt& interrupt) {
    tcgetattr(STDIN_FILENO, &before_);
    restore_ = interrupt.BeforeAbort([before = before_] { tcsetattr(STDIN_FILENO, TCSAFLUSH, &before); });
    termios silent = before_;
    silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
  }
  ~Silence() { tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_); }
  Silence(const Silence&) = delete;
  Silence& operator=(const Silence&) = delete;

 private:
  termios before_{};
  std::shared_ptr<void> restore_;
};

// Until the end, or of a terminal until the end of the line.
std::string ReadTyped(bool one_line) {
  std::string text;
  char part[4096];
  while (text.size() <= kMaxInput) {
    const ssize_t got = read(STDIN_FILENO, part, sizeof part);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    text.append(part, static_cast<std::size_t>(got));
    if (one_line && text.ends_with('\n')) break;
  }
  return text;
}

}  // namespace

absl::StatusOr<std::string> ReadTokenFromStdin(Interrupt& interrupt) {
  const bool is_terminal = isatty(STDIN_FILENO) == 1;
  std::string text;
  if (is_terminal) {
    fmt::print(stderr, "Token: ");
    const Silence silence(interrupt);
    text = ReadTyped(true);
    fmt::print(stderr, "\n");
  } else {
    text = ReadTyped(false);
  }
  if (text.size() > kMaxInput) {
    return absl::InvalidArgumentError(fmt::format("stdin: expected a token, found more than {} bytes", kMaxInput));
  }
  constexpr char kBlank[] = " \t\r\n";
  const std::size_t first = text.find_first_not_of(kBlank);
  if (first == std::string::npos) {
    return absl::InvalidArgumentError(
        "stdin: expected a token, found nothing; name a file by --token-file, or set WSFLEET_TOKEN");
  }
  return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

}  // namespace wsfleet::cli
