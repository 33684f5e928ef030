#pragma once

#include <functional>
#include <mutex>
#include <thread>

namespace wsfleet::cli {

// Turns Ctrl-C into a call. Made before any other thread: it blocks the signals for all of them. The second Ctrl-C ends
// the program at once.
class Interrupt {
 public:
  Interrupt();
  // `action` is called on a thread of its own at the first signal; at once if there was one already.
  void Do(std::function<void()> action);
  // Blocks until there is a signal.
  void Wait();

 private:
  void Run();

  std::mutex mutex_;
  std::function<void()> action_;
  bool signalled_ = false;
  std::thread thread_;
};

}  // namespace wsfleet::cli
