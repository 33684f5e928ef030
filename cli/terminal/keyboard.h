#pragma once

#include <termios.h>

#include <memory>

#include "cli/interrupt.h"

namespace wsfleet::cli {

// Single keys of the terminal on stdin, as long as this lives; Ctrl-C stays a signal.
class Keyboard {
 public:
  explicit Keyboard(Interrupt& interrupt);
  ~Keyboard();
  Keyboard(const Keyboard&) = delete;
  Keyboard& operator=(const Keyboard&) = delete;

  // For poll().
  int descriptor() const;
  // The next key; 0 if there is none.
  char Take();

 private:
  termios before_{};
  std::shared_ptr<void> restore_;
};

}  // namespace wsfleet::cli
