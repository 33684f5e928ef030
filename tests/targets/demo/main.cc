#include <sys/prctl.h>

#include <csignal>

#include "CLI/CLI.hpp"
#include "core/base/version.h"
#include "fmt/format.h"
#include "tests/targets/demo/server.h"

int main(int argc, char** argv) {
  wsfleet::demo::Settings settings;
  settings.key = "wsfleet-demo-key-not-for-production";
  std::string listen = "127.0.0.1:0";
  std::vector<std::string> faults;
  bool die_with_parent = false;
  CLI::App app("A small chat backend to try wsfleet on, with faults on demand.", "wsfleet-demo-target");
  app.set_version_flag("--version", wsfleet::kVersion);
  app.add_option("--listen", listen, "Address and port; port 0 takes a free one");
  app.add_option("--port-file", settings.port_file, "File that the port is written to when it listens");
  app.add_option("--access-log", settings.access_log, "File: one JSON line for each upgrade, refusal and close");
  app.add_option("--jwt-key", settings.key, "Key of HS256 that tokens are signed with (a demo's key is no secret)");
  app.add_option("--revision", settings.revision, "What /health says is deployed");
  app.add_option("--fault", faults, "Fault to commit; repeatable")->check(CLI::IsMember(wsfleet::demo::KnownFaults()));
  app.add_flag("--die-with-parent", die_with_parent, "End when the process that started this one ends");
  CLI11_PARSE(app, argc, argv);
  if (die_with_parent) prctl(PR_SET_PDEATHSIG, SIGKILL);
  const std::size_t colon = listen.rfind(':');
  int port = -1;
  if (colon != std::string::npos) port = std::atoi(listen.c_str() + colon + 1);
  if (port < 0 || port > 65535) {
    fmt::print(stderr, "wsfleet-demo-target: --listen: expected address:port, found \"{}\"\n", listen);
    return 2;
  }
  settings.address = listen.substr(0, colon);
  settings.port = static_cast<std::uint16_t>(port);
  settings.faults.insert(faults.begin(), faults.end());
  return wsfleet::demo::Serve(settings);
}
