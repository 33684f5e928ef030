#include "agent/engine/traffic.h"

#include "gtest/gtest.h"

namespace wsfleet::engine {
namespace {

TEST(Traffic, CountsMessagesByDirectionAndOpcode) {
  Traffic traffic({});
  traffic.CountMessage(true, Opcode::kText);
  traffic.CountMessage(true, Opcode::kText);
  traffic.CountMessage(false, Opcode::kPing);
  EXPECT_EQ(traffic.messages(true, Opcode::kText), 2u);
  EXPECT_EQ(traffic.messages(false, Opcode::kText), 0u);
  EXPECT_EQ(traffic.messages(false, Opcode::kPing), 1u);
}

TEST(Traffic, TellsSoManyCloseCodesApartAndNoMore) {
  Traffic traffic({});
  const auto codes = static_cast<std::uint16_t>(Traffic::kMaxCodes);
  for (std::uint16_t i = 0; i < codes + 3; ++i) traffic.CountClose(static_cast<std::uint16_t>(3000 + i));
  traffic.CountClose(3000);
  const auto closes = traffic.closes();
  EXPECT_EQ(closes.size(), Traffic::kMaxCodes + 1);
  EXPECT_EQ(closes.at(3000), 2u);
  EXPECT_EQ(closes.at(Traffic::kFurtherCodes), 3u);
}

TEST(Traffic, HandsEachConnectionAndEventOnOnce) {
  int connections = 0, events = 0;
  Traffic::Observer observer;
  observer.on_connection = [&](const PhaseTimings& timings) {
    ++connections;
    EXPECT_EQ(timings.tls, absl::Milliseconds(3));
  };
  observer.on_event = [&](const std::string& event, absl::Duration latency) {
    ++events;
    EXPECT_EQ(event, "accepted");
    EXPECT_EQ(latency, absl::Milliseconds(4));
  };
  const Traffic traffic(observer);
  PhaseTimings timings;
  timings.tls = absl::Milliseconds(3);
  traffic.NoteConnection(timings);
  EXPECT_EQ(connections, 1);
  traffic.NoteEvent("accepted", absl::Milliseconds(4));
  EXPECT_EQ(events, 1);
  Traffic({}).NoteConnection(timings);
  Traffic({}).NoteEvent("accepted", absl::Milliseconds(4));
}

}  // namespace
}  // namespace wsfleet::engine
