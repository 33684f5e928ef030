#include "core/session/reach.h"

#include <algorithm>
#include <set>
#include <variant>

namespace wsfleet {
namespace {

// What `since` a step that looks at frames has; null if it looks at none.
const std::string* LooksSince(const Step& step) {
  if (const auto* expect = std::get_if<ExpectStep>(&step.action)) return &expect->since;
  if (const auto* many = std::get_if<ExpectManyStep>(&step.action)) return &many->since;
  if (const auto* none = std::get_if<ExpectNoneStep>(&step.action)) return &none->since;
  return nullptr;
}

// Goes through the steps to come in their order.
class Walk {
 public:
  Walk(const std::map<std::string, SteadyTime>& anchors, std::string_view via, SteadyTime now)
      : anchors_(anchors), via_(via), earliest_(now) {}

  void Through(const std::vector<Step>& steps, std::size_t from) {
    for (std::size_t i = from; i < steps.size() && !over_; ++i) Take(steps[i]);
  }

  SteadyTime earliest() const { return earliest_; }

 private:
  void Take(const Step& step) {
    // A new connection has an inbox of its own.
    const auto* connect = std::get_if<ConnectStep>(&step.action);
    over_ = (connect != nullptr && connect->as == via_) ||
            (std::holds_alternative<ReconnectStep>(step.action) && step.via == via_);
    if (over_) return;
    if (const auto* repeat = std::get_if<RepeatStep>(&step.action)) Through(repeat->steps, 0);
    if (const std::string* since = LooksSince(step);
        since != nullptr && step.via == via_ && !renewed_.contains(*since)) {
      const auto anchor = anchors_.find(*since);
      earliest_ = anchor == anchors_.end() ? SteadyTime() : std::min(earliest_, anchor->second);
    }
    // From here on it has a later anchor than now.
    if (!step.id.empty()) renewed_.insert(step.id);
  }

  const std::map<std::string, SteadyTime>& anchors_;
  const std::string_view via_;
  SteadyTime earliest_;
  std::set<std::string> renewed_;
  bool over_ = false;
};

}  // namespace

SteadyTime EarliestReach(std::span<const StepPosition> path, const std::map<std::string, SteadyTime>& anchors,
                         std::string_view via, SteadyTime now) {
  Walk walk(anchors, via, now);
  for (auto position = path.rbegin(); position != path.rend(); ++position) {
    walk.Through(*position->steps, position->next);
    if (position->loops) walk.Through(*position->steps, 0);
  }
  return walk.earliest();
}

}  // namespace wsfleet
