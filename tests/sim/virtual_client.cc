#include "tests/sim/virtual_client.h"

namespace wsfleet::sim {

void VirtualClient::Submit() {
  if (answered_) return;
  const std::uint64_t attempt = ++tries_;
  // Nothing is known of a request without an answer: the same is sent again.
  queue_.After(absl::Seconds(4), [this, attempt] {
    if (attempt == tries_) Submit();
  });
  if (IsLost()) return;
  shell_.Submit(spec_, [this](const fleet::AnswerSubmit* answer) {
    if (!IsLost()) OnAnswer(answer);
  });
}

void VirtualClient::OnAnswer(const fleet::AnswerSubmit* answer) {
  if (answered_ || answer == nullptr) return;
  // The fleet is stopped: it is asked again.
  if (absl::IsFailedPrecondition(answer->status)) return;
  answered_ = true;
  if (!answer->status.ok()) {
    if (absl::IsAlreadyExists(answer->status)) {
      shell_.referee().OnKeyRefused(spec_);
    } else {
      shell_.referee().Complain("a submit is refused: " + answer->status.ToString());
    }
    return;
  }
  job_ = answer->job;
  shell_.referee().OnAccepted(spec_.key, *job_);
  queue_.After(dice_.Between(absl::Milliseconds(1), absl::Seconds(1)), [this] { Watch(); });
  if (dice_.Chance(20)) {
    queue_.After(dice_.Between(absl::Milliseconds(1), absl::Seconds(15)), [this] { Cancel(); });
  }
  if (dice_.Chance(15)) {
    queue_.After(dice_.Between(absl::Milliseconds(1), absl::Seconds(15)), [this] {
      walked_away_ = true;
      shell_.Unwatch(*job_, number_);
    });
  }
}

void VirtualClient::Watch() {
  if (walked_away_) return;
  shell_.Watch(*job_, number_, [this](bool alive) {
    if (!alive) queue_.After(dice_.Between(absl::Milliseconds(10), absl::Seconds(1)), [this] { Watch(); });
  });
}

void VirtualClient::Cancel() {
  if (cancelled_) return;
  queue_.After(absl::Seconds(3), [this] { Cancel(); });
  if (IsLost()) return;
  shell_.Cancel(*job_, [this](const fleet::AnswerCancel* answer) {
    if (answer == nullptr || IsLost()) return;
    cancelled_ = true;
    if (absl::IsNotFound(answer->status)) {
      shell_.referee().OnNotOpen(*job_);
      return;
    }
    const JobRecord* job = shell_.store().FindJob(*job_);
    if (job == nullptr && shell_.store().removed_jobs().contains(*job_)) return;
    if (job == nullptr || !(job->cancel_requested || job->deadline_passed || IsTerminal(job->state))) {
      shell_.referee().Complain("I1: a cancel is answered and not durable");
    }
  });
}

}  // namespace wsfleet::sim
