#include <utility>

#include "tests/targets/hostile/bytes.h"
#include "tests/targets/hostile/fault.h"

// A 101 that is none (RFC 6455, 4.1 and 4.2.2).
namespace wsfleet::hostile {
namespace {

constexpr char kUpgrade[] = "Upgrade: websocket\r\n";
constexpr char kConnection[] = "Connection: Upgrade\r\n";
constexpr char kAccept[] = "Sec-WebSocket-Accept: {accept}\r\n";
constexpr char kWrongAccept[] = "Sec-WebSocket-Accept: AAAAAAAAAAAAAAAAAAAAAAAAAAA=\r\n";

Fault Switches(std::string name, std::string what, std::string bytes) {
  return {std::move(name), std::move(what), Layer::kUpgrade, {Send(std::move(bytes)), Serve()}};
}

Fault WithFields(std::string name, std::string what, const std::string& fields) {
  return Switches(std::move(name), std::move(what), SwitchWith(fields));
}

}  // namespace

std::vector<Fault> UpgradeFaults() {
  const std::string upgrade = kUpgrade, connection = kConnection, accept = kAccept;
  std::string large = "X-Filler: " + std::string(70 * 1024, 'x') + "\r\n";
  return {
      WithFields("accept-wrong", "Sec-WebSocket-Accept of another key", upgrade + connection + kWrongAccept),
      WithFields("accept-missing", "no Sec-WebSocket-Accept", upgrade + connection),
      WithFields("accept-empty", "an empty Sec-WebSocket-Accept", upgrade + connection + "Sec-WebSocket-Accept:\r\n"),
      WithFields("accept-twice", "Sec-WebSocket-Accept twice, the second wrong",
                 upgrade + connection + accept + kWrongAccept),
      WithFields("upgrade-missing", "no Upgrade", connection + accept),
      WithFields("upgrade-h2c", "Upgrade: h2c", "Upgrade: h2c\r\n" + connection + accept),
      WithFields("connection-missing", "no Connection", upgrade + accept),
      WithFields("connection-close", "Connection: close", upgrade + "Connection: close\r\n" + accept),
      Switches("extension-unsolicited", "an extension that was not offered",
               SwitchingProtocols("Sec-WebSocket-Extensions: permessage-deflate\r\n")),
      Switches("subprotocol-unoffered", "a subprotocol that was not offered",
               SwitchingProtocols("Sec-WebSocket-Protocol: chat.v9\r\n")),
      Switches("subprotocol-list", "both subprotocols that were offered, in one field",
               SwitchingProtocols("Sec-WebSocket-Protocol: chat.v1, chat.v2\r\n")),
      Switches("subprotocol-twice", "both subprotocols that were offered, in two fields",
               SwitchingProtocols("Sec-WebSocket-Protocol: chat.v1\r\nSec-WebSocket-Protocol: chat.v2\r\n")),
      Switches("http-1.0-101", "a 101 of HTTP/1.0", "HTTP/1.0" + SwitchingProtocols().substr(8)),
      Switches("head-70k-101", "a 101 with a field of 70 KiB", SwitchingProtocols(large)),
      Switches("html-after-101", "a right 101, then HTML", SwitchingProtocols() + "<html>hello</html>"),
  };
}

}  // namespace wsfleet::hostile
