#pragma once

#include <mutex>
#include <string>

#include "tests/unit/engine/scripted_server.h"

namespace wsfleet::testing {

// A target that gives back whatever it was sent, in every place where an answer has room for it, and in every form.
// The path of a request says how: /PLACE/FORM.
//
// PLACE  ok      200, all of the request in the body
//        slow    the same, 50 ms later
//        body    500, the same
//        field   500, the value of X-Canary in X-Echo, Location and Set-Cookie
//        phrase  500, the same as the reason phrase
//        frame   101, then all of the request in a frame, and each frame in another
//        ping    101, then the value in a ping
//        close   101, then the value as the reason of a close frame, 4000
//        deny    101, then the same with 4401
// FORM   raw, base64, base64url, hex, url, json, unicode (each character as \uXXXX), jwt (as claims of a token that is
//        its own)
// A proxy is denied: 407, with all of the request in the body.
class EchoTarget {
 public:
  // Each request is written to `log`, as a target's own log would have it.
  explicit EchoTarget(std::string log);

  std::uint16_t port() const { return server_.port(); }
  std::string url() const { return server_.url(); }

 private:
  void Serve(ScriptedPeer& peer);
  void Answer(ScriptedPeer& peer, const std::string& place, const std::string& form, const std::string& request);
  void Log(const std::string& request);

  const std::string log_;
  std::mutex mutex_;
  ScriptedServer server_;
};

}  // namespace wsfleet::testing
