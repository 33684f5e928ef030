#include "cli/report/tries.h"

#include <algorithm>

#include "core/base/text.h"
#include "fmt/format.h"

namespace wsfleet::cli {
namespace {

constexpr std::size_t kMaxMessageOfATry = 300;

bool IsAsShown(const CaseResult& result, const Failure& earlier) {
  return result.failure && result.failure->failure_class == earlier.failure_class &&
         result.failure->phase == earlier.phase && result.failure->message == earlier.message;
}

}  // namespace

std::vector<Note> EarlierTries(const CaseResult& result) {
  std::vector<Note> tries;
  for (const Failure& earlier : result.earlier_failures) {
    // Each failed try is followed by another one, so that they are numbered from the first.
    std::string what = IsAsShown(result, earlier) ? "the same"
                                                  : fmt::format("[{}] {}", FailureClassName(earlier.failure_class),
                                                                Excerpt(earlier.message, kMaxMessageOfATry));
    tries.push_back({fmt::format("try {}", tries.size() + 1), std::move(what)});
  }
  return tries;
}

std::string TriesText(const CaseResult& result) {
  if (result.tries < 2) return {};
  std::string out =
      result.flaky ? fmt::format("passed in try {}", result.tries) : fmt::format("{} times", result.tries);
  const auto& earlier = result.earlier_failures;
  const bool same = std::ranges::all_of(earlier, [&](const Failure& failure) { return IsAsShown(result, failure); });
  if (same) return earlier.size() + 1 == result.tries ? out + ", each with the same" : out;
  for (const Note& note : EarlierTries(result)) out += fmt::format("; {}: {}", note.label, note.text);
  return out;
}

const Failure* KeptFailure(const CaseResult& result) {
  if (result.failure) return &*result.failure;
  return result.earlier_failures.empty() ? nullptr : &result.earlier_failures.front();
}

}  // namespace wsfleet::cli
