#include <utility>

#include "tests/targets/hostile/bytes.h"
#include "tests/targets/hostile/fault.h"

// Names that do not exist, ports that do not answer, and connections that end or stall at each phase.
namespace wsfleet::hostile {
namespace {

struct Ending {
  std::string name, what;
  Act act;
};
const std::vector<Ending>& Endings() {
  static const std::vector<Ending> kEndings{
      {"rst", "RST ", Reset()}, {"fin", "FIN ", Finish()}, {"stall", "silence ", Hold()}};
  return kEndings;
}

// Each ending at this place, before the request's head is read.
void AtPort(const std::string& where, const std::string& what, const Script& before, std::vector<Fault>& faults) {
  for (const Ending& ending : Endings()) {
    Script script = before;
    script.push_back(ending.act);
    faults.push_back({ending.name + "-" + where, ending.what + what, Layer::kTcp, std::move(script), Door::kPort});
  }
}

// Each ending after these bytes of the answer.
void AfterBytes(const std::string& where, const std::string& what, const std::string& bytes,
                std::vector<Fault>& faults) {
  for (const Ending& ending : Endings()) {
    Script script;
    if (!bytes.empty()) script.push_back(Send(bytes));
    script.push_back(ending.act);
    faults.push_back({ending.name + "-" + where, ending.what + what, Layer::kTcp, std::move(script)});
  }
}

// At a byte that the client chooses: /fault/NAME/17.
void AtEachByte(std::vector<Fault>& faults) {
  for (const Ending& ending : Endings()) {
    Script script{SendPart(SwitchingProtocols()), ending.act};
    faults.push_back({ending.name + "-at-byte",
                      ending.what + "after as many bytes of the 101 as the path's number says", Layer::kTcp,
                      std::move(script)});
  }
}

}  // namespace

std::vector<Fault> TcpFaults() {
  std::vector<Fault> faults{
      {"dns-no-such-name", "a name that does not exist", Layer::kDns, {}, Door::kNoName},
      {"connect-refused", "a port where nothing listens", Layer::kTcp, {}, Door::kRefused},
      {"connect-silence", "SYNs are not answered", Layer::kTcp, {}, Door::kFull},
  };
  AtPort("at-accept", "before a byte is read", {}, faults);
  AtPort("mid-request", "after the first byte of the request", {ReadByte()}, faults);
  AfterBytes("after-request", "instead of an answer", "", faults);
  AfterBytes("mid-status-line", "in the status line", "HTTP/1.1 10", faults);
  AfterBytes("after-status-line", "after the status line", "HTTP/1.1 101 Switching Protocols\r\n", faults);
  AfterBytes("mid-field-name", "in the name of a field", "HTTP/1.1 101 Switching Protocols\r\nUpgr", faults);
  const std::string whole = SwitchingProtocols();
  AfterBytes("mid-field-value", "in the value of a field", whole.substr(0, whole.find("{accept}")), faults);
  AfterBytes("before-empty-line", "where the empty line should follow", whole.substr(0, whole.size() - 2), faults);
  AfterBytes("before-last-byte", "before the last byte of the head", whole.substr(0, whole.size() - 1), faults);
  AtEachByte(faults);
  AfterBytes("after-101", "after the 101", whole, faults);
  AfterBytes("mid-frame-header", "in the header of a frame", whole + "\x81", faults);
  AfterBytes("mid-payload", "in the payload of a frame", whole + "\x81\x10{\"type\":", faults);
  faults.push_back({"drip-101", "the 101, one byte at a time", Layer::kTcp, {Drip(whole), Serve()}});
  faults.push_back({"drip-frame",
                    "a frame, one byte at a time",
                    Layer::kTcp,
                    {Send(whole), Drip(Frame(kTextFrame, std::string(100'000, 'x')))}});
  return faults;
}

}  // namespace wsfleet::hostile
