#include "agent/engine/upgrade_check.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <string>

#include "agent/engine/deflate_extension.h"
#include "boost/asio/error.hpp"
#include "boost/asio/ssl/error.hpp"
#include "boost/beast/http/error.hpp"
#include "core/base/text.h"
#include "fmt/format.h"

namespace wsfleet::engine {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;

constexpr std::size_t kMaxShown = 80;
constexpr int kWantsCertificate = SSL_AD_REASON_OFFSET + SSL_AD_CERTIFICATE_REQUIRED;

bool IsTooLarge(const boost::system::error_code& error) {
  return error == http::error::header_limit || error == http::error::body_limit ||
         error == http::error::buffer_overflow || error == asio::error::message_size;
}

bool IsCutShort(const boost::system::error_code& error) {
  return IsEndOfStream(error) || error == http::error::partial_message || error == http::error::end_of_stream;
}

// Of an answer that was cut short, what came may tell that it is none.
bool MayBeHttp(std::string_view received) {
  constexpr std::string_view kBegin = "HTTP/1.";
  return received.substr(0, kBegin.size()) == kBegin.substr(0, received.size());
}

std::string FirstLine(std::string_view received) {
  return Printable(Excerpt(received.substr(0, received.find_first_of("\r\n")), kMaxShown));
}

// A port that speaks TLS answers a plain request with an alert (RFC 8446, 5.1 and 6), or ends without a word.
std::string HintOfTls(Phase phase, std::string_view received) {
  constexpr std::string_view kAlert = "\x15\x03";
  const char* scheme = phase == Phase::kHttp ? "https" : "wss";
  if (received.starts_with(kAlert)) return fmt::format("the port speaks TLS; did you mean {}://?", scheme);
  return received.empty() ? fmt::format("the port may speak TLS; did you mean {}://?", scheme) : std::string();
}

}  // namespace

WireFailure ExchangeFailure(Phase phase, bool plain, const boost::system::error_code& error,
                            std::string_view received) {
  // TLS 1.3 has a target judge our certificate after the handshake.
  if (error.category() == asio::error::get_ssl_category() && !IsEndOfStream(error)) {
    return {Phase::kTls, FailureClass::kTls,
            fmt::format("the target ended TLS behind the handshake: {}", error.message()),
            ERR_GET_REASON(static_cast<unsigned long>(error.value())) == kWantsCertificate
                ? "the target wants a client certificate; write tls: {cert: …, key: …}"
                : ""};
  }
  const std::string hint = plain && (IsCutShort(error) || !received.empty()) ? HintOfTls(phase, received) : "";
  if (IsTooLarge(error) && MayBeHttp(received)) {
    return {phase, FailureClass::kConfig,
            fmt::format(
                "the answer is larger than this agent takes ({} KiB of head, {} KiB of body); it begins with \"{}\"",
                Connection::kMaxHead / 1024, Connection::kMaxBody / 1024, FirstLine(received))};
  }
  if (received.empty() || (IsCutShort(error) && MayBeHttp(received))) {
    return {phase, FailureClass::kTcp,
            fmt::format("the connection ended before the answer was complete: {}", error.message()), hint};
  }
  return {phase, FailureClass::kProtocol,
          fmt::format("the answer is not HTTP/1.1: {}; it begins with \"{}\"", error.message(), FirstLine(received)),
          hint};
}

WireFailure JudgeUpgrade(const UpgradeRequest& upgrade, const boost::system::error_code& error, HttpAnswer& answer) {
  const HttpHead& head = *answer.head;
  if (head.status != 101) {
    return {
        Phase::kUpgrade, ClassOfRefusal(head.status),
        fmt::format("the upgrade was answered with {}{}{}", head.status, head.reason.empty() ? "" : " ", head.reason)};
  }
  std::string wrong = error ? error.message() : CheckSwitch(head, upgrade.subprotocols);
  if (wrong.empty()) {
    auto agreed = AgreedDeflate(head, upgrade.deflate);
    if (!agreed.ok()) wrong = std::string(ToStd(agreed.status().message()));
    if (agreed.ok()) answer.deflate = *std::move(agreed);
  }
  if (wrong.empty()) return {};
  return {Phase::kUpgrade, FailureClass::kProtocol, fmt::format("the 101 breaks RFC 6455: {}", wrong)};
}

}  // namespace wsfleet::engine
