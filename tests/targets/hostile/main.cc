#include <csignal>
#include <cstdint>
#include <exception>

#include "CLI/CLI.hpp"
#include "fmt/format.h"
#include "tests/targets/hostile/server.h"

namespace {

void List() {
  for (const auto& fault : wsfleet::hostile::AllFaults()) {
    fmt::print("{:<12} {:<26} {}\n", wsfleet::hostile::LayerName(fault.layer), fault.name, fault.what);
  }
}

// Until SIGTERM or SIGINT.
int Serve(std::uint16_t port) {
  sigset_t ending;
  sigemptyset(&ending);
  sigaddset(&ending, SIGTERM);
  sigaddset(&ending, SIGINT);
  pthread_sigmask(SIG_BLOCK, &ending, nullptr);
  wsfleet::hostile::Server server(port);
  fmt::print("{:<26} {}/healthy\n", "healthy", server.url());
  for (const auto& fault : wsfleet::hostile::AllFaults()) {
    const std::string origin = server.Start(fault);
    fmt::print("{:<26} {}{}\n", fault.name, origin, wsfleet::hostile::PathOf(fault));
  }
  std::fflush(stdout);
  int signal = 0;
  sigwait(&ending, &signal);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  bool list = false;
  std::uint16_t port = 0;
  CLI::App app("A server on 127.0.0.1 that commits faults, each at a URL of its own.", "wsfleet-hostile-target");
  app.add_flag("--list", list, "Print the faults, by layer, and end");
  app.add_option("--port", port, "Port of plain HTTP; TLS is on the next one. 0 takes free ones");
  CLI11_PARSE(app, argc, argv);
  try {
    if (!list) return Serve(port);
    List();
    return 0;
  } catch (const std::exception& error) {
    fmt::print(stderr, "wsfleet-hostile-target: cannot listen on 127.0.0.1:{}: {}\n", port, error.what());
    return 1;
  }
}
