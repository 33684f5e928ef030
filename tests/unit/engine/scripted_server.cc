#include "tests/unit/engine/scripted_server.h"

#include <openssl/evp.h>
#include <openssl/sha.h>

#include <array>
#include <utility>

#include "boost/asio/buffer.hpp"
#include "boost/asio/read.hpp"
#include "boost/asio/write.hpp"

namespace wsfleet::testing {

namespace asio = boost::asio;

std::string AcceptValue(std::string_view key) {
  const std::string text = std::string(key) + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  std::array<unsigned char, SHA_DIGEST_LENGTH> digest{};
  SHA1(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
  std::array<unsigned char, 64> encoded{};
  const int length = EVP_EncodeBlock(encoded.data(), digest.data(), static_cast<int>(digest.size()));
  return std::string(encoded.begin(), encoded.begin() + length);
}

std::string KeyOf(std::string_view head) {
  constexpr std::string_view kName = "Sec-WebSocket-Key: ";
  const std::size_t begin = head.find(kName);
  if (begin == std::string_view::npos) return {};
  head.remove_prefix(begin + kName.size());
  return std::string(head.substr(0, head.find("\r\n")));
}

bool ScriptedPeer::ReadExactly(std::size_t bytes, std::string& out) {
  while (buffered_.size() < bytes) {
    std::array<char, 4096> chunk{};
    boost::system::error_code error;
    const std::size_t got = socket_.read_some(asio::buffer(chunk), error);
    if (error) return false;
    buffered_.append(chunk.data(), got);
  }
  out = buffered_.substr(0, bytes);
  buffered_.erase(0, bytes);
  return true;
}

std::string ScriptedPeer::ReadHead() {
  std::string head, byte;
  while (!head.ends_with("\r\n\r\n")) {
    if (!ReadExactly(1, byte)) return {};
    head += byte;
  }
  return head;
}

std::string ScriptedPeer::Read(std::size_t bytes) {
  std::string out;
  return ReadExactly(bytes, out) ? out : std::string();
}

std::string ScriptedPeer::AcceptUpgrade(std::string_view extra_headers) {
  const std::string head = ReadHead();
  if (head.empty()) return head;
  Send("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " +
       AcceptValue(KeyOf(head)) + "\r\n" + std::string(extra_headers) + "\r\n");
  return head;
}

bool ScriptedPeer::Send(std::string_view bytes) {
  boost::system::error_code error;
  asio::write(socket_, asio::buffer(bytes.data(), bytes.size()), error);
  return !error;
}

bool ScriptedPeer::SendFrame(std::uint8_t first, std::string_view payload) {
  std::string frame(1, static_cast<char>(first));
  if (payload.size() < 126) {
    frame += static_cast<char>(payload.size());
  } else {
    const bool is_long = payload.size() > 0xFFFF;
    frame += static_cast<char>(is_long ? 127 : 126);
    for (int shift = is_long ? 56 : 8; shift >= 0; shift -= 8) frame += static_cast<char>(payload.size() >> shift);
  }
  return Send(frame + std::string(payload));
}

ScriptedPeer::Frame ScriptedPeer::ReadFrame() {
  Frame frame;
  std::string head, mask;
  if (!ReadExactly(2, head)) return {};
  std::size_t length = static_cast<unsigned char>(head[1]) & 0x7F;
  if (length >= 126) {
    std::string extended;
    if (!ReadExactly(length == 126 ? 2 : 8, extended)) return {};
    length = 0;
    for (const char byte : extended) length = length << 8 | static_cast<unsigned char>(byte);
  }
  if (!ReadExactly(4, mask) || !ReadExactly(length, frame.payload)) return {};
  for (std::size_t i = 0; i < length; ++i) {
    frame.payload[i] = static_cast<char>(frame.payload[i] ^ mask[i % 4]);
  }
  frame.first = static_cast<std::uint8_t>(head[0]);
  return frame;
}

void ScriptedPeer::Drain() {
  for (Frame frame = ReadFrame(); frame.first != 0; frame = ReadFrame()) {
    if ((frame.first & 0x0F) == 0x08) {
      SendFrame(frame.first, frame.payload);
      return;
    }
  }
}

void ScriptedPeer::Reset() {
  const std::lock_guard lock(closing_);
  socket_.set_option(asio::socket_base::linger(true, 0));
  socket_.close();
}

ScriptedServer::ScriptedServer(Script script)
    : script_(std::move(script)),
      acceptor_(context_, asio::ip::tcp::endpoint(asio::ip::make_address("127.0.0.1"), 0)),
      port_(acceptor_.local_endpoint().port()),
      acceptor_thread_([this] { Accept(); }) {}

ScriptedServer::~ScriptedServer() {
  // Wakes the blocking accept.
  ::shutdown(acceptor_.native_handle(), SHUT_RDWR);
  acceptor_thread_.join();
  {
    const std::lock_guard lock(mutex_);
    for (auto& socket : sockets_) {
      if (socket.is_open()) ::shutdown(socket.native_handle(), SHUT_RDWR);
    }
  }
  for (std::thread& thread : threads_) thread.join();
}

void ScriptedServer::Accept() {
  while (true) {
    asio::ip::tcp::socket socket(context_);
    boost::system::error_code error;
    acceptor_.accept(socket, error);
    if (error) return;
    ++connections_;
    const std::lock_guard lock(mutex_);
    auto& kept = sockets_.emplace_back(std::move(socket));
    threads_.emplace_back([this, &kept] {
      ScriptedPeer peer(kept, mutex_);
      script_(peer);
      ::shutdown(kept.native_handle(), SHUT_RDWR);
    });
  }
}

}  // namespace wsfleet::testing
