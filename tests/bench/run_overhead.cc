// What a run adds to the handshake that it checks: the time from Submit to the first result of a one-connection suite
// on loopback, beside the bare handshake with the same target over a plain socket.
//
//   build/release/bench/run_overhead [rounds]

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/clock.h"
#include "fmt/format.h"
#include "proto/wire/bundle.h"
#include "tests/bench/run_client.h"
#include "tests/support/real_fleet.h"

namespace wsfleet::testing {
namespace {

[[noreturn]] void Fail(const std::string& what) {
  fmt::print(stderr, "run_overhead: {}\n", what);
  std::exit(1);
}

// One handshake as RFC 6455, 4.1 asks for it, and nothing else.
absl::Duration BareHandshake(int port) {
  const std::string request = fmt::format(
      "GET /ws HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n",
      port);
  const absl::Time begin = absl::Now();
  const int descriptor = socket(AF_INET, SOCK_STREAM, 0);
  const int on = 1;
  setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) Fail("cannot connect");
  if (write(descriptor, request.data(), request.size()) != static_cast<ssize_t>(request.size())) Fail("cannot write");
  std::string answer;
  while (answer.find("\r\n\r\n") == std::string::npos) {
    char buffer[1024];
    const ssize_t got = read(descriptor, buffer, sizeof(buffer));
    if (got <= 0) Fail("the target ended the handshake");
    answer.append(buffer, static_cast<std::size_t>(got));
  }
  const absl::Duration elapsed = absl::Now() - begin;
  close(descriptor);
  if (!answer.starts_with("HTTP/1.1 101")) Fail("the target refused: " + answer.substr(0, 60));
  return elapsed;
}

// From Submit until the first case result is here; waits for the end of the run afterwards.
absl::Duration SubmitToFirstResult(RunClient& client, const std::string& canonical) {
  const absl::Time begin = absl::Now();
  const std::string job = client.Submit(canonical);
  absl::Duration first = absl::InfiniteDuration();
  client.Watch(job, [&](const v1::JobEvent& event) {
    if (event.kind_case() != v1::JobEvent::kResult || first != absl::InfiniteDuration()) return;
    first = absl::Now() - begin;
    if (event.result().result().outcome() != v1::OUTCOME_PASSED) Fail(event.result().DebugString());
  });
  if (first == absl::InfiniteDuration()) Fail("a run without a result");
  return first;
}

absl::Duration Quantile(std::vector<absl::Duration> samples, double quantile) {
  std::ranges::sort(samples);
  return samples[static_cast<std::size_t>(quantile * static_cast<double>(samples.size() - 1))];
}

void Print(std::string_view what, const std::vector<absl::Duration>& samples) {
  const auto milliseconds = [&](double quantile) { return absl::ToDoubleMilliseconds(Quantile(samples, quantile)); };
  fmt::print("{:<28} median {:8.2f} ms   p10 {:8.2f} ms   p90 {:8.2f} ms\n", what, milliseconds(0.5), milliseconds(0.1),
             milliseconds(0.9));
}

int Main(int rounds) {
  TargetServer target(DemoTarget({"accept-any-token"}));
  RealFleet fleet;
  fleet.StartAgent("eu-1", "eu-west-1");
  Bundle bundle;
  bundle.suites = {"one.wsfleet.yaml"};
  bundle.files["one.wsfleet.yaml"] = fmt::format(
      "version: wsfleet/v1\nname: one\ntarget: {}\nscenarios:\n  - name: handshake\n    steps:\n"
      "      - connect: {{path: /ws, expect: {{header: {{upgrade: websocket}}}}}}\n",
      target.ws_url());
  const std::string canonical = wire::CanonicalForm(bundle);
  RunClient client(fleet);
  SubmitToFirstResult(client, canonical);  // connections are made, caches are warm
  std::vector<absl::Duration> handshakes, runs;
  for (int round = 0; round < rounds; ++round) {
    handshakes.push_back(BareHandshake(target.port()));
    runs.push_back(SubmitToFirstResult(client, canonical));
  }
  Print("bare handshake", handshakes);
  Print("submit to first result", runs);
  const absl::Duration added = Quantile(runs, 0.5) - Quantile(handshakes, 0.5);
  fmt::print("{:<28} median {:8.2f} ms   ratio {:.1f}   rounds {}\n", "added by the run",
             absl::ToDoubleMilliseconds(added), absl::FDivDuration(Quantile(runs, 0.5), Quantile(handshakes, 0.5)),
             rounds);
  return 0;
}

}  // namespace
}  // namespace wsfleet::testing

int main(int argc, char** argv) {
  const int rounds = argc > 1 ? std::atoi(argv[1]) : 50;
  return wsfleet::testing::Main(std::clamp(rounds, 1, 10'000));
}
