#pragma once

#include <utility>

#include "agent/engine/guarded_stream.h"
#include "boost/asio/associated_executor.hpp"
#include "boost/asio/post.hpp"
#include "boost/beast/core/role.hpp"

// How Beast ends a guarded stream; it finds these by their arguments.
namespace wsfleet::engine {

// Found by Beast when it closes the lowest layer.
inline void beast_close_socket(GuardedStream& stream) { stream.CloseSocket(); }
// Beast closes with these: TCP is cut, without a TLS shutdown to wait for.
inline void teardown(boost::beast::role_type, GuardedStream& stream, boost::system::error_code& error) {
  stream.CloseSocket();
  error = {};
}
template <typename Handler>
void async_teardown(boost::beast::role_type, GuardedStream& stream, Handler&& handler) {
  stream.CloseSocket();
  auto executor = boost::asio::get_associated_executor(handler, stream.get_executor());
  boost::asio::post(executor, [handler = std::forward<Handler>(handler)]() mutable {
    std::move(handler)(boost::system::error_code());
  });
}

}  // namespace wsfleet::engine
