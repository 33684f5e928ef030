#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "boost/asio/any_io_executor.hpp"
#include "boost/asio/awaitable.hpp"
#include "boost/asio/execution_context.hpp"
#include "boost/asio/ip/address.hpp"
#include "boost/asio/steady_timer.hpp"
#include "core/base/now.h"

namespace wsfleet::engine {

// What a name resolves to, or why to nothing.
struct Resolution {
  enum class Outcome { kFound, kNotFound, kTimedOut, kCancelled };
  Outcome outcome = Outcome::kFound;
  std::vector<boost::asio::ip::address> addresses;  // kFound: IPv6 and IPv4 in turn (RFC 8305, 4), at most 32
  std::string reason;                               // kNotFound: "does not exist (NXDOMAIN)", "SERVFAIL", …
};

// One name that is being resolved. Lives on the thread of its executor.
class NameQuery {
 public:
  explicit NameQuery(const boost::asio::any_io_executor& executor) : wake_(executor) {}

  // Once. When one family of addresses is known, the other one gets 50 ms more (RFC 8305, 3).
  boost::asio::awaitable<Resolution> Wait(SteadyTime deadline);
  // Ends Wait with kCancelled.
  void Cancel();

 private:
  friend class NameResolver;
  struct Family {
    std::optional<int> status;  // of c-ares; nothing while it is asked for
    std::vector<boost::asio::ip::address> addresses;
  };
  void Answer(int family, int status, std::vector<boost::asio::ip::address> addresses);
  Resolution Conclude() const;

  Family v4_, v6_;
  std::optional<SteadyTime> first_;  // when one family was known
  bool cancelled_ = false;
  boost::asio::steady_timer wake_;
};

// Resolves names by c-ares, which, unlike getaddrinfo, does not hold a thread and says why it found nothing: /etc/hosts
// first, then the servers of /etc/resolv.conf, which is read again after some seconds. One for each io_context; belongs
// to the one thread that runs it.
class NameResolver : public boost::asio::execution_context::service {
 public:
  using key_type = NameResolver;
  static boost::asio::execution_context::id id;

  explicit NameResolver(boost::asio::execution_context& context);
  ~NameResolver() override;
  // That of the context behind an executor.
  static NameResolver& Of(const boost::asio::any_io_executor& executor);

  // `host`: a name, or an address, which is its own answer.
  std::shared_ptr<NameQuery> Start(const boost::asio::any_io_executor& executor, const std::string& host);

  // From now on asks these instead of those of /etc/resolv.conf: "127.0.0.1:5353,[::1]:53".
  void UseServers(std::string servers);
  // Gives up every question, so that nothing of it keeps the context running.
  void Stop();

 private:
  class Channel;
  struct Asked;
  void shutdown() noexcept override;
  // Null if c-ares cannot be started.
  std::shared_ptr<Channel> FreshChannel(const boost::asio::any_io_executor& executor);

  std::shared_ptr<Channel> channel_;
  std::vector<std::weak_ptr<Channel>> older_;  // whose queries may still be under way
  std::string servers_;
};

}  // namespace wsfleet::engine
