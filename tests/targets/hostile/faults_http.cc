#include <utility>

#include "tests/targets/hostile/bytes.h"
#include "tests/targets/hostile/fault.h"

// Answers that refuse, answers that are cut short or have no end, and answers that are not HTTP.
namespace wsfleet::hostile {
namespace {

constexpr char kOk[] = "HTTP/1.1 200 OK\r\n";
constexpr char kForbidden[] = "HTTP/1.1 403 Forbidden\r\n";

Fault Says(std::string name, std::string what, std::string bytes) {
  return {std::move(name), std::move(what), Layer::kHttp, {Send(std::move(bytes)), Finish()}};
}

Fault Does(std::string name, std::string what, Script script) {
  return {std::move(name), std::move(what), Layer::kHttp, std::move(script)};
}

void AddStatuses(std::vector<Fault>& faults) {
  struct Refusal {
    std::string status, body, fields;
  };
  const std::vector<Refusal> refusals{
      {"200 OK", "<html>welcome</html>", "Content-Type: text/html\r\n"},
      {"301 Moved Permanently", "", "Location: /fault/status-301\r\n"},
      {"302 Found", "", "Location: /fault/status-302\r\n"},
      {"307 Temporary Redirect", "", "Location: ws://169.254.169.254/\r\n"},
      {"400 Bad Request", R"({"detail":"bad request"})", ""},
      {"401 Unauthorized", R"({"detail":"token expired"})", "WWW-Authenticate: Bearer error=\"invalid_token\"\r\n"},
      {"403 Forbidden", "", ""},
      {"404 Not Found", R"({"detail":"Not Found"})", ""},
      {"426 Upgrade Required", "", "Upgrade: websocket\r\nSec-WebSocket-Version: 8\r\n"},
      {"429 Too Many Requests", "slow down", "Retry-After: 30\r\n"},
      {"500 Internal Server Error", "Internal Server Error", "Server: uvicorn\r\n"},
      {"502 Bad Gateway", "<html>nginx</html>", "Server: nginx\r\n"},
      {"503 Service Unavailable", "main", "Retry-After: 5\r\n"},
      {"504 Gateway Timeout", "", "Via: 1.1 proxy\r\n"},
      {"599 Odd", "", ""},
      {"999 Odder", "", ""},
  };
  for (const Refusal& refusal : refusals) {
    faults.push_back(Says("status-" + refusal.status.substr(0, 3), "the answer " + refusal.status,
                          Answer(refusal.status, refusal.body, refusal.fields)));
  }
  faults.push_back(Says("status-204", "the answer 204 without Content-Length", "HTTP/1.1 204 No Content\r\n\r\n"));
  faults.push_back(Says("no-reason", "a 500 without reason phrase and body", Answer("500", "")));
}

void AddBodies(std::vector<Fault>& faults) {
  const std::string forbidden = kForbidden;
  faults.push_back(Says("body-short", "a 403 with 4 of 1000 bytes", forbidden + "Content-Length: 1000\r\n\r\nmain"));
  faults.push_back(
      Does("body-stalls", "a 403 whose body never comes", {Send(forbidden + "Content-Length: 1000\r\n\r\n"), Hold()}));
  faults.push_back(
      Does("body-rst", "a 403, and RST in its body", {Send(forbidden + "Content-Length: 1000\r\n\r\nmain"), Reset()}));
  faults.push_back(Does("body-endless", "a 403 with a body without end",
                        {Send(forbidden + "\r\n"), Repeat(std::string(64 * 1024, 'x'))}));
  faults.push_back(
      Does("chunk-extensions", "a 403 with a chunk extension without end",
           {Send(forbidden + "Transfer-Encoding: chunked\r\n\r\n5;"), Repeat(std::string(64 * 1024, 'e'))}));
  faults.push_back(Says("chunk-noise", "a 403 whose chunk has no size",
                        forbidden + "Transfer-Encoding: chunked\r\n\r\nzz\r\nmain\r\n"));
  faults.push_back(Says("two-lengths", "a 403 with two Content-Lengths",
                        forbidden + "Content-Length: 4\r\nContent-Length: 5\r\n\r\nmain"));
}

void AddHeads(std::vector<Fault>& faults) {
  const std::string filler = "X-Filler: " + std::string(1014, 'x') + "\r\n";
  std::string twenty;
  for (int i = 0; i < 20; ++i) twenty += filler;
  faults.push_back(Says("head-20k", "a 403 with a head of 20 KiB", Answer("403 Forbidden", "main", twenty)));
  faults.push_back(Does(
      "head-1m", "a field of 1 MiB",
      {Send(kForbidden + ("X-Filler: " + std::string(1 << 20, 'x')) + "\r\nContent-Length: 0\r\n\r\n"), Finish()}));
  faults.push_back(Does("head-endless", "fields without end", {Send(kOk), Repeat(filler)}));
  faults.push_back(Does("status-line-endless", "a reason phrase without end",
                        {Send("HTTP/1.1 200 "), Repeat(std::string(4096, 'x'))}));
  faults.push_back(Does("interim-endless", "early hints without end", {Repeat("HTTP/1.1 103 Early Hints\r\n\r\n")}));
  faults.push_back(Does("interim-then-403", "an early hint, then a 403",
                        {Send("HTTP/1.1 103 Early Hints\r\n\r\n"), Send(Answer("403 Forbidden", "main")), Finish()}));
  faults.push_back(Says("interim-then-fin", "an early hint, then FIN", "HTTP/1.1 103 Early Hints\r\n\r\n"));
  faults.push_back(Says("field-without-colon", "a field without colon", kOk + std::string("nonsense\r\n\r\n")));
  faults.push_back(Says("field-with-nul", "a NUL in a field", kOk + std::string("X-A: a\0b\r\n\r\n", 12)));
  faults.push_back(Says("lf-only", "lines that end with LF only", "HTTP/1.1 403 Forbidden\nContent-Length: 0\n\n"));
  faults.push_back(Says("status-of-letters", "a status that is no number", "HTTP/1.1 1O1 Switching Protocols\r\n\r\n"));
  faults.push_back(Says("status-099", "a status below 100", "HTTP/1.1 099 Low\r\n\r\n"));
}

void AddOtherProtocols(std::vector<Fault>& faults) {
  // An empty SETTINGS frame and a GOAWAY (RFC 9113, 6.5 and 6.8).
  const std::string h2 = std::string("\0\0\0\4\0\0\0\0\0", 9) + std::string("\0\0\x08\7\0\0\0\0\0\0\0\0\0\0\0\0\1", 17);
  faults.push_back(Says("h2-preface", "HTTP/2", h2));
  faults.push_back(Does("ssh-banner", "SSH", {Send("SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n"), Hold()}));
  faults.push_back(Says("noise", "noise", std::string("\xDE\xAD\xBE\xEF\x00\xFF\xFE", 7) + std::string(200, '\x9C')));
  faults.push_back(Says("http-0.9", "a body without head", "<html>hello</html>\r\n\r\n"));
  faults.push_back(Does("noise-endless", "noise without end", {Repeat(std::string(64 * 1024, '\x9C'))}));
  faults.push_back(Says("frame-instead-of-101", "a frame without a 101", Event("hello")));
}

}  // namespace

std::vector<Fault> HttpFaults() {
  std::vector<Fault> faults;
  AddStatuses(faults);
  AddBodies(faults);
  AddHeads(faults);
  AddOtherProtocols(faults);
  return faults;
}

}  // namespace wsfleet::hostile
