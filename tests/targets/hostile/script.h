#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

// What a peer does on one connection, as data: one act after the other. A script that ends does as Finish() says.
namespace wsfleet::hostile {

struct Act {
  enum class Kind {
    kReadByte,   // one byte of what the client sends
    kReadHead,   // up to and with the empty line
    kReadFrame,  // one frame
    kSend,       // `bytes`; {accept} in them becomes the value for the client's key (RFC 6455, 4.2.2)
    kSendPart,   // as many of them as the number at the end of the request's path says
    kRepeat,     // `bytes` again and again, until the client goes, at most kMaxFlood
    kDrip,       // one byte of `bytes` each `pause`
    kPause,      // `pause`
    kServe,      // a good peer: answers pings and a close frame, echoes messages
    kFinish,     // ends our direction of TCP (FIN), and waits until the client goes
    kReset,      // RST
    kHold,       // says nothing more until the client goes
  };
  Kind kind = Kind::kHold;
  std::string bytes = {};
  std::chrono::milliseconds pause{0};
};
using Script = std::vector<Act>;

constexpr std::uint64_t kMaxFlood = std::uint64_t{1} << 30;

Act ReadByte();
Act ReadHead();
Act ReadFrame();
Act Send(std::string bytes);
Act SendPart(std::string bytes);
Act Repeat(std::string bytes);
Act Drip(std::string bytes);
Act Pause(std::chrono::milliseconds pause);
Act Serve();
Act Finish();
Act Reset();
Act Hold();

}  // namespace wsfleet::hostile
