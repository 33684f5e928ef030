#include "agent/engine/name_resolver.h"

#include <ares.h>
#include <netinet/in.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <utility>

#include "agent/engine/steady_clock.h"
#include "boost/asio/as_tuple.hpp"
#include "boost/asio/posix/stream_descriptor.hpp"
#include "boost/asio/post.hpp"
#include "boost/asio/query.hpp"
#include "boost/asio/use_awaitable.hpp"

namespace wsfleet::engine {
namespace {

namespace asio = boost::asio;

constexpr absl::Duration kReuse = absl::Seconds(5);  // of what /etc/resolv.conf said
constexpr absl::Duration kOtherFamily = absl::Milliseconds(50);
constexpr std::size_t kMaxAddresses = 32;
constexpr int kTimeoutMilliseconds = 700;  // of the first try: a lost datagram must not cost the whole phase
constexpr int kTries = 3;

// c-ares' own counter of users.
struct Library {
  Library() { ares_library_init(ARES_LIB_INIT_ALL); }
  ~Library() { ares_library_cleanup(); }
};

std::vector<asio::ip::address> AddressesOf(const ares_addrinfo* result) {
  std::vector<asio::ip::address> addresses;
  for (const ares_addrinfo_node* node = result == nullptr ? nullptr : result->nodes; node != nullptr;
       node = node->ai_next) {
    if (addresses.size() == kMaxAddresses / 2) break;
    if (node->ai_family == AF_INET && node->ai_addrlen >= sizeof(sockaddr_in)) {
      sockaddr_in address{};
      std::memcpy(&address, node->ai_addr, sizeof(address));
      addresses.emplace_back(asio::ip::address_v4(ntohl(address.sin_addr.s_addr)));
    } else if (node->ai_family == AF_INET6 && node->ai_addrlen >= sizeof(sockaddr_in6)) {
      sockaddr_in6 address{};
      std::memcpy(&address, node->ai_addr, sizeof(address));
      asio::ip::address_v6::bytes_type bytes;
      std::memcpy(bytes.data(), &address.sin6_addr, bytes.size());
      addresses.emplace_back(asio::ip::address_v6(bytes, address.sin6_scope_id));
    }
  }
  return addresses;
}

// What is worst of the two families' answers is what is said: a server that fails hides whether the name exists.
std::string ReasonOf(int first, int second) {
  constexpr std::pair<int, std::string_view> kReasons[] = {
      {ARES_ESERVFAIL, "the name server failed (SERVFAIL)"},
      {ARES_EREFUSED, "the name server refused the question (REFUSED)"},
      {ARES_ETIMEOUT, "no name server answered in time"},
      {ARES_ECONNREFUSED, "no name server gave an answer: none can be reached, or each one failed"},
      {ARES_EBADRESP, "the name server's answer is malformed"},
      {ARES_EBADNAME, "this is no name that can be asked for"},
      {ARES_ENODATA, "the name exists and has no address"},
      {ARES_ENOTFOUND, "the name does not exist (NXDOMAIN)"},
  };
  for (const auto& [status, reason] : kReasons) {
    if (first == status || second == status) return std::string(reason);
  }
  return ares_strerror(first);
}

}  // namespace

// A set of servers and the sockets to them.
class NameResolver::Channel : public std::enable_shared_from_this<NameResolver::Channel> {
 public:
  explicit Channel(asio::any_io_executor executor) : executor_(std::move(executor)), timer_(executor_) {}
  ~Channel() { Destroy(); }
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;

  bool Open(const std::string& servers) {
    if (!Open(servers, 0)) return false;
    ares_addr_port_node* all = nullptr;
    if (ares_get_servers_ports(channel_, &all) != ARES_SUCCESS) return true;
    const bool several = all != nullptr && all->next != nullptr;
    ares_free_data(all);
    if (several) return true;
    // With several servers the next one is asked after a SERVFAIL. With one, the reason is all that can be had.
    ares_destroy(std::exchange(channel_, nullptr));
    return Open(servers, ARES_FLAG_NOCHECKRESP);
  }

  bool Open(const std::string& servers, int flags) {
    ares_options options{};
    options.flags = flags;
    options.timeout = kTimeoutMilliseconds;
    options.tries = kTries;
    options.sock_state_cb = [](void* self, ares_socket_t socket, int reads, int writes) {
      static_cast<Channel*>(self)->OnSocket(socket, reads != 0, writes != 0);
    };
    options.sock_state_cb_data = this;
    if (ares_init_options(&channel_, &options,
                          ARES_OPT_FLAGS | ARES_OPT_SOCK_STATE_CB | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES) !=
        ARES_SUCCESS) {
      channel_ = nullptr;
      return false;
    }
    return servers.empty() || ares_set_servers_ports_csv(channel_, servers.c_str()) == ARES_SUCCESS;
  }

