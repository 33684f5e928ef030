#pragma once

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "core/base/source.h"
#include "core/base/text.h"

namespace wsfleet {

// Collects what is wrong with a bundle. A second error at the same place is a consequence of the first and is dropped.
class Diagnostics {
 public:
  void Error(const SourceRange& range, std::string message) {
    Add(Diagnostic::Severity::kError, range, std::move(message));
  }
  void Warning(const SourceRange& range, std::string message) {
    Add(Diagnostic::Severity::kWarning, range, std::move(message));
  }
  bool has_errors() const { return errors() > 0; }
  // Nothing more is kept: what comes now need not be looked for.
  bool full() const { return list_.size() == kMaxKept; }
  // How many errors there are; a parser compares before and after.
  std::size_t errors() const {
    return static_cast<std::size_t>(std::ranges::count(list_, Diagnostic::Severity::kError, &Diagnostic::severity));
  }

  // By file and place; at most `max_errors` errors, and the warnings.
  std::vector<Diagnostic> Sorted(std::size_t max_errors) const {
    std::vector<Diagnostic> sorted = list_;
    std::ranges::stable_sort(sorted, {}, &Diagnostic::range);
    std::size_t errors = 0;
    std::erase_if(sorted, [&](const Diagnostic& d) {
      return d.severity == Diagnostic::Severity::kError && ++errors > max_errors;
    });
    return sorted;
  }

 private:
  static constexpr std::size_t kMaxKept = 1000;
  static constexpr std::size_t kMaxMessageBytes = 1000;

  void Add(Diagnostic::Severity severity, const SourceRange& range, std::string message) {
    const auto same = [&](const Diagnostic& d) {
      return d.severity == severity && range.known() && d.range.file == range.file && d.range.line == range.line &&
             d.range.column == range.column;
    };
    if (list_.size() == kMaxKept || std::ranges::any_of(list_, same)) return;
    list_.push_back({severity, range, Excerpt(message, kMaxMessageBytes)});
  }

  std::vector<Diagnostic> list_;
};

}  // namespace wsfleet
