#include "tests/unit/engine/name_server.h"

#include <sys/socket.h>

#include <array>
#include <optional>
#include <utility>

#include "boost/asio/buffer.hpp"
#include "boost/asio/ip/address.hpp"

namespace wsfleet::testing {
namespace {

namespace asio = boost::asio;
using asio::ip::udp;

constexpr std::size_t kHeader = 12;
constexpr std::uint16_t kA = 1, kAaaa = 28;

void Append16(std::string& out, std::uint16_t number) {
  out += static_cast<char>(number >> 8);
  out += static_cast<char>(number & 0xFF);
}

struct Question {
  std::string name;
  std::uint16_t type = 0;
  std::size_t end = 0;
};

std::optional<Question> ReadQuestion(const std::string& query) {
  Question question;
  std::size_t at = kHeader;
  while (at < query.size() && query[at] != 0) {
    const auto length = static_cast<unsigned char>(query[at]);
    if (!question.name.empty()) question.name += '.';
    question.name += query.substr(at + 1, length);
    at += length + 1U;
  }
  if (at + 5 > query.size()) return std::nullopt;
  question.type = static_cast<std::uint16_t>(static_cast<unsigned char>(query[at + 1]) << 8 |
                                             static_cast<unsigned char>(query[at + 2]));
  question.end = at + 5;
  return question;
}

std::string Bytes(const std::string& address) {
  const auto parsed = asio::ip::make_address(address);
  if (parsed.is_v4()) {
    const auto bytes = parsed.to_v4().to_bytes();
    return {bytes.begin(), bytes.end()};
  }
  const auto bytes = parsed.to_v6().to_bytes();
  return {bytes.begin(), bytes.end()};
}

std::string Respond(const std::string& query, const Question& question, const NameServer::Answer& answer) {
  const std::vector<std::string> none;
  const std::vector<std::string>& addresses = question.type == kA      ? answer.v4
                                              : question.type == kAaaa ? answer.v6
                                                                       : none;
  std::string out = query.substr(0, 2);
  out += static_cast<char>(0x81);  // a response; recursion as asked for
  out += static_cast<char>(0x80 | answer.code);
  Append16(out, 1);
  Append16(out, static_cast<std::uint16_t>(addresses.size()));
  Append16(out, 0);
  Append16(out, 0);
  out += query.substr(kHeader, question.end - kHeader);
  for (const std::string& address : addresses) {
    const std::string bytes = Bytes(address);
    Append16(out, 0xC00C);  // the name of the question
    Append16(out, question.type);
    Append16(out, 1);
    Append16(out, 0);
    Append16(out, 60);
    Append16(out, static_cast<std::uint16_t>(bytes.size()));
    out += bytes;
  }
  return out;
}

}  // namespace

NameServer::NameServer(std::map<std::string, Answer> names)
    : names_(std::move(names)),
      socket_(context_, udp::endpoint(asio::ip::make_address("127.0.0.1"), 0)),
      port_(socket_.local_endpoint().port()),
      thread_([this] { Serve(); }) {}

NameServer::~NameServer() {
  // Wakes the blocking receive.
  ::shutdown(socket_.native_handle(), SHUT_RDWR);
  thread_.join();
}

void NameServer::Serve() {
  std::array<char, 1500> buffer{};
  while (true) {
    udp::endpoint from;
    boost::system::error_code error;
    const std::size_t bytes = socket_.receive_from(asio::buffer(buffer), from, 0, error);
    if (error || bytes < kHeader) return;
    const std::string query(buffer.data(), bytes);
    const auto question = ReadQuestion(query);
    if (!question) continue;
    const auto known = names_.find(question->name);
    Answer answer;
    if (known != names_.end()) {
      answer = known->second;
    } else {
      answer.code = 3;
    }
    if (question->type == kA && !answer.v4_later.empty()) known->second.v4 = answer.v4_later;
    if (question->type == kA ? answer.silent_v4 : answer.silent_v6) continue;
    socket_.send_to(asio::buffer(Respond(query, *question, answer)), from, 0, error);
  }
}

}  // namespace wsfleet::testing