  // Every question that is under way is answered with ARES_EDESTRUCTION.
  void Destroy() {
    if (channel_ != nullptr) ares_destroy(std::exchange(channel_, nullptr));
    watches_.clear();
    timer_.cancel();
  }

  void Ask(const std::string& host, int family, std::unique_ptr<Asked> asked);

  SteadyTime made() const { return made_; }

 private:
  struct Watch {
    explicit Watch(const asio::any_io_executor& executor) : descriptor(executor) {}
    asio::posix::stream_descriptor descriptor;
    bool reads = false, writes = false;                  // wanted
    bool awaiting_read = false, awaiting_write = false;  // asked of the reactor
  };

  void OnSocket(ares_socket_t socket, bool reads, bool writes) {
    if (!reads && !writes) {
      // c-ares closes it next: the reactor must have let go of it by then.
      if (const auto found = watches_.find(socket); found != watches_.end()) {
        if (found->second->descriptor.is_open()) found->second->descriptor.release();
        watches_.erase(found);
      }
      return;
    }
    std::shared_ptr<Watch>& watch = watches_[socket];
    if (!watch) {
      watch = std::make_shared<Watch>(executor_);
      boost::system::error_code error;
      watch->descriptor.assign(socket, error);
      if (error) return;  // the question times out
    }
    watch->reads = reads;
    watch->writes = writes;
    Arm(socket, watch);
  }

  void Arm(ares_socket_t socket, const std::shared_ptr<Watch>& watch) {
    const auto await = [&](asio::posix::descriptor_base::wait_type type, bool wanted, bool& awaiting, bool reading) {
      if (!wanted || awaiting || !watch->descriptor.is_open()) return;
      awaiting = true;
      watch->descriptor.async_wait(
          type, [self = weak_from_this(), watch, socket, reading](const boost::system::error_code& error) {
            (reading ? watch->awaiting_read : watch->awaiting_write) = false;
            const std::shared_ptr<Channel> channel = self.lock();
            if (!error && channel) channel->OnReady(socket, watch, reading);
          });
    };
    await(asio::posix::descriptor_base::wait_read, watch->reads, watch->awaiting_read, true);
    await(asio::posix::descriptor_base::wait_write, watch->writes, watch->awaiting_write, false);
  }

  void OnReady(ares_socket_t socket, const std::shared_ptr<Watch>& watch, bool reading) {
    if (channel_ == nullptr) return;
    ares_process_fd(channel_, reading ? socket : ARES_SOCKET_BAD, reading ? ARES_SOCKET_BAD : socket);
    if (const auto still = watches_.find(socket); still != watches_.end() && still->second == watch) Arm(socket, watch);
    ArmTimer();
  }

