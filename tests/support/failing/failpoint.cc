#include "tests/support/failing/failpoint.h"

#include <algorithm>
#include <sstream>
#include <utility>

namespace wsfleet::testing {
namespace {

template <typename Value>
bool ReadWord(std::istringstream& words, std::initializer_list<std::pair<const char*, Value>> known, Value& value) {
  std::string word;
  words >> word;
  const auto found = std::ranges::find(known, word, [](const auto& entry) { return std::string(entry.first); });
  if (found == known.end()) return false;
  value = found->second;
  return true;
}

}  // namespace

std::optional<Failpoint> Failpoint::Parse(std::string_view text) {
  std::istringstream words{std::string(text)};
  Failpoint point;
  const bool valid =
      ReadWord(words, {{"before", Moment::kBefore}, {"after", Moment::kAfter}}, point.moment) &&
      ReadWord(words,
               {{"submit", What::kSubmit},
                {"result", What::kResult},
                {"end", What::kEnd},
                {"tick", What::kTick},
                {"any", What::kAny}},
               point.what) &&
      ReadWord(words, {{"kill", How::kKill}, {"stop", How::kStop}, {"error", How::kError}, {"refuse", How::kRefuse}},
               point.how);
  if (!valid) return std::nullopt;
  if (unsigned every = 0; words >> every) point.every = std::max(every, 1U);
  return point;
}

bool Failpoint::Concerns(const std::vector<WriteBatch>& batches) const {
  return std::ranges::any_of(batches, [this](const WriteBatch& batch) {
    switch (what) {
      case What::kSubmit:
        return std::ranges::any_of(batch.events, [](const JobEventRecord& event) { return event.number == 1; });
      case What::kResult:
        return !batch.results.empty();
      case What::kEnd:
        return std::ranges::any_of(batch.jobs, [](const JobRecord& job) { return IsTerminal(job.state); });
      case What::kTick:
        return !batch.ticks.empty();
      case What::kAny:
        return true;
    }
    return false;
  });
}

}  // namespace wsfleet::testing
