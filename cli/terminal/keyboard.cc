#include "cli/terminal/keyboard.h"

#include <unistd.h>

namespace wsfleet::cli {

Keyboard::Keyboard(Interrupt& interrupt) {
  tcgetattr(STDIN_FILENO, &before_);
  restore_ = interrupt.BeforeAbort([before = before_] { tcsetattr(STDIN_FILENO, TCSANOW, &before); });
  termios keys = before_;
  keys.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
  keys.c_cc[VMIN] = 0;
  keys.c_cc[VTIME] = 0;
  tcsetattr(STDIN_FILENO, TCSANOW, &keys);
}

Keyboard::~Keyboard() { tcsetattr(STDIN_FILENO, TCSANOW, &before_); }

int Keyboard::descriptor() const { return STDIN_FILENO; }

char Keyboard::Take() {
  char key = 0;
  return read(STDIN_FILENO, &key, 1) == 1 ? key : '\0';
}

}  // namespace wsfleet::cli
