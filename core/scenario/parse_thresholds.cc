#include <algorithm>
#include <array>
#include <charconv>

#include "core/base/text.h"
#include "core/scenario/keys.h"
#include "core/scenario/parse_load.h"
#include "fmt/format.h"
#include "fmt/ranges.h"

namespace wsfleet {
namespace {

using Words = std::span<const std::string_view>;

constexpr std::array<std::string_view, 7> kTimeStats{"pN", "min", "max", "mean", "success", "count", "rate"};
constexpr std::array<std::string_view, 5> kSessionStats{"success", "count", "rate", "dropped", "active"};
constexpr std::array<std::string_view, 2> kMessageStats{"count", "rate"};
constexpr std::array<std::string_view, 3> kEventStats{"count", "rate", "share"};
constexpr std::array<std::string_view, 3> kGroups{"region", "agent", "scenario"};
constexpr std::array<std::string_view, 4> kNamed{"region", "agent", "scenario", "name"};
constexpr std::array<std::string_view, 4> kDirected{"region", "agent", "scenario", "dir"};
constexpr std::array<std::string_view, 4> kCoded{"region", "agent", "scenario", "code"};
constexpr std::array<std::string_view, 5> kClassed{"region", "agent", "scenario", "class", "phase"};
constexpr std::array<std::string_view, 6> kComparisons{"<=", ">=", "==", "!=", "<", ">"};

struct Metric {
  std::string_view name;
  Words labels;
  Words stats;
};
constexpr std::array<Metric, 13> kMetrics{{{"resolve", kGroups, kTimeStats},
                                           {"tcp", kGroups, kTimeStats},
                                           {"tls", kGroups, kTimeStats},
                                           {"upgrade", kGroups, kTimeStats},
                                           {"connect", kGroups, kTimeStats},
                                           {"session", kGroups, kTimeStats},
                                           {"http", kNamed, kTimeStats},
                                           {"event", kNamed, kTimeStats},
                                           {"ping", kNamed, kTimeStats},
                                           {"sessions", kGroups, kSessionStats},
                                           {"messages", kDirected, kMessageStats},
                                           {"closes", kCoded, kEventStats},
                                           {"failures", kClassed, kEventStats}}};

bool IsQuantile(std::string_view word) {
  if (!word.starts_with('p')) return false;
  double number = 0;
  const char* end = word.data() + word.size();
  const auto result = std::from_chars(word.data() + 1, end, number);
  return result.ec == std::errc() && result.ptr == end && number > 0 && number < 100;
}

bool IsNumber(std::string_view text) {
  double number = 0;
  const char* end = text.data() + text.size();
  const auto result = std::from_chars(text.data(), end, number);
  return result.ec == std::errc() && result.ptr == end;
}

// threshold = metric, [ "{", filters, "}" ], stat, cmp, value, [ "over", duration ], [ "by", group ].
// Reads from left to right and reports the first character that cannot stand where it does.
class ThresholdChecker {
 public:
  ThresholdChecker(ParseContext& context, const YamlNode& node) : context_(context), node_(node), text_(node.text) {}

  void Check() {
    if (!TakeMetric() || !TakeFilters() || !TakeStat() || !TakeComparison() || !TakeValue()) return;
    if (Peek() == "over") {
      Advance(Peek());
      if (!ParseDuration(Peek())) return Fail("expected a duration after \"over\"");
      Advance(Peek());
    }
    if (Peek() == "by") {
      Advance(Peek());
      if (std::ranges::find(kGroups, Peek()) == kGroups.end()) {
        return Fail(fmt::format("expected {} after \"by\"", fmt::join(kGroups, ", ")));
      }
      Advance(Peek());
    }
    if (!Peek().empty()) Fail(fmt::format("expected \"over\", \"by\" or the end after \"{}\"", last_));
  }

 private:
  void SkipSpace() { at_ = std::min(text_.find_first_not_of(' ', at_), text_.size()); }

  // The next word: up to a space or a sign of the grammar.
  std::string_view Peek() {
    SkipSpace();
    return text_.substr(at_, std::min(text_.find_first_of(" {}<>=!,", at_), text_.size()) - at_);
  }
  void Advance(std::string_view word) {
    last_ = word;
    at_ += word.size();
  }
  void Fail(std::string_view expected, std::string_view hint = "") {
    SkipSpace();
    const std::string_view word = text_.substr(at_, std::min(text_.find(' ', at_), text_.size()) - at_);
    SourceRange range = node_.range;
    range.column += static_cast<std::uint32_t>(at_);
    range.length = static_cast<std::uint32_t>(std::max<std::size_t>(1, word.size()));
    const std::string found = word.empty() ? "the end" : fmt::format("\"{}\"", Excerpt(word, 40));
    context_.diagnostics.Error(range, fmt::format("{}, found {}{}", expected, found, hint));
  }

