#include "cli/interrupt.h"

#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <array>
#include <cstdint>

#include "cli/exit_code.h"

namespace wsfleet::cli {
namespace {

// Whoever starts a program under `nohup`, or behind a script's `&`, does not want it to end with the terminal or by a
// Ctrl-C there. A blocked signal would arrive although it is ignored.
bool IsIgnored(int number) {
  struct sigaction action{};
  return sigaction(number, nullptr, &action) == 0 && action.sa_handler == SIG_IGN;
}

void Raise(int event) {
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = write(event, &one, sizeof(one));
}

}  // namespace

Interrupt::Interrupt()
    : signals_(-1), happened_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)), stop_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) {
    if (!IsIgnored(number)) sigaddset(&signals, number);
  }
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  signal(SIGPIPE, SIG_IGN);
  signals_ = signalfd(-1, &signals, SFD_CLOEXEC);
  thread_ = std::thread([this] { Run(); });
}

Interrupt::~Interrupt() {
  Raise(stop_);
  thread_.join();
  for (const int descriptor : {signals_, happened_, stop_}) close(descriptor);
}

void Interrupt::Run() {
  while (true) {
    std::array<pollfd, 2> events{{{signals_, POLLIN, 0}, {stop_, POLLIN, 0}}};
    if (poll(events.data(), events.size(), -1) < 0) continue;
    if (events[1].revents != 0) return;
    signalfd_siginfo signal{};
    if (read(signals_, &signal, sizeof(signal)) != sizeof(signal)) continue;
    if (happened() || deferred_ == 0) {
      const std::lock_guard lock(mutex_);
      for (const auto& act : last_acts_) act();
      _exit(kInterruptedCode);
    }
    signal_ = static_cast<int>(signal.ssi_signo);
    Raise(happened_);
  }
}

bool Interrupt::happened() const {
  pollfd event{happened_, POLLIN, 0};
  return poll(&event, 1, 0) == 1;
}

std::string Interrupt::signal_name() const {
  switch (signal_) {
    case SIGTERM:
      return "SIGTERM";
    case SIGHUP:
      return "SIGHUP";
    default:
      return "Ctrl-C";
  }
}

std::shared_ptr<void> Interrupt::Defer() {
  ++deferred_;
  return std::shared_ptr<void>(nullptr, [this](void*) { --deferred_; });
}

std::shared_ptr<void> Interrupt::BeforeAbort(std::function<void()> act) {
  const std::lock_guard lock(mutex_);
  const auto position = last_acts_.insert(last_acts_.end(), std::move(act));
  return std::shared_ptr<void>(nullptr, [this, position](void*) {
    const std::lock_guard relock(mutex_);
    last_acts_.erase(position);
  });
}

}  // namespace wsfleet::cli
