#include "cli/interrupt.h"

#include <signal.h>
#include <unistd.h>

#include <condition_variable>

#include "cli/exit_code.h"

namespace wsfleet::cli {
namespace {

std::condition_variable& Signalled() {
  static std::condition_variable condition;
  return condition;
}

}  // namespace

Interrupt::Interrupt() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  thread_ = std::thread([this] { Run(); });
  // It waits for signals for as long as the program lives.
  thread_.detach();
}

void Interrupt::Run() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  while (true) {
    int number = 0;
    sigwait(&signals, &number);
    std::function<void()> action;
    {
      const std::lock_guard lock(mutex_);
      if (signalled_) _exit(kInterruptedCode);
      signalled_ = true;
      action = action_;
    }
    Signalled().notify_all();
    if (action) std::thread(action).detach();
  }
}

void Interrupt::Do(std::function<void()> action) {
  const std::lock_guard lock(mutex_);
  action_ = std::move(action);
  if (signalled_ && action_) std::thread(action_).detach();
}

void Interrupt::Wait() {
  std::unique_lock lock(mutex_);
  Signalled().wait(lock, [this] { return signalled_; });
}

}  // namespace wsfleet::cli
