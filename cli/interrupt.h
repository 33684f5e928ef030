#pragma once

#include <atomic>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

namespace wsfleet::cli {

// Ctrl-C, SIGTERM and SIGHUP. Without more they end the program at once with 130. While somebody has deferred that, the
// first one is an event that makes `descriptor()` readable for good, and the second ends the program. Make one before
// any other thread: it blocks the signals for all of them. One that was ignored before, as under `nohup`, stays
// ignored.
//
// SIGPIPE is ignored from then on: writing for a reader that has gone is an error like others, and the command ends as
// it does after one, with what it started and made removed.
class Interrupt {
 public:
  Interrupt();
  ~Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  // For poll(); never read from it.
  int descriptor() const { return happened_; }
  bool happened() const;
  // Of what happened, as people know it: "Ctrl-C" is SIGINT.
  std::string signal_name() const;

  // For as long as what is returned lives.
  [[nodiscard]] std::shared_ptr<void> Defer();

  // `act` is called, on another thread, before a signal ends the program: what must not be left behind, such as a
  // terminal without echo. For as long as what is returned lives.
  [[nodiscard]] std::shared_ptr<void> BeforeAbort(std::function<void()> act);

 private:
  void Run();

  int signals_;
  int happened_;
  int stop_;
  std::atomic<int> deferred_ = 0;
  std::atomic<int> signal_ = 0;
  std::mutex mutex_;
  std::list<std::function<void()>> last_acts_;
  std::thread thread_;
};

}  // namespace wsfleet::cli
