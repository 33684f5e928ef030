#pragma once

#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "coordinator/access/issuers.h"
#include "coordinator/access/rules.h"
#include "coordinator/store/access_store.h"
#include "core/base/now.h"

namespace wsfleet::coordinator {

// A token that was just made.
struct NewToken {
  std::string secret;  // for whom it is made; kept nowhere
  std::string digest;  // what is stored of it: Sha256Hex()
};
// 256 random bits, as "wsf_" and 43 characters that stand in a header and in a file.
absl::StatusOr<NewToken> MakeToken();

// Says who presents a token, from memory: a stored one, or one of an issuer whose word is taken. Every stored token
// that was not revoked is read again when one has changed, which a thread asks the store about each second. So a call
// waits for no store, and a replica knows what another one changed within two seconds. If the store could not be asked
// for kMaxAge, nobody is known by a stored token: it may have been revoked meanwhile.
class TokenRegistry {
 public:
  static constexpr absl::Duration kInterval = absl::Seconds(1);
  static constexpr absl::Duration kMaxAge = absl::Seconds(15);

  struct Settings {
    std::string bootstrap;             // a token that is admin of every fleet; empty: there is none
    bool anyone_is_admin = false;      // who presents no token at all
    const Issuers* issuers = nullptr;  // null: stored tokens only. Outlives the registry.
    absl::Duration interval = kInterval;
  };
  // `store` outlives it.
  TokenRegistry(store::TokenStore& store, Settings settings);
  // As Stop().
  ~TokenRegistry();
  TokenRegistry(const TokenRegistry&) = delete;
  TokenRegistry& operator=(const TokenRegistry&) = delete;

  // Reads once, then begins the thread. Errors are the store's.
  absl::Status Begin();
  void Stop();

  // Of "Bearer TOKEN" (RFC 6750, section 2.1); `authorization` is empty if the header is missing. UNAUTHENTICATED: with
  // what was expected. UNAVAILABLE: the store cannot be asked. Any thread; blocks for a moment at most.
  absl::StatusOr<Caller> Find(std::string_view authorization) const;
  // The same for somebody who was found before, with what they may do by now.
  absl::StatusOr<Caller> Recheck(const Caller& caller) const;

  // What is stored is known when it returns OK. Blocks for the store.
  absl::Status Reload();

 private:
  using ByDigest = std::map<std::string, TokenRecord>;
  struct Known {
    std::shared_ptr<const ByDigest> tokens = std::make_shared<const ByDigest>();
    SteadyTime read;
  };

  void Main();
  absl::StatusOr<Caller> FindStored(const std::string& digest) const;
  absl::StatusOr<Caller> FindIssued(std::string_view token) const;
  enum class When { kChanged, kAlways };
  absl::Status ReloadIf(When when);

  store::TokenStore& store_;
  const Settings settings_;
  const std::string bootstrap_digest_;  // empty: there is none
  std::mutex reading_;                  // held while the store is read, so that no older answer replaces a newer one
  std::uint64_t version_ = 0;
  mutable std::mutex known_mutex_;  // never held while anything blocks
  Known known_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace wsfleet::coordinator
