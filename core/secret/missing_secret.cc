#include "core/secret/missing_secret.h"

#include "fmt/format.h"

namespace wsfleet {

std::string HowToGive(std::string_view name, bool is_scheduled) {
  if (!is_scheduled) return fmt::format("pass --secret {}", name);
  return fmt::format("write secrets: {{{0}: env:{0}}} below `run` in the schedule's file, and apply it", name);
}

std::string WhyMissing(std::string_view name, const UnreadSecrets& unread, bool is_scheduled) {
  if (const auto found = unread.find(name); found != unread.end()) {
    return fmt::format(
        "secret {} was not given; {} keeps it for this fleet, but could not read it, and its log says why", name,
        found->second);
  }
  return fmt::format("secret {} was not given, and neither coordinator nor agent keeps it for this fleet; {}", name,
                     HowToGive(name, is_scheduled));
}

}  // namespace wsfleet
