#pragma once

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "boost/json/object.hpp"
#include "coordinator/access/key_source.h"
#include "coordinator/access/rules.h"
#include "coordinator/oidc/issuer.h"

namespace wsfleet::coordinator {

// What is kept of a token that was let in: enough to ask again, and nothing that somebody else could present.
struct VerifiedToken {
  std::string issuer;      // `iss`
  std::string thumbprint;  // of the key that signed it
  oidc::Algorithm algorithm;
  boost::json::object claims;
};

// Says who presents a token of one of the issuers in a file (docs/reference/oidc.md), from memory. A thread looks at
// the file, and follows it when it has changed to something good; one that is not leaves things as they are.
class Issuers {
 public:
  static constexpr absl::Duration kLook = absl::Seconds(10);

  struct Settings {
    std::string file;
    absl::Duration look = kLook;  // how often at the file
    KeySource::Pace pace = {};
  };
  // INVALID_ARGUMENT: with what is wrong with the file, in lines. Others: it cannot be read.
  static absl::StatusOr<std::unique_ptr<Issuers>> Start(Settings settings);
  ~Issuers();
  Issuers(const Issuers&) = delete;
  Issuers& operator=(const Issuers&) = delete;

  // UNAUTHENTICATED: with a message that goes on after "found a JWT ". UNAVAILABLE: the issuer's keys are not known.
  // `now` by the wall clock. Any thread; blocks for a moment at most.
  absl::StatusOr<Caller> Find(std::string_view token, absl::Time now) const;
  // The same of somebody who was found before, by what the file and the keys are now.
  absl::StatusOr<Caller> Recheck(const std::shared_ptr<const VerifiedToken>& token, absl::Time now) const;

 private:
  struct Known {
    oidc::Issuer issuer;
    std::shared_ptr<KeySource> keys;
  };
  using ByIssuer = std::map<std::string, Known>;

  explicit Issuers(Settings settings) : settings_(std::move(settings)) {}
  void Main();
  // What has not changed is not read again.
  absl::Status Follow();
  std::shared_ptr<const ByIssuer> Current() const;

  const Settings settings_;
  std::string text_;                // of the file, as it was looked at last; the thread's
  mutable std::mutex known_mutex_;  // never held while anything blocks
  std::shared_ptr<const ByIssuer> known_ = std::make_shared<const ByIssuer>();
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace wsfleet::coordinator
