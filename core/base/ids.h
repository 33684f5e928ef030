#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

namespace wsfleet {

// A name or number that cannot be mistaken for another kind of name or number. Tag is an empty type that is never
// defined; Rep is std::string or std::uint64_t. A default-constructed id is empty and names nothing.
template <typename Tag, typename Rep>
class TypedId {
 public:
  TypedId() = default;
  explicit TypedId(Rep value) : value_(std::move(value)) {}

  const Rep& value() const { return value_; }
  bool empty() const { return value_ == Rep{}; }

  friend auto operator<=>(const TypedId&, const TypedId&) = default;

  // For Abseil's hash containers.
  template <typename H>
  friend H AbslHashValue(H state, const TypedId& id) {
    return H::combine(std::move(state), id.value_);
  }

 private:
  Rep value_{};
};

template <typename Tag>
using NameId = TypedId<Tag, std::string>;
template <typename Tag>
using NumberId = TypedId<Tag, std::uint64_t>;

using FleetName = NameId<struct FleetNameTag>;
using RegionName = NameId<struct RegionNameTag>;
using AgentId = NameId<struct AgentIdTag>;              // chosen by the agent's operator, unique in its fleet
using BootId = NameId<struct BootIdTag>;                // one start of one agent process
using JobId = NameId<struct JobIdTag>;                  // "r-7Q2K…": what people call a run
using RunKey = NameId<struct RunKeyTag>;                // chosen by the submitter, unique in a fleet
using ScheduleName = NameId<struct ScheduleNameTag>;    // chosen by a person, unique in its fleet
using CaseId = NameId<struct CaseIdTag>;                // "suite/scenario [k=v]": stable over runs of the same text
using TokenId = NameId<struct TokenIdTag>;              // "t-7Q2K…", of a bearer token; no secret
using BudgetName = NameId<struct BudgetNameTag>;        // of a budget that entries of several fleets' policies share
using BundleDigest = NameId<struct BundleDigestTag>;    // lower-case hex SHA-256
using ShardIndex = NumberId<struct ShardIndexTag>;      // position of a shard in its job, from 1
using LeaseId = NumberId<struct LeaseIdTag>;            // unique in a fleet, never reused
using SessionEpoch = NumberId<struct SessionEpochTag>;  // rises with each accepted stream of an agent
using BatchSeq = NumberId<struct BatchSeqTag>;          // of a result batch within (shard, attempt), from 1

// A shard of a job: what one agent runs.
struct ShardId {
  JobId job;
  ShardIndex index;

  friend auto operator<=>(const ShardId&, const ShardId&) = default;
  template <typename H>
  friend H AbslHashValue(H state, const ShardId& id) {
    return H::combine(std::move(state), id.job, id.index);
  }
};

}  // namespace wsfleet
