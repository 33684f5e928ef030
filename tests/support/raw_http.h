#pragma once

#include <string>

#include "boost/asio/connect.hpp"
#include "boost/asio/io_context.hpp"
#include "boost/asio/ip/tcp.hpp"
#include "boost/asio/read.hpp"
#include "boost/asio/write.hpp"

namespace wsfleet::testing {

// A TCP connection to "127.0.0.1:PORT" that sends what it is told, whatever that is.
class RawClient {
 public:
  explicit RawClient(const std::string& address) {
    const std::size_t colon = address.rfind(':');
    boost::asio::ip::tcp::resolver resolver(context_);
    boost::asio::connect(socket_, resolver.resolve(address.substr(0, colon), address.substr(colon + 1)));
  }

  // False: the other end has gone.
  bool Send(const std::string& text) {
    boost::system::error_code error;
    boost::asio::write(socket_, boost::asio::buffer(text), error);
    return !error;
  }

  // All that comes until the other end closes.
  std::string ReadToEnd() {
    std::string text;
    boost::system::error_code error;
    boost::asio::read(socket_, boost::asio::dynamic_buffer(text), error);
    return text;
  }

 private:
  boost::asio::io_context context_;
  boost::asio::ip::tcp::socket socket_{context_};
};

inline std::string HttpExchange(const std::string& address, const std::string& request) {
  RawClient client(address);
  client.Send(request);
  return client.ReadToEnd();
}

inline std::string HttpGet(const std::string& address, const std::string& path) {
  return HttpExchange(address, "GET " + path + " HTTP/1.1\r\nHost: localhost\r\n\r\n");
}

}  // namespace wsfleet::testing
