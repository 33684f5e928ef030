#include "agent/endpoints.h"

#include <utility>

namespace wsfleet::agent {

Endpoints::Endpoints(std::vector<std::string> addresses, Dial dial)
    : addresses_(std::move(addresses)), dial_(std::move(dial)), address_(addresses_.front()) {}

v1::AgentSession::Stub& Endpoints::stub() {
  std::unique_ptr<v1::AgentSession::Stub>& stub = stubs_[address_];
  if (stub == nullptr) stub = v1::AgentSession::NewStub(dial_(address_));
  return *stub;
}

void Endpoints::Next() {
  if (std::exchange(sent_to_silent_, false)) return;
  asked_again_ = hops_ > 0 && !asked_again_;
  if (!asked_again_) next_ = (next_ + 1) % addresses_.size();
  address_ = addresses_[next_];
  hops_ = 0;
}

bool Endpoints::Follow(const v1::Redirect& redirect, SteadyTime now) {
  sent_to_silent_ = !silent_.empty() && redirect.address() == silent_ && now < silent_until_;
  if (sent_to_silent_) return false;
  const bool is_news = redirect.ownership_epoch() > epoch_ ||
                       (redirect.ownership_epoch() == epoch_ && redirect.address() != address_ && hops_ == 0);
  if (!is_news || redirect.address().empty() || hops_ == kMaxHops) return false;
  ++hops_;
  epoch_ = redirect.ownership_epoch();
  address_ = redirect.address();
  return true;
}

}  // namespace wsfleet::agent
