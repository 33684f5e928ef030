#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "agent/engine/engine.h"
#include "agent/engine/run_share.h"
#include "agent/engine/surroundings.h"
#include "agent/engine/target_guard.h"
#include "core/data/data_rows.h"
#include "core/secret/given_secret.h"
#include "core/secret/missing_secret.h"
#include "core/session/expectation.h"
#include "core/verdict/redactor.h"

namespace wsfleet::engine {

// What a session knows from its start; must outlive it.
struct SessionFacts {
  const AgentFacts* agent = nullptr;
  const Surroundings* surroundings = nullptr;
  const PlannedCase* planned = nullptr;
  const Target* target = nullptr;
  const Variables* variables = nullptr;
  std::string target_host;  // empty: not known yet
  const GivenSecrets* secrets = nullptr;
  const UnreadSecrets* unread_secrets = nullptr;
  const Redactor* redactor = nullptr;  // of these secrets
  const TargetGuard* guard = nullptr;
  RunShare* share = nullptr;
  DataCursor* data = nullptr;  // of the suite; null: it has none
  bool is_scheduled = false;   // as ShardRun says
  std::string session_id;
  std::uint64_t session_index = 0;
};

// Values of templates, in the order of the language: matrix, captures, --var, the target's vars, the suite's.
//
// It also holds secrets to their hosts. What a target answers may repeat a secret, and a suite may send on what was
// answered: so a session that has used a secret speaks with no host that may not have it, whatever it would say there.
// PERMISSION_DENIED says so, with both names.
class SessionScope : public CaptureScope {
 public:
  explicit SessionScope(SessionFacts facts) : facts_(std::move(facts)) {}

  // A secret must be allowed for the target, and for whom a connection is kept with.
  absl::StatusOr<boost::json::value> Lookup(std::string_view name) const override;
  void Set(std::string name, boost::json::value value) override { captures_[std::move(name)] = std::move(value); }

  // Before anything is sent to the host: every secret that was used must be allowed for it.
  absl::Status CheckHost(std::string_view host) const;
  // After that, what is used from now on must be too: a connection lasts.
  void StayConnected(std::string host) { connected_.insert(std::move(host)); }

 private:
  friend class ProxyScope;

  absl::StatusOr<const GivenSecret*> FindSecret(std::string_view name) const;
  absl::StatusOr<boost::json::value> UseSecret(std::string_view name) const;
  absl::StatusOr<boost::json::value> LookupVariable(std::string_view name) const;
  // Of the session's row, which is taken when it is needed first.
  absl::StatusOr<boost::json::value> LookupColumn(std::string_view column) const;

  SessionFacts facts_;
  std::map<std::string, boost::json::value, std::less<>> captures_;
  mutable std::map<std::string, const HostList*, std::less<>> used_;  // secrets, and where they may be sent
  std::set<std::string, std::less<>> connected_;                      // hosts
  mutable std::optional<boost::json::object> row_;                    // of data; absent: none was needed yet
};

// For the text of a proxy: a secret in it is for the proxy alone, which need not be where the target's may go.
class ProxyScope : public Scope {
 public:
  explicit ProxyScope(const SessionScope& session) : session_(session) {}

  absl::StatusOr<boost::json::value> Lookup(std::string_view name) const override;
  // What its own text and the session have used must be allowed for it.
  absl::Status CheckHost(std::string_view proxy) const;

 private:
  const SessionScope& session_;
  mutable std::map<std::string, const HostList*, std::less<>> used_;
};

// Random hexadecimal digits, for trace contexts.
std::string RandomHex(std::size_t bytes);

}  // namespace wsfleet::engine
