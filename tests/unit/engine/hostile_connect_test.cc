#include <memory>

#include "fmt/format.h"
#include "tests/targets/hostile/bytes.h"
#include "tests/targets/hostile/server.h"
#include "tests/unit/engine/hostile_case.h"
#include "tests/unit/engine/suite_run.h"

// From the name of the target to TLS, and connections that end or stall at each byte.
namespace wsfleet::testing {
namespace {

constexpr char kShortDeadline[] = "- expect: {match: {$.type: never}, within: 200ms}";

// RST, FIN and silence at a place before the end of the head.
void AddBeforeTheHead(const std::string& where, std::vector<HostileCase>& cases) {
  cases.push_back({"rst-" + where, Phase::kUpgrade, FailureClass::kTcp, {"message: ", "Connection reset by peer"}});
  cases.push_back({"fin-" + where, Phase::kUpgrade, FailureClass::kTcp, {"the connection ended before the answer"}});
  cases.push_back({"stall-" + where,
                   Phase::kUpgrade,
                   FailureClass::kDeadline,
                   {"message: upgrade took longer than"},
                   "upgrade: 200ms"});
}

// The same after the 101: TCP that ends without a close frame is 1006 (RFC 6455, 7.1.5).
void AddBehindThe101(const std::string& where, std::vector<HostileCase>& cases) {
  cases.push_back({"rst-" + where, Phase::kMessage, FailureClass::kClose, {"close: 1006"}});
  cases.push_back({"fin-" + where, Phase::kMessage, FailureClass::kClose, {"close: 1006"}});
  cases.push_back(
      {"stall-" + where, Phase::kMessage, FailureClass::kEventMissing, {"within 200ms"}, "", "", {kShortDeadline}});
}

}  // namespace

std::vector<HostileCase> TcpCases() {
  std::vector<HostileCase> cases{
      {"dns-no-such-name",
       Phase::kResolve,
       FailureClass::kDns,
       {"message: nx.invalid does not resolve"},
       "resolve: 60s",
       ", within: 60s"},
      {"connect-refused", Phase::kConnect, FailureClass::kTcp, {"attempt: 127.0.0.1:", "Connection refused"}},
      {"connect-silence",
       Phase::kConnect,
       FailureClass::kDeadline,
       {"attempt: 127.0.0.1:", "message: connect took longer than"},
       "connect: 200ms"},
      {"drip-101", Phase::kUpgrade, FailureClass::kDeadline, {"upgrade took longer than"}, "upgrade: 200ms"},
      {"drip-frame", Phase::kMessage, FailureClass::kEventMissing, {"within 200ms"}, "", "", {kShortDeadline}},
  };
  for (const char* where : {"at-accept", "mid-request", "after-request", "mid-status-line", "after-status-line",
                            "mid-field-name", "mid-field-value", "before-empty-line", "before-last-byte"}) {
    AddBeforeTheHead(where, cases);
  }
  for (const char* where : {"after-101", "mid-frame-header", "mid-payload"}) AddBehindThe101(where, cases);
  return cases;
}

std::vector<HostileCase> TlsCases() {
  std::vector<HostileCase> cases;
  for (const char* where : {"at-hello", "mid-hello"}) {
    const std::string place = where;
    cases.push_back({"tls-rst-" + place, Phase::kTls, FailureClass::kTcp, {"Connection reset by peer"}});
    cases.push_back({"tls-fin-" + place, Phase::kTls, FailureClass::kTcp, {"the connection ended"}});
    cases.push_back(
        {"tls-stall-" + place, Phase::kTls, FailureClass::kDeadline, {"tls took longer than"}, "tls: 200ms"});
  }
  const std::vector<HostileCase> others{
      {"tls-alert", Phase::kTls, FailureClass::kTls, {"handshake failure"}},
      {"tls-noise", Phase::kTls, FailureClass::kTls, {"the answer is not TLS", "did you mean ws://?"}},
      {"tls-http", Phase::kTls, FailureClass::kTls, {"the answer is not TLS", "did you mean ws://?"}},
      {"tls-ssh", Phase::kTls, FailureClass::kTls, {"the answer is not TLS", "did you mean ws://?"}},
      {"tls-rst-after-handshake", Phase::kUpgrade, FailureClass::kTcp, {"Connection reset by peer"}},
      {"tls-fin-after-handshake", Phase::kUpgrade, FailureClass::kTcp, {"the connection ended before the answer"}},
      {"tls-stall-after-handshake", Phase::kUpgrade, FailureClass::kDeadline, {"upgrade took"}, "upgrade: 200ms"},
      {"tls-fin-mid-101", Phase::kUpgrade, FailureClass::kTcp, {"the connection ended before the answer"}},
      {"tls-fin-after-101", Phase::kMessage, FailureClass::kClose, {"close: 1006", "certificate: /CN=hostile target"}},
      {"tls-expired", Phase::kTls, FailureClass::kTls, {"certificate has expired", "certificate: /CN=expired"}},
      {"tls-not-yet-valid", Phase::kTls, FailureClass::kTls, {"not yet valid", "certificate: /CN=not yet valid"}},
      {"tls-wrong-host",
       Phase::kTls,
       FailureClass::kTls,
       {"IP address mismatch: the certificate is for elsewhere.example, asked for 127.0.0.1",
        "certificate: /CN=elsewhere"}},
      {"tls-self-signed", Phase::kTls, FailureClass::kTls, {"self-signed certificate", "issuer=/CN=hostile target"}},
      {"tls-unknown-authority",
       Phase::kTls,
       FailureClass::kTls,
       {"unable to get local issuer certificate", "issuer=/CN=somebody else's authority"}},
      {"tls-1.1-only", Phase::kTls, FailureClass::kTls, {"protocol version"}},
      {"tls-h2-only", Phase::kTls, FailureClass::kTls, {"no application protocol"}},
      {"tls-alert-on-plain-port",
       Phase::kUpgrade,
       FailureClass::kProtocol,
       {"the answer is not HTTP/1.1", "the port speaks TLS; did you mean wss://?"}},
      {"tls-on-plain-port",
       Phase::kUpgrade,
       FailureClass::kTcp,
       {"the connection ended before the answer", "the port may speak TLS; did you mean wss://?"}},
  };
  cases.insert(cases.end(), others.begin(), others.end());
  return cases;
}

namespace {

class HostileConnection : public ::testing::TestWithParam<HostileCase> {};
TEST_P(HostileConnection, IsNamedExactly) { ExpectVerdict(GetParam()); }
INSTANTIATE_TEST_SUITE_P(Tcp, HostileConnection, ::testing::ValuesIn(TcpCases()), TestName);
INSTANTIATE_TEST_SUITE_P(Tls, HostileConnection, ::testing::ValuesIn(TlsCases()), TestName);

// How many bytes the 101 has.
std::size_t BytesOf101() {
  // {accept} is 8 bytes, the value 28.
  return hostile::SwitchingProtocols().size() - 8 + 28;
}

std::string EachByteSuite(const std::string& url, const std::string& fault, std::size_t first, std::size_t last) {
  std::string numbers;
  for (std::size_t byte = first; byte <= last; ++byte) numbers += fmt::format("{}{}", byte == first ? "" : ", ", byte);
  return fmt::format(
      "version: wsfleet/v1\nname: hostile\ntarget: {}\ndefaults: {{phases: {{upgrade: {}}}}}\n"
      "scenarios:\n  - name: one\n    matrix: {{byte: [{}]}}\n    steps:\n"
      "      - connect: {{path: \"/fault/{}/${{byte}}\", within: 60s}}\n      - ping: {{}}\n",
      url, fault == "stall-at-byte" ? "60ms" : "60s", numbers, fault);
}

// A case for each byte; four engines at once.
void ExpectAtEachByte(const std::string& fault, FailureClass failure_class) {
  constexpr std::size_t kEngines = 4;
  hostile::Server server;
  const std::size_t last = BytesOf101() - 1;
  std::vector<std::unique_ptr<SuiteRun>> runs;
  for (std::size_t i = 0; i < kEngines; ++i) {
    const std::size_t begin = 1 + last * i / kEngines, end = last * (i + 1) / kEngines;
    runs.push_back(std::make_unique<SuiteRun>(EachByteSuite(server.url(), fault, begin, end)));
  }
  std::size_t cases = 0;
  for (const auto& run : runs) {
    for (const CaseResult& result : run->Results()) {
      ++cases;
      ASSERT_TRUE(result.failure.has_value()) << result.scenario;
      EXPECT_EQ(result.failure->phase, Phase::kUpgrade) << result.scenario << '\n' << EvidenceText(result);
      EXPECT_EQ(result.failure->failure_class, failure_class) << result.scenario << '\n' << EvidenceText(result);
    }
  }
  EXPECT_EQ(cases, last);
}

TEST(HostileConnection, ThatEndsAtAnyByteOfThe101IsTcp) {
  ExpectAtEachByte("fin-at-byte", FailureClass::kTcp);
  ExpectAtEachByte("rst-at-byte", FailureClass::kTcp);
}

TEST(HostileConnection, ThatStallsAtAnyByteOfThe101IsADeadline) {
  ExpectAtEachByte("stall-at-byte", FailureClass::kDeadline);
}

}  // namespace
}  // namespace wsfleet::testing
