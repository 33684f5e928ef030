#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "core/job/records.h"

namespace wsfleet {

// One term of `--from`: `eu-west-1`, `eu-*`, `us-east+arm64`, or the id of an agent. What stands before the first `+`
// is the place; each further part must be the value of one of the agent's labels.
class Term {
 public:
  static constexpr std::size_t kMaxBytes = 256;

  // INVALID_ARGUMENT says what is wrong with it. `@last` is one that this version does not know.
  static absl::StatusOr<Term> Parse(std::string_view text);

  // A term that a region or an agent was given for, whatever its letters are.
  static Term OfRegion(const RegionName& region);
  static Term OfAgent(const AgentId& agent);

  const std::string& text() const { return text_; }
  const std::string& place() const { return place_; }

  // The place may match several regions.
  bool has_glob() const { return place_.find('*') != std::string::npos; }

  bool MatchesRegion(const RegionName& region) const;
  // By its region or its id, and its labels.
  bool Matches(const AgentRecord& agent) const;

 private:
  std::string text_;
  std::string place_;
  std::vector<std::string> labels_;
};

}  // namespace wsfleet
