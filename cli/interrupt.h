#pragma once

#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <thread>

namespace wsfleet::cli {

// Ctrl-C, SIGTERM and SIGHUP as an event. The first one makes `descriptor()` readable for good; the second ends the
// program at once with 130. Make one before any other thread: it blocks the signals for all of them.
class Interrupt {
 public:
  Interrupt();
  ~Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  // For poll(); never read from it.
  int descriptor() const { return happened_; }
  bool happened() const;
  // Blocks until it happens.
  void Wait() const;

  // `act` is called, on another thread, before the second signal ends the program: what must not be left behind, such
  // as a terminal without echo. For as long as what is returned lives.
  [[nodiscard]] std::shared_ptr<void> BeforeAbort(std::function<void()> act);

 private:
  void Run();

  int signals_;
  int happened_;
  int stop_;
  std::mutex mutex_;
  std::list<std::function<void()>> last_acts_;
  std::thread thread_;
};

}  // namespace wsfleet::cli
