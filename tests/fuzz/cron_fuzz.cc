#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "core/schedule/zone.h"
#include "core/schedule/zoned_cron.h"

// The first line is an expression, the second a zone. Whatever they are: a mistake stands inside the expression and has
// a message; what is accepted is due at some time, in order, and counts what it names.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::string_view text = input.substr(0, input.find('\n'));
  const std::string_view name = input.substr(text.size() == input.size() ? text.size() : text.size() + 1);
  wsfleet::CronExpression::Mistake mistake;
  const auto cron = wsfleet::CronExpression::Parse(text, &mistake);
  if (!cron.ok()) {
    if (mistake.offset > text.size() || mistake.length == 0 || mistake.message.empty()) std::abort();
    return 0;
  }
  const auto zone = wsfleet::FindZone(name);
  const wsfleet::ZonedCron zoned(*cron, zone.ok() ? *zone : absl::UTCTimeZone());
  const absl::Time after = absl::FromUnixSeconds(1'700'000'000);
  const absl::Time first = zoned.Next(after), second = zoned.Next(first);
  if (first <= after || second <= first || second == absl::InfiniteFuture()) std::abort();
  if (zoned.Count(after, first) != 1 || zoned.Count(after, first - absl::Nanoseconds(1)) != 0) std::abort();
  if (zoned.Count(after, second) != 2) std::abort();
  return 0;
}
