#include "agent/engine/head_gate.h"

#include <string>

#include "gtest/gtest.h"

namespace wsfleet::testing {
namespace {

using engine::HeadGate;

const std::string kHead = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n";

// What is read of these bytes, in one piece and byte for byte.
void ExpectRead(const std::string& received, const std::string& read) {
  for (const std::size_t size : {received.size(), std::size_t{1}}) {
    HeadGate gate;
    std::string all;
    for (std::size_t at = 0; at < received.size(); at += size) {
      gate.Take(std::string_view(received).substr(at, size));
      while (!gate.ready().empty()) {
        all += gate.ready();
        gate.Consume(gate.ready().size());
      }
    }
    EXPECT_EQ(all, read) << size;
  }
}

TEST(HeadGate, PassesAnswersOnAsTheyAre) {
  for (const char* answer :
       {"HTTP/1.1 403 Forbidden\r\nX-A: b\r\n\r\nbody", "SSH-2.0-OpenSSH_9.2\r\n", "HTTP/1.1 1O1 X",
        "HTTP/1.1 101 X\nUpgrade: websocket\n\n", "HTTP/1.1 2", "HTTP/2 101 X\r\n\r\n", "\x16\x03"}) {
    ExpectRead(answer, answer);
  }
}

TEST(HeadGate, LeavesInterimAnswersOut) {
  const std::string hints = "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n", refusal = "HTTP/1.1 403 No\r\n\r\nbody";
  ExpectRead(hints + "HTTP/1.1 100 Continue\r\n\r\n" + refusal, refusal);
  HeadGate gate;
  gate.Take(hints + refusal);
  EXPECT_EQ(gate.record(), refusal);
}

TEST(HeadGate, PassesOfA101OnlyWhatAnUpgradeIsJudgedBy) {
  const std::string filler = "X-Filler: " + std::string(20'000, 'x') + "\r\n";
  ExpectRead(kHead + filler + "SEC-WebSocket-Accept: abc\r\n\r\n", kHead + "SEC-WebSocket-Accept: abc\r\n\r\n");
  ExpectRead(kHead, "");
}

TEST(HeadGate, KeepsWhatFollowsA101ForTheNextRead) {
  HeadGate gate;
  gate.Take(kHead + "\r\nframes");
  EXPECT_EQ(gate.ready(), kHead + "\r\n");
  gate.Consume(gate.ready().size());
  gate.Take(" and more");
  EXPECT_EQ(gate.ready(), "frames and more");
  EXPECT_EQ(gate.record(), kHead + "\r\nframes and more");
}

TEST(HeadGate, HoldsNoMoreThanAHead) {
  HeadGate gate;
  gate.Take(kHead);
  for (int i = 0; i < 1000 && gate.ready().empty(); ++i) gate.Take(std::string(1000, 'x'));
  EXPECT_GT(gate.ready().size(), HeadGate::kMaxHead);
  EXPECT_LE(gate.ready().size(), HeadGate::kMaxHead + 1000);
  EXPECT_LE(gate.record().size(), HeadGate::kMaxRecorded);
}

}  // namespace
}  // namespace wsfleet::testing
