#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "boost/asio/any_io_executor.hpp"
#include "boost/asio/awaitable.hpp"
#include "boost/asio/ip/tcp.hpp"
#include "boost/system/error_code.hpp"
#include "core/base/now.h"
#include "core/base/url.h"
#include "core/scenario/suite.h"
#include "core/verdict/result.h"

// From a URL to a stream of bytes: resolving, TCP, a proxy's tunnel, TLS.
namespace wsfleet::engine {

class GuardedStream;
class NameQuery;
class RunShare;
class TargetGuard;

struct TlsOptions {
  std::string ca_pem;                    // empty: the system's roots
  std::string certificate_pem, key_pem;  // of ours; empty: none
  std::string server_name;               // empty: the host of the URL
  std::string min_version, max_version;  // "tls1.2"; empty: TLS 1.2, and the newest
  bool insecure = false;
};

struct DialOptions {
  Url url;
  TlsOptions tls;
  std::string proxy;                   // "http://host:port", "socks5://user:password@host:port"; empty: none
  const TargetGuard* guard = nullptr;  // outlives the stream; null: one without rules
  RunShare* share = nullptr;           // outlives the stream; null: as many connections as anybody wants
  PhaseCaps caps;
  SteadyTime deadline;  // of all phases together
};

// What became of dialling or of an exchange; failure_class kNone: it worked.
struct WireFailure {
  Phase phase = Phase::kNone;
  FailureClass failure_class = FailureClass::kNone;
  std::string message;
  std::string hint = {};  // what is inferred
  bool ok() const { return failure_class == FailureClass::kNone; }
};

// The peer's own certificate.
struct LeafCertificate {
  std::string issuer;
  absl::Time until;
};

// Of one connection; counts go on while it lives.
struct WireFacts {
  bool connected = false;  // TCP was established
  std::string peer_address;
  std::string tls_version, tls_cipher;
  std::vector<std::string> certificates;
  std::optional<LeafCertificate> leaf;
  std::uint64_t bytes_in = 0, bytes_out = 0, frames_in = 0, frames_out = 0;
  PhaseTimings timings;
  std::vector<AddressAttempt> attempts;
};

// Whether TCP, or TLS on it, was ended by the peer.
bool IsEndOfStream(const boost::system::error_code& error);

// "connect took longer than 3s".
WireFailure RanOut(Phase phase, absl::Duration after);

// Lives on the thread of its executor; the stream must outlive it.
class Dialer {
 public:
  Dialer(boost::asio::any_io_executor executor, GuardedStream& stream);

  // Once. Fills in addresses, attempts, TLS and the timings of its phases.
  boost::asio::awaitable<WireFailure> Dial(const DialOptions& options, WireFacts& facts);
  // Ends whatever waits, as a failure.
  void Cancel();

 private:
  struct Race;

  boost::asio::awaitable<WireFailure> Resolve();
  WireFailure CheckPeer(const boost::asio::ip::tcp::socket& socket) const;
  boost::asio::awaitable<WireFailure> Connect();
  boost::asio::awaitable<WireFailure> OpenTunnel(SteadyTime deadline);
  boost::asio::awaitable<WireFailure> Handshake();
  WireFailure HandshakeFailure(const std::string& name, const boost::system::error_code& error);
  void NoteTls();

  const boost::asio::any_io_executor executor_;
  GuardedStream& stream_;
  const DialOptions* options_ = nullptr;  // those of Dial
  WireFacts* facts_ = nullptr;
  std::string host_;  // that is connected to: the proxy's, or the target's
  std::uint16_t port_ = 0;
  std::shared_ptr<NameQuery> query_;
  std::shared_ptr<Race> race_;
  bool cancelled_ = false;
};

}  // namespace wsfleet::engine
