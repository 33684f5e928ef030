#pragma once

#include <cstddef>
#include <mutex>
#include <optional>
#include <utility>

#include "absl/time/time.h"
#include "core/base/now.h"

namespace wsfleet::coordinator {

// Lines of the process's log that whoever is outside can cause: so many are written, and of the others the number.
// Thread-safe.
class LogLimit {
 public:
  static constexpr std::size_t kMaxLines = 20;  // in kWindow
  static constexpr absl::Duration kWindow = absl::Seconds(10);

  // Whether this line is written: how many before it were left out since the last one; absent: it is left out too.
  std::optional<std::size_t> Take(SteadyTime now) {
    const std::lock_guard lock(mutex_);
    if (now - window_ >= kWindow) {
      window_ = now;
      lines_ = 0;
    }
    if (++lines_ <= kMaxLines) return std::exchange(left_out_, 0);
    ++left_out_;
    return std::nullopt;
  }

 private:
  std::mutex mutex_;
  SteadyTime window_;
  std::size_t lines_ = 0, left_out_ = 0;
};

}  // namespace wsfleet::coordinator
