#include "cli/terminal/schedule_diff.h"

#include <map>
#include <set>
#include <string_view>
#include <utility>

#include "cli/terminal/schedule_text.h"
#include "core/base/text.h"
#include "fmt/format.h"

namespace wsfleet::cli {
namespace {

std::string DiffLine(std::string_view name, std::string_view text) {
  return fmt::format("    {:<12} {}\n", name, text);
}

// "~ a.yaml  + new.yaml  - old.yaml"
std::string FilesText(const SourceFiles& before, const SourceFiles& after) {
  std::string out;
  const auto add = [&](char mark, const std::string& path) {
    out += fmt::format("{}{} {}", out.empty() ? "" : "  ", mark, Printable(path));
  };
  for (const auto& [path, text] : after) {
    const auto known = before.find(path);
    if (known == before.end()) {
      add('+', path);
    } else if (known->second != text) {
      add('~', path);
    }
  }
  for (const auto& [path, text] : before) {
    if (!after.contains(path)) add('-', path);
  }
  return out;
}

std::string RenderNew(const v1::Schedule& schedule) {
  std::string out;
  for (const auto& [name, text] : AppliedProperties(schedule)) out += DiffLine(name, text);
  return out;
}

std::string RenderChanged(const ScheduleDifference& difference) {
  const auto before = AppliedProperties(difference.before), after = AppliedProperties(difference.after);
  const std::map<std::string, std::string> old_values(before.begin(), before.end());
  const std::map<std::string, std::string> new_values(after.begin(), after.end());
  const auto value = [](const std::map<std::string, std::string>& values, const std::string& name) {
    const auto found = values.find(name);
    return found == values.end() ? std::string("(none)") : found->second;
  };
  std::string out;
  std::set<std::string> seen;
  for (const auto* properties : {&after, &before}) {
    for (const auto& [name, text] : *properties) {
      const std::string from = value(old_values, name), to = value(new_values, name);
      if (!seen.insert(name).second || from == to) continue;
      out += DiffLine(name, fmt::format("{} → {}", from, to));
    }
  }
  if (difference.secrets_changed && value(old_values, "secrets") == value(new_values, "secrets")) {
    out += DiffLine("secrets", "other values");
  }
  const std::string files = FilesText(difference.known_files, difference.files);
  if (!files.empty()) out += DiffLine("files", files);
  return out;
}

std::string RenderOne(const ScheduleDifference& difference) {
  switch (difference.change) {
    case v1::SCHEDULE_CHANGE_CREATED:
      return fmt::format("+ {}\n{}", difference.name, RenderNew(difference.after));
    case v1::SCHEDULE_CHANGE_UPDATED:
      return fmt::format("~ {}{}\n{}", difference.name, difference.before.paused() ? " (stays paused)" : "",
                         RenderChanged(difference));
    case v1::SCHEDULE_CHANGE_DELETED:
      return fmt::format("- {}\n", difference.name);
    default:
      return fmt::format("= {}{}\n", difference.name, difference.before.paused() ? " (paused)" : "");
  }
}

}  // namespace

std::string ChangeText(v1::ScheduleChange change) {
  switch (change) {
    case v1::SCHEDULE_CHANGE_CREATED:
      return "created";
    case v1::SCHEDULE_CHANGE_UPDATED:
      return "changed";
    case v1::SCHEDULE_CHANGE_DELETED:
      return "deleted";
    default:
      return "unchanged";
  }
}

std::string RenderDifferences(const std::vector<ScheduleDifference>& differences) {
  std::string out;
  std::map<v1::ScheduleChange, int> counts;
  for (const ScheduleDifference& difference : differences) {
    out += RenderOne(difference);
    ++counts[difference.change];
  }
  std::string total;
  for (const auto& [change, word] : {std::pair(v1::SCHEDULE_CHANGE_CREATED, "new"),
                                     {v1::SCHEDULE_CHANGE_UPDATED, "to change"},
                                     {v1::SCHEDULE_CHANGE_DELETED, "to delete"},
                                     {v1::SCHEDULE_CHANGE_UNCHANGED, "unchanged"}}) {
    if (counts[change] > 0) total += fmt::format("{}{} {}", total.empty() ? "" : ", ", counts[change], word);
  }
  return out + total + "\n";
}

}  // namespace wsfleet::cli
