#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tests/targets/hostile/script.h"

// The table of faults: what a target can do wrong, from the name to the last frame.
namespace wsfleet::hostile {

enum class Layer { kDns, kTcp, kTls, kHttp, kUpgrade, kFrames, kClose, kApplication };

// Where a client meets the fault.
enum class Door {
  kPath,     // /fault/NAME of the shared ports: the script begins after the request's head
  kPort,     // a port of its own: the script begins when the connection is accepted, or with `tls` after the handshake
  kRefused,  // a port where nothing listens
  kFull,     // a port whose queue of connections is full: SYNs are not answered
  kNoName,   // a name that does not exist (RFC 6761, 6.4)
};

// What the port speaks.
enum class Tls {
  kNone,
  kGood,
  kExpired,
  kNotYetValid,
  kWrongHost,
  kSelfSigned,
  kUnknownAuthority,
  kVersion11,  // no newer one
  kOnlyH2,     // ALPN without http/1.1
};

struct Fault {
  std::string name;
  std::string what;
  Layer layer = Layer::kHttp;
  Script script;
  Door door = Door::kPath;
  Tls tls = Tls::kNone;
  bool wss = false;  // whether a client comes with TLS; of kPath: as it likes
};

// All of them, by layer. The same at each call.
const std::vector<Fault>& AllFaults();
// Null if there is none of this name.
const Fault* FindFault(std::string_view name);
std::string_view LayerName(Layer layer);  // "upgrade"
// "/fault/NAME"
std::string PathOf(const Fault& fault);

// What a peer does that does nothing wrong, after the request's head.
const Script& HealthyScript();

// The parts of the table.
std::vector<Fault> TcpFaults();
std::vector<Fault> TlsFaults();
std::vector<Fault> HttpFaults();
std::vector<Fault> UpgradeFaults();
std::vector<Fault> FrameFaults();
std::vector<Fault> CloseFaults();
std::vector<Fault> ApplicationFaults();

}  // namespace wsfleet::hostile