  void ArmTimer() {
    if (channel_ == nullptr) return;
    timeval next{};
    if (ares_timeout(channel_, nullptr, &next) == nullptr) return;
    timer_.expires_after(std::chrono::seconds(next.tv_sec) + std::chrono::microseconds(next.tv_usec) +
                         std::chrono::milliseconds(1));
    timer_.async_wait([self = weak_from_this()](const boost::system::error_code& error) {
      const std::shared_ptr<Channel> channel = self.lock();
      if (error || !channel || channel->channel_ == nullptr) return;
      ares_process_fd(channel->channel_, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
      channel->ArmTimer();
    });
  }

  const Library library_;
  const asio::any_io_executor executor_;
  const SteadyTime made_ = SteadyNow();
  ares_channel channel_ = nullptr;
  std::map<ares_socket_t, std::shared_ptr<Watch>> watches_;
  asio::steady_timer timer_;
};

// Keeps the channel while c-ares may still call back.
struct NameResolver::Asked {
  std::shared_ptr<NameQuery> query;
  std::shared_ptr<Channel> channel;
  asio::any_io_executor executor;
  int family = AF_UNSPEC;
};

void NameResolver::Channel::Ask(const std::string& host, int family, std::unique_ptr<Asked> asked) {
  ares_addrinfo_hints hints{};
  hints.ai_family = family;
  hints.ai_socktype = SOCK_STREAM;
  asked->family = family;
  const auto answered = [](void* argument, int status, int, ares_addrinfo* result) {
    std::unique_ptr<Asked> done(static_cast<Asked*>(argument));
    done->query->Answer(done->family, status, AddressesOf(result));
    if (result != nullptr) ares_freeaddrinfo(result);
    // c-ares is still at work on the channel, which must not end in here.
    asio::any_io_executor executor = done->executor;
    asio::post(executor, [channel = std::move(done->channel)] {});
  };
  ares_getaddrinfo(channel_, host.c_str(), nullptr, &hints, answered, asked.release());
  ArmTimer();
}

asio::execution_context::id NameResolver::id;

NameResolver::NameResolver(asio::execution_context& context) : service(context) {}
NameResolver::~NameResolver() = default;

NameResolver& NameResolver::Of(const asio::any_io_executor& executor) {
  return asio::use_service<NameResolver>(asio::query(executor, asio::execution::context));
}

void NameResolver::shutdown() noexcept { Stop(); }

void NameResolver::Stop() {
  for (const auto& weak : older_) {
    if (const auto channel = weak.lock()) channel->Destroy();
  }
  if (channel_) channel_->Destroy();
  channel_.reset();
}

void NameResolver::UseServers(std::string servers) {
  servers_ = std::move(servers);
  if (channel_) older_.push_back(channel_);
  channel_.reset();
}

std::shared_ptr<NameResolver::Channel> NameResolver::FreshChannel(const asio::any_io_executor& executor) {
  if (channel_ && SteadyNow() - channel_->made() < kReuse) return channel_;
  std::erase_if(older_, [](const auto& weak) { return weak.expired(); });
  if (channel_) older_.push_back(channel_);
  channel_ = std::make_shared<Channel>(executor);
  if (!channel_->Open(servers_)) channel_.reset();
  return channel_;
}

std::shared_ptr<NameQuery> NameResolver::Start(const asio::any_io_executor& executor, const std::string& host) {
  auto query = std::make_shared<NameQuery>(executor);
  boost::system::error_code not_literal;
  const asio::ip::address literal = asio::ip::make_address(host, not_literal);
  if (!not_literal) {
    query->Answer(AF_INET, ARES_SUCCESS, {literal});
    query->Answer(AF_INET6, ARES_ENODATA, {});
    return query;
  }
  const std::shared_ptr<Channel> channel = FreshChannel(executor);
  for (const int family : {AF_INET6, AF_INET}) {
    if (!channel) {
      query->Answer(family, ARES_ENOTINITIALIZED, {});
      continue;
    }
    auto asked = std::make_unique<Asked>();
    asked->query = query;
    asked->channel = channel;
    asked->executor = executor;
    channel->Ask(host, family, std::move(asked));
  }
  return query;
}

void NameQuery::Answer(int family, int status, std::vector<asio::ip::address> addresses) {
  Family& answered = family == AF_INET ? v4_ : v6_;
  answered.status = status;
  answered.addresses = std::move(addresses);
  if (!first_ && !answered.addresses.empty()) first_ = SteadyNow();
  wake_.cancel();
}

void NameQuery::Cancel() {
  cancelled_ = true;
  wake_.cancel();
}

asio::awaitable<Resolution> NameQuery::Wait(SteadyTime deadline) {
  Resolution resolution;
  while (true) {
    const SteadyTime until = first_ ? std::min(deadline, *first_ + kOtherFamily) : deadline;
    if (cancelled_) {
      resolution.outcome = Resolution::Outcome::kCancelled;
      co_return resolution;
    }
    if ((v4_.status && v6_.status) || (first_ && SteadyNow() >= until)) break;
    if (SteadyNow() >= deadline) {
      resolution.outcome = Resolution::Outcome::kTimedOut;
      co_return resolution;
    }
    wake_.expires_at(ToChrono(until));
    co_await wake_.async_wait(asio::as_tuple(asio::use_awaitable));
  }
  co_return Conclude();
}

Resolution NameQuery::Conclude() const {
  Resolution resolution;
  for (std::size_t i = 0; i < std::max(v4_.addresses.size(), v6_.addresses.size()); ++i) {
    if (i < v6_.addresses.size()) resolution.addresses.push_back(v6_.addresses[i]);
    if (i < v4_.addresses.size()) resolution.addresses.push_back(v4_.addresses[i]);
  }
  if (!resolution.addresses.empty()) return resolution;
  resolution.outcome = Resolution::Outcome::kNotFound;
  resolution.reason = ReasonOf(v4_.status.value_or(ARES_ENOTFOUND), v6_.status.value_or(ARES_ENOTFOUND));
  return resolution;
}

}  // namespace wsfleet::engine
