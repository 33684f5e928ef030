#include <sys/resource.h>

#include <algorithm>
#include <fstream>
#include <set>
#include <string>

#include "fmt/format.h"
#include "tests/support/sanitized.h"
#include "tests/targets/hostile/server.h"
#include "tests/unit/engine/hostile_case.h"
#include "tests/unit/engine/suite_run.h"

// What no fault may cost, that each has a row, and that nobody is accused who did nothing wrong.
namespace wsfleet::testing {
namespace {

// A message of 4 MiB, its copies on the way into the inbox, and the server, which is in this process too.
constexpr long kMaxGrowthKib = 64 * 1024;

// The largest so far, since it was last set back.
long PeakKib() {
  std::ifstream status("/proc/self/status");
  std::string word;
  long kib = 0;
  while (status >> word) {
    if (word == "VmHWM:") status >> kib;
  }
  return kib;
}

void SetPeakBack() { std::ofstream("/proc/self/clear_refs") << 5; }

double CpuSeconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

// Those whose script goes on until the agent goes.
std::vector<HostileCase> EndlessCases() {
  std::vector<HostileCase> endless;
  for (const HostileCase& row : AllCases()) {
    const hostile::Script& script = hostile::FindFault(row.fault)->script;
    const bool repeats =
        std::ranges::any_of(script, [](const hostile::Act& act) { return act.kind == hostile::Act::Kind::kRepeat; });
    if (repeats || row.fault == "deflate-bomb" || row.fault == "head-1m") endless.push_back(row);
  }
  return endless;
}

class HostileFlood : public ::testing::TestWithParam<HostileCase> {};

TEST_P(HostileFlood, CostsTheAgentNoMoreThanItsLimits) {
  SetPeakBack();
  const long before = PeakKib();
  const double began = CpuSeconds();
  const CaseResult result = Meet(GetParam());
  const double seconds = CpuSeconds() - began;
  const long growth = PeakKib() - before;
  const auto bytes = static_cast<double>(result.proof.bytes_in);
  EXPECT_LE(result.proof.bytes_in, std::uint64_t{6} << 20);
  EXPECT_LE(kSanitized ? 0 : growth, kMaxGrowthKib);
  // Of both sides. What is not bounded runs until the step's deadline of 20 s.
  EXPECT_LE(seconds, (kSanitized ? 10 : 2) + bytes * 1e-6);
  RecordProperty("bytes_in", fmt::format("{}", result.proof.bytes_in));
  RecordProperty("growth_kib", fmt::format("{}", growth));
  RecordProperty("cpu_ms", fmt::format("{:.0f}", seconds * 1000));
}

INSTANTIATE_TEST_SUITE_P(Endless, HostileFlood, ::testing::ValuesIn(EndlessCases()), TestName);

TEST(HostileFaults, AreManyAndEachHasARow) {
  std::set<std::string> rows{"fin-at-byte", "rst-at-byte", "stall-at-byte"};  // tests of their own
  for (const HostileCase& row : AllCases()) {
    EXPECT_NE(hostile::FindFault(row.fault), nullptr) << row.fault;
    EXPECT_TRUE(rows.insert(row.fault).second) << row.fault << " has two rows";
  }
  for (const hostile::Fault& fault : hostile::AllFaults()) EXPECT_TRUE(rows.contains(fault.name)) << fault.name;
  EXPECT_GE(hostile::AllFaults().size(), 60u);
}

TEST(HostileServer, IsAccusedOfNothingInAThousandSessionsThatItServesWell) {
  hostile::Server server;
  for (const std::string& url : {server.url(), server.tls_url()}) {
    SuiteRun run(
        fmt::format("version: wsfleet/v1\nname: healthy\n"
                    "targets: {{here: {{url: \"{}\", tls: {{ca: \"${{secret.AUTHORITY}}\"}}}}}}\n"
                    "target: here\ndefaults: {{unexpected: fail}}\n"
                    "scenarios:\n  - name: one\n    matrix: {{round: [1, 2, 3, 4, 5]}}\n    concurrent: 100\n"
                    "    steps:\n"
                    "      - connect: {{path: /healthy, within: 30s}}\n"
                    "      - send: {{json: {{type: hello, from: \"${{session.index}}\"}}}}\n"
                    "      - expect: {{match: {{$.type: hello, $.from: \"${{session.index}}\"}}, within: 30s}}\n"
                    "      - ping: {{within: 30s}}\n"
                    "      - send: {{hex: \"00ff\"}}\n"
                    "      - expect: {{match: {{opcode: binary, hex: \"00ff\"}}, within: 30s}}\n"
                    "      - close: {{code: 4000, reason: done}}\n",
                    url),
        {.secrets = {{"AUTHORITY", server.authority_pem()}}});
    EXPECT_EQ(run.Results().size(), 5u);
    for (const CaseResult& result : run.Results()) {
      EXPECT_EQ(result.outcome, Outcome::kPassed) << EvidenceText(result);
      EXPECT_EQ(result.sessions, 100u);
      EXPECT_EQ(result.failed_sessions, 0u);
    }
  }
  EXPECT_EQ(server.connections(), 1000u);
}

}  // namespace
}  // namespace wsfleet::testing
