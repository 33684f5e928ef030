#include "tests/faults/echo_target.h"

#include <chrono>
#include <fstream>
#include <thread>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_replace.h"
#include "boost/json/serialize.hpp"
#include "boost/json/string.hpp"
#include "fmt/format.h"

namespace wsfleet::testing {
namespace {

constexpr std::size_t kMaxReason = 123;  // RFC 6455, 5.5.1
constexpr std::size_t kMaxPing = 125;

std::string Quoted(const std::string& text) { return boost::json::serialize(boost::json::string(text)); }

std::string PerCharacter(const std::string& text, const char* format) {
  std::string out;
  for (const char c : text) out += fmt::format(fmt::runtime(format), static_cast<unsigned char>(c));
  return out;
}

std::string In(const std::string& form, const std::string& text) {
  if (form == "base64") return absl::Base64Escape(text);
  if (form == "base64url") return absl::WebSafeBase64Escape(text);
  if (form == "hex") return absl::BytesToHexString(text);
  if (form == "url") return PerCharacter(text, "%{:02x}");
  if (form == "json") return fmt::format("{{\"echo\":{}}}", Quoted(text));
  if (form == "unicode") return PerCharacter(text, "\\u{:04x}");
  if (form == "jwt") {
    return fmt::format("{}.{}.{}", absl::WebSafeBase64Escape(R"({"alg":"HS256"})"),
                       absl::WebSafeBase64Escape(fmt::format("{{\"echo\":{}}}", Quoted(text))),
                       absl::WebSafeBase64Escape("a signature"));
  }
  return text;
}

// "/PLACE/FORM…" → PLACE, FORM.
std::pair<std::string, std::string> WaysOf(const std::string& head) {
  const std::size_t begin = head.find(" /") + 2;
  const std::size_t slash = head.find('/', begin);
  const std::size_t end = head.find_first_of(" /?", slash + 1);
  return {head.substr(begin, slash - begin), head.substr(slash + 1, end - slash - 1)};
}

std::string Field(const std::string& head, const std::string& name) {
  const std::size_t begin = head.find("\r\n" + name + ": ");
  if (begin == std::string::npos) return {};
  const std::size_t value = begin + name.size() + 4;
  return head.substr(value, head.find("\r\n", value) - value);
}

std::string Response(const std::string& status, const std::string& fields, const std::string& body) {
  return fmt::format("HTTP/1.1 {}\r\n{}Content-Length: {}\r\n\r\n{}", status, fields, body.size(), body);
}

std::string Upgraded(const std::string& head) {
  return fmt::format(
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "
      "{}\r\n\r\n",
      AcceptValue(KeyOf(head)));
}

std::string CloseWith(std::uint16_t code, const std::string& reason) {
  return std::string{static_cast<char>(code >> 8), static_cast<char>(code & 0xFF)} + reason.substr(0, kMaxReason);
}

}  // namespace

EchoTarget::EchoTarget(std::string log) : log_(std::move(log)), server_([this](ScriptedPeer& peer) { Serve(peer); }) {}

void EchoTarget::Log(const std::string& request) {
  const std::lock_guard lock(mutex_);
  std::ofstream(log_, std::ios::app) << absl::StrReplaceAll(request, {{"\r\n", " "}}) << " error: refused\n";
}

void EchoTarget::Serve(ScriptedPeer& peer) {
  std::string request = peer.ReadHead();
  if (const std::string length = Field(request, "Content-Length"); !length.empty()) {
    request += peer.Read(std::stoul(length));
  }
  if (request.empty()) return;
  Log(request);
  if (request.starts_with("CONNECT")) {
    peer.Send(Response("407 Proxy Authentication Required", "", request));
    return;
  }
  const auto [place, form] = WaysOf(request);
  Answer(peer, place, form, request);
}

void EchoTarget::Answer(ScriptedPeer& peer, const std::string& place, const std::string& form,
                        const std::string& request) {
  const std::string value = In(form, Field(request, "X-Canary"));
  if (place == "slow") std::this_thread::sleep_for(std::chrono::milliseconds(50));
  if (place == "ok" || place == "slow") {
    peer.Send(Response("200 OK", "", In(form, request)));
  } else if (place == "body") {
    peer.Send(Response("500 Internal Server Error", "", In(form, request)));
  } else if (place == "field") {
    peer.Send(Response("500 Internal Server Error",
                       fmt::format("X-Echo: {0}\r\nLocation: /?q={0}\r\nSet-Cookie: a={0}\r\n", value), ""));
  } else if (place == "phrase") {
    peer.Send(Response("500 " + value, "", ""));
  } else {
    peer.Send(Upgraded(request));
    if (place == "ping") peer.SendFrame(0x89, value.substr(0, kMaxPing));
    if (place == "close") peer.SendFrame(0x88, CloseWith(4000, value));
    if (place == "deny") peer.SendFrame(0x88, CloseWith(4401, value));
    if (place == "frame") {
      peer.SendFrame(0x81, In(form, request));
      for (auto frame = peer.ReadFrame(); (frame.first & 0x0F) == 1; frame = peer.ReadFrame()) {
        peer.SendFrame(0x81, In(form, frame.payload));
      }
    }
    peer.Drain();
  }
}

}  // namespace wsfleet::testing
