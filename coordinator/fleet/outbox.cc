#include "coordinator/fleet/outbox.h"

#include <iterator>
#include <utility>

namespace wsfleet::fleet {

std::vector<Effect> Outbox::Close() {
  std::vector<Effect> now = std::exchange(at_once_, {});
  std::vector<Effect> turn = std::exchange(turn_, {});
  if (!batch_.empty()) {
    last_commit_ = CommitId(last_commit_.value() + 1);
    const std::size_t own = turn.size();
    waiting_.push_back({last_commit_, std::move(turn), own});
    now.push_back(Persist{last_commit_, std::exchange(batch_, {})});
    return now;
  }
  std::vector<Effect>& last = waiting_.empty() ? now : waiting_.back().effects;
  last.insert(last.end(), std::move_iterator(turn.begin()), std::move_iterator(turn.end()));
  return now;
}

std::vector<Effect> Outbox::Release(CommitId commit) {
  if (waiting_.empty() || waiting_.front().commit != commit) return {};
  std::vector<Effect> effects = std::move(waiting_.front().effects);
  waiting_.pop_front();
  return effects;
}

std::vector<RequestId> Outbox::RequestsOf(CommitId commit) const {
  std::vector<RequestId> requests;
  for (const Waiting& waiting : waiting_) {
    if (waiting.commit != commit) continue;
    for (std::size_t i = 0; i < waiting.own; ++i) {
      std::visit(
          [&](const auto& one) {
            if constexpr (requires { one.request; }) requests.push_back(one.request);
          },
          waiting.effects[i]);
    }
  }
  return requests;
}

}  // namespace wsfleet::fleet
