#pragma once

#include <cstdint>
#include <memory>
#include <set>
#include <string>

namespace wsfleet::demo {

struct Settings {
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;
  std::string port_file;   // written, with a line end, when the server listens
  std::string access_log;  // one JSON line for each upgrade, refusal and close
  std::string key;         // of HS256
  std::string revision = "demo-1";
  std::set<std::string> faults;
};

// The faults that --fault knows.
const std::set<std::string>& KnownFaults();

// A small chat backend with faults on demand, on one thread, until SIGTERM or SIGINT. Returns the exit code.
int Serve(const Settings& settings);

}  // namespace wsfleet::demo
