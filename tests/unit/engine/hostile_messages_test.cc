#include "fmt/format.h"
#include "tests/unit/engine/hostile_case.h"

// Frames, the end of a connection, and events.
namespace wsfleet::testing {

std::vector<HostileCase> FrameCases() {
  constexpr Phase kMessage = Phase::kMessage;
  constexpr FailureClass kOverflow = FailureClass::kInboxOverflow;
  std::vector<HostileCase> cases;
  for (const char* fault : {"masked",
                            "rsv1",
                            "rsv2",
                            "rsv3",
                            "rsv1-on-ping",
                            "opcode-3",
                            "opcode-b",
                            "ping-fragmented",
                            "ping-too-long",
                            "close-too-long",
                            "continuation-of-nothing",
                            "text-inside-message",
                            "length-126-for-5",
                            "length-127-for-5",
                            "length-high-bit",
                            "utf8-invalid",
                            "utf8-overlong",
                            "utf8-surrogate",
                            "utf8-cut-short",
                            "utf8-split"}) {
    cases.push_back({fault, kMessage, FailureClass::kProtocol, {"message: the target broke RFC 6455"}});
  }
  const std::string compress = ", compress: true";
  const std::vector<HostileCase> limits{
      {"deflate-noise", kMessage, FailureClass::kProtocol, {"compressed message cannot be expanded"}, "", compress},
      {"deflate-rsv1-on-continuation", kMessage, FailureClass::kProtocol, {"broke RFC 6455"}, "", compress},
      {"deflate-bomb", kMessage, kOverflow, {"this agent takes no larger ones"}, "", compress},
      {"length-2-62", kMessage, kOverflow, {"this agent takes no larger ones"}},
      {"message-too-large", kMessage, kOverflow, {"this agent takes no larger ones"}},
      {"fragments-too-large", kMessage, kOverflow, {"this agent takes no larger ones"}},
      {"fragments-empty", kMessage, kOverflow, {"fragments"}},
      {"fragments-of-one-byte", kMessage, kOverflow, {"fragments"}},
      {"ping-flood", kMessage, kOverflow, {"pings and pongs"}},
      {"pong-flood", kMessage, kOverflow, {"pings and pongs"}},
      {"message-flood",
       kMessage,
       kOverflow,
       {"more frames arrived than the inbox holds"},
       "",
       "",
       {"- expect: {match: {$.type: never}, within: 60s}", "- expect: {match: {$.type: noise}}"}},
  };
  cases.insert(cases.end(), limits.begin(), limits.end());
  return cases;
}

std::vector<HostileCase> CloseCases() {
  constexpr Phase kMessage = Phase::kMessage;
  constexpr FailureClass kProtocol = FailureClass::kProtocol, kClosed = FailureClass::kClose,
                         kDeadline = FailureClass::kDeadline;
  const std::string broken = "message: the target broke RFC 6455";
  std::vector<HostileCase> cases{
      {"close-one-byte", kMessage, kProtocol, {broken}},
      {"close-reason-not-utf8", kMessage, kProtocol, {broken}},
      {"close-without-code", kMessage, kClosed, {"close: 1005"}},
      {"data-after-close", kMessage, kClosed, {"close: 1000 bye"}},
      {"flood-after-close", kMessage, kClosed, {"close: 1000 bye"}},
      {"close-then-hold", kMessage, kClosed, {"close: 1000 bye"}},
      {"close-unanswered",
       Phase::kClose,
       kDeadline,
       {"no answering close frame"},
       "close: 200ms",
       ", expect: {header: {upgrade: websocket}}",
       {"- close: {}"}},
      {"ping-unanswered", kMessage, kDeadline, {"no pong within 200ms"}, "", "", {"- ping: {within: 200ms}"}},
      {"pong-wrong", kMessage, kDeadline, {"no pong within 200ms"}, "", "", {"- ping: {within: 200ms}"}},
      {"fin-after-message", kMessage, kClosed, {"close: 1006"}},
      {"rst-after-message", kMessage, kClosed, {"close: 1006"}},
      {"close-script", kMessage, kClosed, {"close: 4000 <script>"}},
      {"close-1008-after-message", kMessage, kClosed, {"close: 1008 policy"}},
  };
  for (const int code : {0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65535}) {
    cases.push_back({fmt::format("close-{}", code), kMessage, kProtocol, {broken, "close code"}});
  }
  for (const int code : {1000, 1001, 1011, 1014, 4999}) {
    cases.push_back({fmt::format("close-{}", code), kMessage, kClosed, {fmt::format("close: {} not you", code)}});
  }
  for (const int code : {1008, 4401, 4403}) {
    cases.push_back(
        {fmt::format("close-{}", code), Phase::kOpen, FailureClass::kAuth, {fmt::format("close: {} not you", code)}});
  }
  return cases;
}

std::vector<HostileCase> ApplicationCases() {
  constexpr Phase kMessage = Phase::kMessage;
  const std::string all =
      "- expect_seq: {messages: [{match: {$.type: started}}, {match: {$.type: working}}, {match: {$.type: done}}], ";
  return {
      {"event-missing",
       kMessage,
       FailureClass::kEventMissing,
       {"matched 1", "came after 3"},
       "",
       "",
       {all + "within: 300ms}"}},
      {"event-twice",
       kMessage,
       FailureClass::kEventDuplicate,
       {"working"},
       "",
       "",
       {all + "within: 60s, unique: 100ms}"}},
      {"event-order",
       kMessage,
       FailureClass::kEventOrder,
       {"came in another order: 1 (frame 1), 3 (frame 2), 2 (frame 3)"},
       "",
       "",
       {all + "within: 500ms}"}},
      {"event-late",
       kMessage,
       FailureClass::kLatency,
       {"later than max_time 100ms"},
       "",
       "",
       {"- expect: {match: {$.type: done}, max_time: 100ms, within: 60s}"}},
      {"event-forbidden",
       kMessage,
       FailureClass::kEventForbidden,
       {"error"},
       "",
       "",
       {"- expect_none: {match: {$.type: error}, for: 60s}"}},
      {"event-wrong-type",
       kMessage,
       FailureClass::kAssertion,
       {"$.count"},
       "",
       "",
       {"- expect: {match: {$.type: done}, assert: {$.count: 3}, within: 60s}"}},
      {"event-not-json",
       kMessage,
       FailureClass::kEventMissing,
       {"within 200ms"},
       "",
       "",
       {"- expect: {match: {$.type: done}, within: 200ms}"}},
      {"event-binary",
       kMessage,
       FailureClass::kEventMissing,
       {"within 200ms"},
       "",
       "",
       {"- expect: {match: {$.type: done, opcode: text}, within: 200ms}"}},
  };
}

namespace {

class HostileMessages : public ::testing::TestWithParam<HostileCase> {};
TEST_P(HostileMessages, AreNamedExactly) { ExpectVerdict(GetParam()); }
INSTANTIATE_TEST_SUITE_P(Frames, HostileMessages, ::testing::ValuesIn(FrameCases()), TestName);
INSTANTIATE_TEST_SUITE_P(Close, HostileMessages, ::testing::ValuesIn(CloseCases()), TestName);
INSTANTIATE_TEST_SUITE_P(Application, HostileMessages, ::testing::ValuesIn(ApplicationCases()), TestName);

}  // namespace
}  // namespace wsfleet::testing
