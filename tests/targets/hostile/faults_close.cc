#include <utility>

#include "fmt/format.h"
#include "tests/targets/hostile/bytes.h"
#include "tests/targets/hostile/fault.h"

// The end of a WebSocket connection (RFC 6455, 7).
namespace wsfleet::hostile {
namespace {

Fault Ends(std::string name, std::string what, Script script) {
  script.insert(script.begin(), Send(SwitchingProtocols()));
  return {std::move(name), std::move(what), Layer::kClose, std::move(script)};
}

}  // namespace

std::vector<Fault> CloseFaults() {
  std::vector<Fault> faults{
      Ends("close-one-byte", "a close frame with half a code", {Send(Frame(kCloseFrame, "\x03")), Serve()}),
      Ends("close-reason-not-utf8", "a close reason that is not UTF-8", {Send(CloseFrame(1000, "a\xFF")), Serve()}),
      Ends("close-without-code", "a close frame without a code", {Send(Frame(kCloseFrame, "")), Finish()}),
      Ends("data-after-close", "a message after the close frame",
           {Send(CloseFrame(1000, "bye") + Event("late")), Finish()}),
      Ends("flood-after-close", "messages without end after the close frame",
           {Send(CloseFrame(1000, "bye")), Repeat(Event("late"))}),
      Ends("close-then-hold", "a close frame, and TCP stays open", {Send(CloseFrame(1000, "bye")), Hold()}),
      Ends("close-unanswered", "our close frame is not answered", {Hold()}),
      Ends("ping-unanswered", "our ping is not answered", {Hold()}),
      Ends("pong-wrong", "a pong with another payload than the ping",
           {ReadFrame(), Send(Frame(kPongFrame, "wrong")), Hold()}),
      Ends("fin-after-message", "a message, then FIN without a close frame", {Send(Event("hello")), Finish()}),
      Ends("rst-after-message", "a message, then RST", {Send(Event("hello")), Reset()}),
      Ends("close-script", "a reason with markup and control characters",
           {Send(CloseFrame(4000, "<script>alert(1)</script>\x1B[31m")), Serve()}),
      Ends("close-1008-after-message", "a message, then 1008",
           {Send(Event("hello") + CloseFrame(1008, "policy")), Serve()}),
  };
  // No code of these may stand in a frame (RFC 6455, 7.4).
  for (const std::uint16_t code : {0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65535}) {
    faults.push_back(Ends(fmt::format("close-{}", code), fmt::format("a close frame with the code {}", code),
                          {Send(CloseFrame(code)), Serve()}));
  }
  for (const std::uint16_t code : {1000, 1001, 1008, 1011, 1014, 4401, 4403, 4999}) {
    faults.push_back(Ends(fmt::format("close-{}", code), fmt::format("{} before the first message", code),
                          {Send(CloseFrame(code, "not you")), Serve()}));
  }
  return faults;
}

}  // namespace wsfleet::hostile
