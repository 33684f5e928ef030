#include "tests/unit/engine/hostile_case.h"

// Answers to the upgrade.
namespace wsfleet::testing {

std::vector<HostileCase> HttpCases() {
  constexpr Phase kUpgrade = Phase::kUpgrade;
  constexpr FailureClass kNoWebSocket = FailureClass::kNotAWebSocket, kAuth = FailureClass::kAuth,
                         k4xx = FailureClass::kUpgradeRefused4xx, k5xx = FailureClass::kUpgradeRefused5xx,
                         kProtocol = FailureClass::kProtocol;
  return {
      {"status-200", kUpgrade, kNoWebSocket, {"status: 200 OK", "body: <html>welcome", "header: content-type: text/"}},
      {"status-204", kUpgrade, kNoWebSocket, {"status: 204 No Content"}},
      {"status-301", kUpgrade, kNoWebSocket, {"status: 301", "header: location: /fault/status-301"}},
      {"status-302", kUpgrade, kNoWebSocket, {"status: 302", "header: location: /fault/status-302"}},
      {"status-307", kUpgrade, kNoWebSocket, {"status: 307", "header: location: ws://169.254.169.254/"}},
      {"status-400", kUpgrade, k4xx, {"status: 400 Bad Request", "body: {\"detail\":\"bad request\"}"}},
      {"status-401",
       kUpgrade,
       kAuth,
       {"status: 401", "header: www-authenticate: ", "body: {\"detail\":\"token expired\"}"}},
      {"status-403", kUpgrade, kAuth, {"status: 403 Forbidden"}},
      {"status-404", kUpgrade, k4xx, {"status: 404 Not Found"}},
      {"status-426", kUpgrade, k4xx, {"status: 426 Upgrade Required"}},
      {"status-429", kUpgrade, k4xx, {"status: 429", "header: retry-after: 30"}},
      {"status-500",
       kUpgrade,
       k5xx,
       {"status: 500 Internal Server Error", "header: server: uvicorn", "body: Internal"}},
      {"status-502", kUpgrade, k5xx, {"status: 502 Bad Gateway", "header: server: nginx"}},
      {"status-503", kUpgrade, k5xx, {"status: 503", "header: retry-after: 5", "body: main"}},
      {"status-504", kUpgrade, k5xx, {"status: 504 Gateway Timeout", "header: via: 1.1 proxy"}},
      {"status-599", kUpgrade, k5xx, {"status: 599 Odd"}},
      {"status-999", kUpgrade, kNoWebSocket, {"status: 999 Odder"}},
      {"no-reason", kUpgrade, k5xx, {"status: 500 \n"}},
      {"body-short", kUpgrade, kAuth, {"status: 403 Forbidden", "body: main"}},
      {"body-stalls", kUpgrade, kAuth, {"status: 403 Forbidden"}, "upgrade: 500ms"},
      {"body-rst", kUpgrade, kAuth, {"status: 403 Forbidden", "body: main"}},
      {"body-endless", kUpgrade, kAuth, {"status: 403 Forbidden", "body: xxxx"}},
      {"chunk-extensions", kUpgrade, kAuth, {"status: 403 Forbidden"}},
      {"chunk-noise", kUpgrade, kAuth, {"status: 403 Forbidden"}},
      {"two-lengths", kUpgrade, kAuth, {"status: 403 Forbidden"}},
      {"head-20k", kUpgrade, kAuth, {"status: 403 Forbidden", "body: main"}},
      {"head-1m", kUpgrade, FailureClass::kConfig, {"message: ", "larger than"}},
      {"head-endless", kUpgrade, FailureClass::kConfig, {"larger than"}},
      {"status-line-endless", kUpgrade, FailureClass::kConfig, {"larger than"}},
      {"interim-endless", kUpgrade, FailureClass::kConfig, {"larger than"}},
      {"interim-then-403", kUpgrade, kAuth, {"status: 403 Forbidden", "body: main"}},
      {"interim-then-fin", kUpgrade, FailureClass::kTcp, {"the connection ended before the answer"}},
      {"field-without-colon", kUpgrade, kNoWebSocket, {"status: 200 OK"}},
      {"field-with-nul", kUpgrade, kNoWebSocket, {"status: 200 OK"}},
      {"lf-only", kUpgrade, kProtocol, {"the answer is not HTTP/1.1", "HTTP/1.1 403 Forbidden"}},
      {"status-of-letters", kUpgrade, kProtocol, {"the answer is not HTTP/1.1", "1O1 Switching"}},
      {"status-099", kUpgrade, kProtocol, {"the answer is not HTTP/1.1", "099 Low"}},
      {"h2-preface", kUpgrade, kProtocol, {"the answer is not HTTP/1.1"}},
      {"ssh-banner", kUpgrade, kProtocol, {"the answer is not HTTP/1.1", "SSH-2.0-OpenSSH_9.2p1"}},
      {"noise", kUpgrade, kProtocol, {"the answer is not HTTP/1.1"}},
      {"http-0.9", kUpgrade, kProtocol, {"the answer is not HTTP/1.1", "<html>hello</html>"}},
      {"noise-endless", kUpgrade, kProtocol, {"the answer is not HTTP/1.1"}},
      {"frame-instead-of-101", kUpgrade, kProtocol, {"the answer is not HTTP/1.1", "hello"}},
  };
}

std::vector<HostileCase> UpgradeCases() {
  constexpr Phase kUpgrade = Phase::kUpgrade;
  constexpr FailureClass kProtocol = FailureClass::kProtocol;
  const std::string broken = "message: the 101 breaks RFC 6455", offer = ", subprotocols: [chat.v1, chat.v2]";
  return {
      {"accept-wrong", kUpgrade, kProtocol, {broken, "header: sec-websocket-accept: AAAAAAAAAAA"}},
      {"accept-missing", kUpgrade, kProtocol, {broken, "Sec-WebSocket-Accept"}},
      {"accept-empty", kUpgrade, kProtocol, {broken, "Sec-WebSocket-Accept"}},
      {"accept-twice", kUpgrade, kProtocol, {broken, "sec-websocket-accept twice"}},
      {"upgrade-missing", kUpgrade, kProtocol, {broken, "Upgrade"}},
      {"upgrade-h2c", kUpgrade, kProtocol, {broken, "Upgrade"}},
      {"connection-missing", kUpgrade, kProtocol, {broken, "Connection"}},
      {"connection-close", kUpgrade, kProtocol, {broken, "Connection"}},
      {"extension-unsolicited", kUpgrade, kProtocol, {broken, "permessage-deflate"}},
      {"subprotocol-unoffered", kUpgrade, kProtocol, {broken, "chat.v9"}, "", offer},
      {"subprotocol-list", kUpgrade, kProtocol, {broken, "chat.v1, chat.v2"}, "", offer},
      {"subprotocol-twice", kUpgrade, kProtocol, {broken, "sec-websocket-protocol twice"}, "", offer},
      {"http-1.0-101", kUpgrade, kProtocol, {broken}},
      {"head-70k-101",
       kUpgrade,
       FailureClass::kConfig,
       {"message: the answer is larger than", "HTTP/1.1 101 Switching"}},
      {"html-after-101", Phase::kMessage, kProtocol, {"message: the target broke RFC 6455"}},
  };
}

namespace {

// The same answers to an http step.
std::vector<HostileCase> HttpStepCases() {
  constexpr FailureClass kStatus = FailureClass::kHttpStatus, kTcp = FailureClass::kTcp,
                         kProtocol = FailureClass::kProtocol;
  const std::vector<HostileCase> rows{
      {"status-302", Phase::kHttp, kStatus, {"status: 302", "header: location: /fault/status-302"}},
      {"status-401", Phase::kHttp, kStatus, {"status: 401", "body: {\"detail\":\"token expired\"}"}},
      {"status-500", Phase::kHttp, kStatus, {"expected a status of 2xx, found 500", "status: 500"}},
      {"interim-then-403", Phase::kHttp, kStatus, {"status: 403", "body: main"}},
      {"body-short", Phase::kHttp, kTcp, {"status: 403", "the connection ended before the answer was complete"}},
      {"body-rst", Phase::kHttp, kTcp, {"status: 403", "Connection reset by peer"}},
      {"body-endless", Phase::kHttp, FailureClass::kConfig, {"status: 403", "the answer is larger than"}},
      {"chunk-extensions", Phase::kHttp, FailureClass::kConfig, {"status: 403", "the answer is larger than"}},
      {"chunk-noise", Phase::kHttp, kProtocol, {"status: 403", "the answer is not HTTP/1.1"}},
      {"head-20k", Phase::kHttp, kStatus, {"status: 403", "body: main"}},
      {"head-endless", Phase::kHttp, FailureClass::kConfig, {"the answer is larger than"}},
      {"h2-preface", Phase::kHttp, kProtocol, {"the answer is not HTTP/1.1"}},
      {"ssh-banner", Phase::kHttp, kProtocol, {"the answer is not HTTP/1.1", "SSH-2.0-OpenSSH_9.2p1"}},
      {"noise-endless", Phase::kHttp, kProtocol, {"the answer is not HTTP/1.1"}},
      {"rst-after-request", Phase::kHttp, kTcp, {"Connection reset by peer"}},
      {"fin-mid-status-line", Phase::kHttp, kTcp, {"the connection ended before the answer was complete"}},
      {"stall-mid-field-name", Phase::kHttp, FailureClass::kDeadline, {"http took longer than"}, "", ", within: 200ms"},
      {"body-stalls", Phase::kHttp, FailureClass::kDeadline, {"http took longer than"}, "", ", within: 200ms"},
      {"connect-refused", Phase::kConnect, kTcp, {"Connection refused"}},
  };
  std::vector<HostileCase> cases = rows;
  for (HostileCase& row : cases) {
    row.http = true;
    row.steps = {"- http: {get: /healthy, expect: {status: 101}}"};
  }
  return cases;
}

class HostileUpgrade : public ::testing::TestWithParam<HostileCase> {};
TEST_P(HostileUpgrade, IsNamedExactly) { ExpectVerdict(GetParam()); }
INSTANTIATE_TEST_SUITE_P(Http, HostileUpgrade, ::testing::ValuesIn(HttpCases()), TestName);
INSTANTIATE_TEST_SUITE_P(HttpStep, HostileUpgrade, ::testing::ValuesIn(HttpStepCases()), TestName);
INSTANTIATE_TEST_SUITE_P(Upgrade, HostileUpgrade, ::testing::ValuesIn(UpgradeCases()), TestName);

}  // namespace
}  // namespace wsfleet::testing
