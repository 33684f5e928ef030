#include "core/verdict/log_excerpt.h"

#include <algorithm>
#include <optional>

#include "core/base/text.h"
#include "core/verdict/log_time.h"
#include "re2/re2.h"

namespace wsfleet {
namespace {

constexpr std::size_t kMaxRawBytes = 64 * 1024;

// How much a line says of what went wrong: 2 for the last line of a traceback ("AttributeError: …", "panic: …"), 1 for
// a line of that level.
int Weight(std::string_view line) {
  static const re2::RE2 kCause(R"(^(Caused by: )?([A-Za-z_][\w.$]*(Error|Exception)|panic|fatal error)\b\s*(:|$))");
  static const re2::RE2 kLevel(R"((?i)\b(error|exception|fatal|critical|panic|emerg|alert)\b)");
  const re2::StringPiece text(line.data(), line.size());
  if (re2::RE2::PartialMatch(text, kCause)) return 2;
  return re2::RE2::PartialMatch(text, kLevel) ? 1 : 0;
}

std::vector<std::string_view> LinesOf(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (!line.empty()) lines.push_back(line);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

// Takes out what is of another time; a line without a stamp belongs to the one before it. Returns whether a line of
// those that stay has one.
bool KeepTime(std::vector<std::string_view>& lines, absl::Time start, absl::Time end) {
  bool within = true, dated = false;
  std::erase_if(lines, [&](std::string_view line) {
    if (const auto stamp = TimeOfLogLine(line)) {
      within = MayBeWithin(*stamp, start, end);
      dated = dated || within;
    }
    return !within;
  });
  return dated;
}

// A line of a traceback that begins with no time: of Python, Java, Go, Node.js.
bool GoesOn(std::string_view line, bool within_traceback) {
  static const re2::RE2 kForm(
      R"(^(\s|Traceback \(|During handling of the above |The above exception was |Caused by: |goroutine \d))");
  return re2::RE2::PartialMatch({line.data(), line.size()}, kForm) || (within_traceback && Weight(line) == 2);
}

// Those that carry the trace id, each with what belongs to it: where lines say their time, all up to the next that
// does, else the traceback behind it.
void KeepRequest(std::vector<std::string_view>& lines, std::string_view trace_id) {
  bool keeps = false, dated = false, within_traceback = false;
  std::erase_if(lines, [&](std::string_view line) {
    if (line.find(trace_id) != std::string_view::npos) {
      keeps = true;
      within_traceback = false;
      dated = TimeOfLogLine(line).has_value();
    } else if (dated) {
      keeps = keeps && !TimeOfLogLine(line);
    } else {
      within_traceback = GoesOn(line, within_traceback);
      keeps = keeps && within_traceback;
    }
    return !keeps;
  });
}

// What leads to the last line that names an error, if one does.
void EndWithTheError(std::vector<std::string_view>& lines) {
  for (const int weight : {2, 1}) {
    const auto last = std::find_if(lines.rbegin(), lines.rend(), [&](auto line) { return Weight(line) == weight; });
    if (last == lines.rend()) continue;
    lines.erase(last.base(), lines.end());
    return;
  }
}

}  // namespace

LogExcerpt PickLogLines(std::string_view text, std::string_view trace_id, absl::Time start, absl::Time end) {
  std::vector<std::string_view> lines = LinesOf(text);
  LogExcerpt excerpt;
  const auto carries = [&](std::string_view line) { return line.find(trace_id) != std::string_view::npos; };
  if (!trace_id.empty() && std::ranges::any_of(lines, carries)) {
    excerpt.same_request = true;
    KeepRequest(lines, trace_id);
    if (lines.size() > LogExcerpt::kMaxLines) EndWithTheError(lines);
  } else {
    excerpt.undated = !KeepTime(lines, start, end);
    EndWithTheError(lines);
  }
  const std::size_t skipped = lines.size() - std::min(lines.size(), LogExcerpt::kMaxLines);
  for (std::size_t i = skipped; i < lines.size(); ++i) {
    excerpt.lines.push_back(Excerpt(lines[i], kMaxRawBytes));
  }
  return excerpt;
}

bool NamesAnError(const LogExcerpt& excerpt) {
  return std::ranges::any_of(excerpt.lines, [](const std::string& line) { return Weight(line) > 0; });
}

}  // namespace wsfleet