  bool TakeMetric() {
    const std::string_view word = Peek();
    const auto found = std::ranges::find(kMetrics, word, &Metric::name);
    if (found == kMetrics.end()) {
      std::vector<std::string_view> names;
      for (const Metric& metric : kMetrics) names.push_back(metric.name);
      Fail("expected a metric", Suggestion(word, names));
      return false;
    }
    metric_ = *found;
    Advance(word);
    return true;
  }

  bool TakeFilters() {
    SkipSpace();
    if (!text_.substr(at_).starts_with('{')) return true;
    do {
      ++at_;
      if (!TakeFilter()) return false;
      SkipSpace();
    } while (text_.substr(at_).starts_with(','));
    if (!text_.substr(at_).starts_with('}')) {
      Fail("expected , or } after a filter");
      return false;
    }
    ++at_;
    last_ = "}";
    return true;
  }

  bool TakeFilter() {
    const std::string_view label = Peek();
    if (std::ranges::find(metric_.labels, label) == metric_.labels.end()) {
      Fail(fmt::format("expected a label of {}: {}", metric_.name, fmt::join(metric_.labels, ", ")),
           Suggestion(label, metric_.labels));
      return false;
    }
    Advance(label);
    SkipSpace();
    const std::string_view rest = text_.substr(at_);
    const std::size_t sign = rest.starts_with("!=") ? 2 : rest.starts_with('=') ? 1 : 0;
    if (sign == 0) {
      Fail(fmt::format("expected = or != after \"{}\"", label));
      return false;
    }
    at_ += sign;
    SkipSpace();
    std::size_t end = 0;
    if (text_.substr(at_).starts_with('"')) {
      end = text_.find('"', at_ + 1);
      end = end == std::string_view::npos ? at_ : end + 1;
    } else {
      constexpr std::string_view kGlob = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-*";
      end = std::min(text_.find_first_not_of(kGlob, at_), text_.size());
    }
    if (end == at_) Fail("expected letters, digits, . _ - and *, or a \"quoted string\"");
    const bool good = end > at_;
    at_ = end;
    return good;
  }

  bool TakeStat() {
    const std::string_view word = Peek();
    const bool quantile = IsQuantile(word) && metric_.stats.front() == "pN";
    if (!quantile && (word == "pN" || std::ranges::find(metric_.stats, word) == metric_.stats.end())) {
      Fail(fmt::format("expected a statistic of {}: {}", metric_.name, fmt::join(metric_.stats, ", ")),
           Suggestion(word, metric_.stats));
      return false;
    }
    stat_ = word;
    Advance(word);
    return true;
  }

  bool TakeComparison() {
    SkipSpace();
    for (const std::string_view comparison : kComparisons) {
      if (!text_.substr(at_).starts_with(comparison)) continue;
      Advance(text_.substr(at_, comparison.size()));
      return true;
    }
    Fail(fmt::format("expected < <= > >= == or != after \"{}\"", last_));
    return false;
  }

  bool TakeValue() {
    const std::string_view word = Peek();
    std::string_view expected;
    bool good = false;
    if (stat_ == "success" || stat_ == "share") {
      expected = "a percentage such as 99.5%";
      good = word.ends_with('%') && IsNumber(word.substr(0, word.size() - 1));
    } else if (stat_ == "rate") {
      expected = "a rate such as 50/s";
      good = IsRate(word);
    } else if (stat_ == "count" || stat_ == "dropped" || stat_ == "active") {
      expected = "a number";
      good = IsNumber(word);
    } else {
      expected = "a duration such as 800ms";
      good = ParseDuration(word).has_value();
    }
    if (good) {
      Advance(word);
    } else {
      Fail(fmt::format("expected {} after \"{}\"", expected, last_));
    }
    return good;
  }

  ParseContext& context_;
  const YamlNode& node_;
  std::string_view text_;
  std::size_t at_ = 0;
  std::string_view last_;
  Metric metric_;
  std::string_view stat_;
};

}  // namespace

void CheckThresholds(ParseContext& context, const YamlNode& node) {
  if (!node.is_sequence()) {
    context.diagnostics.Error(node.range, fmt::format("thresholds: expected a list, found {}", DescribeNode(node)));
    return;
  }
  for (const YamlNode& element : node.elements) {
    if (!CheckKeys(context, element, "threshold", keys::kThreshold)) continue;
    const YamlNode* expression = Get(element, "expr");
    if (expression == nullptr) {
      context.diagnostics.Error(element.range, "threshold: \"expr\" is missing");
    } else if (ReadPlainText(context, "expr", *expression)) {
      ThresholdChecker(context, *expression).Check();
    }
    if (const YamlNode* abort = Get(element, "abort_after"))
      ReadDuration(context, keys::kThreshold["abort_after"], *abort);
    if (const YamlNode* verdict = Get(element, "verdict")) ReadWord(context, keys::kThreshold["verdict"], *verdict);
  }
}

}  // namespace wsfleet
