#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/job/batch.h"

namespace wsfleet::testing {

// An exact place in the life of a coordinator, and what happens there: "before submit kill", "after result kill",
// "after any error 3". Before or after the commit of what; the process dies without a word, or is stopped until
// somebody has it go on, and says how it went on; or the caller is told that the commit failed, or that no such commit
// can ever be stored; at each time, or each third.
struct Failpoint {
  enum class Moment { kBefore, kAfter };
  // A job's first commit, one with results, a job's last, of a schedule's time, whatever.
  enum class What { kSubmit, kResult, kEnd, kTick, kAny };
  enum class How { kKill, kStop, kError, kRefuse };

  Moment moment = Moment::kBefore;
  What what = What::kAny;
  How how = How::kError;
  unsigned every = 1;

  // Nothing if the text is none.
  static std::optional<Failpoint> Parse(std::string_view text);
  bool Concerns(const std::vector<WriteBatch>& batches) const;
};

}  // namespace wsfleet::testing
