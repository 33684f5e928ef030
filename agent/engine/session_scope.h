#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "agent/engine/engine.h"
#include "agent/engine/surroundings.h"
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
  const std::map<std::string, std::string, std::less<>>* secrets = nullptr;
  const Redactor* redactor = nullptr;  // of these secrets
  std::string session_id;
  std::uint64_t session_index = 0;
};

// Values of templates, in the order of the language: matrix, captures, --var, the target's vars, the suite's.
class SessionScope : public CaptureScope {
 public:
  explicit SessionScope(SessionFacts facts) : facts_(std::move(facts)) {}

  absl::StatusOr<boost::json::value> Lookup(std::string_view name) const override;
  void Set(std::string name, boost::json::value value) override { captures_[std::move(name)] = std::move(value); }

 private:
  absl::StatusOr<boost::json::value> LookupVariable(std::string_view name) const;

  SessionFacts facts_;
  std::map<std::string, boost::json::value, std::less<>> captures_;
};

// Random hexadecimal digits, for trace contexts.
std::string RandomHex(std::size_t bytes);

}  // namespace wsfleet::engine
