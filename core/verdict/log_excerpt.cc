#include "core/verdict/log_excerpt.h"

#include <algorithm>
#include <utility>

#include "core/base/text.h"
#include "core/verdict/log_time.h"
#include "re2/re2.h"

namespace wsfleet {
namespace {

constexpr std::size_t kMaxRawBytes = 64 * 1024;

// The line without what a collector of logs puts before each: of Kubernetes (CRI, `kubectl logs --prefix`), Compose,
// journald, `docker logs -t`.
std::string_view Said(std::string_view line) {
  static const re2::RE2 kPrefix(
      R"((?:\[pod/\S+\] )?(?:\S+ std(?:out|err) [FP] |[\w.-]+\s*\| ?|[A-Z][a-z]{2} [ \d]\d [\d:]{8} \S+ [^\s:\[]+\[\d+\]: )"
      R"(|\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:\d\d) |))");
  re2::StringPiece text(line.data(), line.size());
  re2::RE2::Consume(&text, kPrefix);
  return {text.data(), text.size()};
}

// How much a line says of what went wrong: 2 for the last line of a traceback ("AttributeError: …", "panic: …"), 1 for
// a line of that level.
int Weight(std::string_view line) {
  static const re2::RE2 kCause(R"(^(Caused by: )?([A-Za-z_][\w.$]*(Error|Exception)|panic|fatal error)\b\s*(:|$))");
  static const re2::RE2 kLevel(R"((?i)\b(error|exception|fatal|critical|panic|emerg|alert)\b)");
  const std::string_view said = Said(line);
  const re2::StringPiece text(said.data(), said.size());
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

// What belongs to a line that carries the trace id: the traceback behind it, of Python, Java, Go, Node.js, and lines
// that are indented. What else follows is as likely another request's.
class Traceback {
 public:
  void BeginBehind(std::string_view line) {
    begun_by_ = line;
    at_begin_ = true;
    names_cause_ = false;
  }
  bool Continues(std::string_view line) {
    static const re2::RE2 kForm(R"(^(\s|Caused by: |goroutine \d))");
    static const re2::RE2 kBegin(R"(^(Traceback \(|During handling of the above |The above exception was ))");
    const std::string_view said = Said(line);
    const re2::StringPiece text(said.data(), said.size());
    // Java names the exception first, on a line that has no time where others have one.
    const bool head =
        at_begin_ && Weight(line) == 2 && (LacksTime(begun_by_, line) || LacksTime(Said(begun_by_), said));
    at_begin_ = false;
    if (re2::RE2::PartialMatch(text, kBegin)) {
      names_cause_ = true;
      return true;
    }
    if (head || re2::RE2::PartialMatch(text, kForm)) return true;
    // Python names it last.
    return std::exchange(names_cause_, false) && Weight(line) == 2;
  }

 private:
  static bool LacksTime(std::string_view first, std::string_view line) {
    return TimeOfLogLine(first).has_value() && !TimeOfLogLine(line).has_value();
  }

  std::string_view begun_by_;
  bool at_begin_ = false;
  bool names_cause_ = false;  // the line that names it is to come
};

// Those that carry the trace id, each with the traceback behind it.
void KeepRequest(std::vector<std::string_view>& lines, std::string_view trace_id) {
  bool keeps = false;
  Traceback traceback;
  std::erase_if(lines, [&](std::string_view line) {
    if (line.find(trace_id) != std::string_view::npos) {
      keeps = true;
      traceback.BeginBehind(line);
    } else {
      keeps = keeps && traceback.Continues(line);
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

LogExcerpt OrOfSameTime(LogExcerpt excerpt, std::string_view text, absl::Time start, absl::Time end) {
  if (!excerpt.same_request || NamesAnError(excerpt)) return excerpt;
  LogExcerpt of_time = PickLogLines(text, "", start, end);
  return NamesAnError(of_time) ? of_time : excerpt;
}

}  // namespace wsfleet
