#include <utility>

#include "tests/targets/hostile/bytes.h"
#include "tests/targets/hostile/fault.h"

// Handshakes that end, stall or speak something else, and certificates that are not to be trusted.
namespace wsfleet::hostile {
namespace {

// The client speaks TLS, the port does as the script says.
Fault Plain(std::string name, std::string what, Script script) {
  return {std::move(name), std::move(what), Layer::kTls, std::move(script), Door::kPort, Tls::kNone, true};
}

// Both speak TLS; the script follows the handshake.
Fault Secured(std::string name, std::string what, Tls tls, Script script) {
  return {std::move(name), std::move(what), Layer::kTls, std::move(script), Door::kPort, tls, true};
}

Fault WithCertificate(std::string name, std::string what, Tls tls) {
  return Secured(std::move(name), std::move(what), tls, {ReadHead(), Send(SwitchingProtocols()), Serve()});
}

}  // namespace

std::vector<Fault> TlsFaults() {
  // The first bytes of a record that promises a ServerHello of 122 bytes (RFC 8446, 5.1).
  const std::string begun("\x16\x03\x03\x00\x7A\x02\x00\x00\x76\x03\x03", 11);
  std::vector<Fault> faults{
      Plain("tls-stall-at-hello", "no answer to the ClientHello", {Hold()}),
      Plain("tls-rst-at-hello", "RST after the first byte of the ClientHello", {ReadByte(), Reset()}),
      Plain("tls-fin-at-hello", "FIN after the first byte of the ClientHello", {ReadByte(), Finish()}),
      Plain("tls-stall-mid-hello", "half a ServerHello, then silence", {ReadByte(), Send(begun), Hold()}),
      Plain("tls-rst-mid-hello", "half a ServerHello, then RST", {ReadByte(), Send(begun), Reset()}),
      Plain("tls-fin-mid-hello", "half a ServerHello, then FIN", {ReadByte(), Send(begun), Finish()}),
      Plain("tls-alert", "the alert handshake_failure",
            {ReadByte(), Send({"\x15\x03\x03\x00\x02\x02\x28", 7}), Finish()}),
      Plain("tls-noise", "noise instead of a ServerHello", {ReadByte(), Send(std::string(64, '\xA5')), Finish()}),
      Plain("tls-http", "plain HTTP on a port for TLS",
            {ReadByte(), Send(Answer("400 Bad Request", "this port speaks HTTP")), Finish()}),
      Plain("tls-ssh", "SSH on a port for TLS", {Send("SSH-2.0-OpenSSH_9.2\r\n"), Hold()}),
      Secured("tls-rst-after-handshake", "RST after the handshake", Tls::kGood, {ReadHead(), Reset()}),
      Secured("tls-fin-after-handshake", "FIN without close_notify after the handshake", Tls::kGood,
              {ReadHead(), Finish()}),
      Secured("tls-stall-after-handshake", "silence after the handshake", Tls::kGood, {Hold()}),
      Secured("tls-fin-mid-101", "FIN without close_notify in the head", Tls::kGood,
              {ReadHead(), Send("HTTP/1.1 101 Switching"), Finish()}),
      Secured("tls-fin-after-101", "FIN without close_notify after the 101", Tls::kGood,
              {ReadHead(), Send(SwitchingProtocols()), Finish()}),
      WithCertificate("tls-expired", "a certificate that has expired", Tls::kExpired),
      WithCertificate("tls-not-yet-valid", "a certificate of tomorrow", Tls::kNotYetValid),
      WithCertificate("tls-wrong-host", "a certificate of another host", Tls::kWrongHost),
      WithCertificate("tls-self-signed", "a certificate that signed itself", Tls::kSelfSigned),
      WithCertificate("tls-unknown-authority", "a certificate of an authority that nobody trusts",
                      Tls::kUnknownAuthority),
      WithCertificate("tls-1.1-only", "no version newer than TLS 1.1", Tls::kVersion11),
      WithCertificate("tls-h2-only", "ALPN without http/1.1", Tls::kOnlyH2),
  };
  faults.push_back({"tls-alert-on-plain-port",
                    "the alert unexpected_message for plain HTTP",
                    Layer::kTls,
                    {ReadByte(), Send({"\x15\x03\x01\x00\x02\x02\x0A", 7}), Finish()},
                    Door::kPort});
  faults.push_back({"tls-on-plain-port", "TLS on a port for plain HTTP", Layer::kTls, {}, Door::kPort, Tls::kGood});
  return faults;
}

}  // namespace wsfleet::hostile
