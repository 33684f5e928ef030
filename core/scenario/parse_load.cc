#include "core/scenario/parse_load.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "core/base/text.h"
#include "fmt/format.h"

namespace wsfleet {
namespace {

constexpr std::array<std::string_view, 9> kLoadKeys{"model", "per", "region_weights", "max_sessions", "stages",
                                                    "from",  "to",  "hold",           "precision"};
constexpr std::array<std::string_view, 3> kModels{"arrival_rate", "sessions", "search"};
constexpr std::array<std::string_view, 3> kScopes{"fleet", "region", "agent"};
constexpr std::array<std::string_view, 4> kStageKeys{"for", "rate", "sessions", "ramp"};
constexpr std::array<std::string_view, 3> kThresholdKeys{"expr", "abort_after", "verdict"};
constexpr std::array<std::string_view, 3> kThresholdVerdicts{"failed", "inconclusive", "warn"};
constexpr std::array<std::string_view, 13> kMetrics{"resolve",  "tcp",    "tls",     "upgrade", "connect",
                                                    "http",     "event",  "ping",    "session", "sessions",
                                                    "messages", "closes", "failures"};
constexpr std::array<std::string_view, 8> kLabels{"region", "agent", "scenario", "name",
                                                  "class",  "phase", "code",     "dir"};
constexpr std::array<std::string_view, 10> kStats{"min",  "max",   "mean",    "success", "count",
                                                  "rate", "share", "dropped", "active"};
constexpr std::array<std::string_view, 6> kComparisons{"<=", ">=", "==", "!=", "<", ">"};
constexpr std::array<std::string_view, 3> kGroups{"region", "agent", "scenario"};

bool IsRate(std::string_view text) {
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos || slash == 0) return false;
  const std::string_view unit = text.substr(slash + 1);
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + slash, number);
  return error == std::errc() && end == text.data() + slash && number >= 0 &&
         (unit == "s" || unit == "m" || unit == "h");
}

void CheckRate(ParseContext& context, std::string_view key, const YamlNode& node) {
  if (node.is_scalar() && IsRate(node.text)) return;
  context.diagnostics.Error(node.range,
                            fmt::format("{}: expected a rate such as 50/s, found {}", key, DescribeNode(node)));
}

void CheckStage(ParseContext& context, const YamlNode& node, const std::string& model) {
  if (!CheckKeys(context, node, "stage", kStageKeys)) return;
  if (const YamlNode* duration = Get(node, "for")) {
    ReadDuration(context, "for", *duration);
  } else {
    context.diagnostics.Error(node.range, "stage: \"for\" is missing");
  }
  const std::string_view wanted = model == "sessions" ? "sessions" : "rate";
  const std::string_view other = model == "sessions" ? "rate" : "sessions";
  if (const auto* wrong = node.Find(other)) {
    context.diagnostics.Error(wrong->key_range,
                              fmt::format("\"{}\" does not go with model: {}; use {}", other, model, wanted));
  }
  if (Get(node, wanted) == nullptr) {
    context.diagnostics.Error(node.range, fmt::format("stage: \"{}\" is missing", wanted));
  } else if (wanted == "rate") {
    CheckRate(context, "rate", *Get(node, "rate"));
  } else {
    ReadInteger(context, "sessions", *Get(node, "sessions"), 0, INT64_MAX);
  }
  if (const YamlNode* ramp = Get(node, "ramp")) ReadBool(context, "ramp", *ramp);
}

void CheckStages(ParseContext& context, const YamlNode& node, const std::string& model) {
  for (const std::string_view key : {"from", "to", "hold", "precision"}) {
    if (const auto* entry = node.Find(key)) {
      context.diagnostics.Error(entry->key_range,
                                fmt::format("\"{}\" does not go with model: {}; use stages", key, model));
    }
  }
  if (const auto* entry = node.Find("max_sessions"); entry != nullptr && model == "sessions") {
    context.diagnostics.Error(entry->key_range, "\"max_sessions\" does not go with model: sessions; use stages");
  }
  const YamlNode* stages = Get(node, "stages");
  if (stages == nullptr || !stages->is_sequence() || stages->elements.empty()) {
    context.diagnostics.Error(stages == nullptr ? node.range : stages->range, "stages: expected a list of stages");
    return;
  }
  for (const YamlNode& stage : stages->elements) CheckStage(context, stage, model);
}

void CheckSearch(ParseContext& context, const YamlNode& node) {
  if (const auto* stages = node.Find("stages")) {
    context.diagnostics.Error(stages->key_range, "\"stages\" does not go with model: search; use from, to, hold");
    return;
  }
  for (const std::string_view key : {"from", "to"}) {
    if (const YamlNode* rate = Get(node, key)) {
      CheckRate(context, key, *rate);
    } else {
      context.diagnostics.Error(node.range, fmt::format("load: \"{}\" is missing", key));
    }
  }
  if (const YamlNode* hold = Get(node, "hold")) ReadDuration(context, "hold", *hold);
}

// threshold = metric, [ "{", filters, "}" ], stat, cmp, value, [ "over", duration ], [ "by", group ].
class ThresholdChecker {
 public:
  ThresholdChecker(ParseContext& context, const YamlNode& node) : context_(context), node_(node), text_(node.text) {}

  void Check() {
    if (!Word(kMetrics, "a metric") || !Filters() || !Stat() || !Comparison() || !Value()) return;
    if (TakeWord("over") && !Duration("over")) return;
    if (TakeWord("by") && !Word(kGroups, "region, agent or scenario")) return;
    Space();
    if (at_ < text_.size()) Fail(fmt::format("expected over, by or the end after \"{}\", found \"{}\"", last_, Next()));
  }

 private:
  void Space() {
    while (at_ < text_.size() && text_[at_] == ' ') ++at_;
  }
  std::string_view Peek() {
    Space();
    std::size_t end = at_;
    while (end < text_.size() && text_[end] != ' ' && text_[end] != '{') ++end;
    return text_.substr(at_, end - at_);
  }
  std::string Next() {
    return at_ < text_.size() ? Excerpt(Peek().empty() ? text_.substr(at_, 1) : Peek(), 40) : "the end";
  }
  bool Fail(const std::string& message) {
    SourceRange range = node_.range;
    range.column += static_cast<std::uint32_t>(at_);
    range.length = 1;
    context_.diagnostics.Error(range, message);
    return false;
  }
  void Advance(std::string_view word) {
    last_ = word;
    at_ += word.size();
  }
  bool TakeWord(std::string_view word) {
    if (Peek() != word) return false;
    Advance(word);
    return true;
  }
  bool Word(std::span<const std::string_view> allowed, std::string_view what) {
    const std::string_view word = Peek();
    if (std::ranges::find(allowed, word) == allowed.end()) {
      return Fail(fmt::format("expected {}, found \"{}\"{}", what, Next(), Suggestion(word, allowed)));
    }
    Advance(word);
    return true;
  }
  bool Filters() {
    Space();
    if (at_ >= text_.size() || text_[at_] != '{') return true;
    do {
      ++at_;
      Space();
      if (!Filter()) return false;
      Space();
    } while (at_ < text_.size() && text_[at_] == ',');
    if (at_ >= text_.size() || text_[at_] != '}') return Fail("expected , or }");
    ++at_;
    last_ = "}";
    return true;
  }
  bool Filter() {
    const std::size_t end = text_.find_first_not_of("abcdefghijklmnopqrstuvwxyz", at_);
    const std::string_view label = text_.substr(at_, end == std::string_view::npos ? end : end - at_);
    if (std::ranges::find(kLabels, label) == kLabels.end()) {
      return Fail(fmt::format("expected a label, found \"{}\"{}", label, Suggestion(label, kLabels)));
    }
    Advance(label);
    if (text_.substr(at_).starts_with("!=")) {
      at_ += 2;
    } else if (text_.substr(at_).starts_with("=")) {
      ++at_;
    } else {
      return Fail(fmt::format("expected = or != after \"{}\"", label));
    }
    if (at_ < text_.size() && text_[at_] == '"') {
      const std::size_t close = text_.find('"', at_ + 1);
      if (close == std::string_view::npos) return Fail("the string is not closed");
      at_ = close + 1;
      return true;
    }
    const std::size_t begin = at_;
    while (at_ < text_.size() && (std::isalnum(static_cast<unsigned char>(text_[at_])) != 0 ||
                                  std::string_view("._-*").find(text_[at_]) != std::string_view::npos)) {
      ++at_;
    }
    return at_ > begin || Fail("expected a value");
  }
  bool Stat() {
    const std::string_view word = Peek();
    if (word.starts_with('p') && word.size() > 1) {
      double number = 0;
      const auto [end, error] = std::from_chars(word.data() + 1, word.data() + word.size(), number);
      if (error == std::errc() && end == word.data() + word.size() && number > 0 && number < 100) {
        Advance(word);
        return true;
      }
    }
    return Word(std::span(kStats).first(9), "a statistic such as p95, success or count");
  }
  bool Comparison() {
    const std::string_view word = Peek();
    for (const std::string_view comparison : kComparisons) {
      if (word.starts_with(comparison)) {
        Advance(comparison);
        return true;
      }
    }
    return Fail(fmt::format("expected < <= > >= == or != after \"{}\", found \"{}\"", last_, Next()));
  }
  bool Value() {
    const std::string_view word = Peek();
    const std::string_view number = word.ends_with('%') ? word.substr(0, word.size() - 1) : word;
    double value = 0;
    const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), value);
    const bool plain = error == std::errc() && end == number.data() + number.size() && !number.empty();
    if (!plain && !ParseDuration(word) && !IsRate(word)) {
      return Fail(fmt::format("expected a duration, a rate or a number after \"{}\", found \"{}\"", last_, Next()));
    }
    Advance(word);
    return true;
  }
  bool Duration(std::string_view after) {
    const std::string_view word = Peek();
    if (!ParseDuration(word)) return Fail(fmt::format("expected a duration after \"{}\", found \"{}\"", after, Next()));
    Advance(word);
    return true;
  }

  ParseContext& context_;
  const YamlNode& node_;
  std::string_view text_;
  std::size_t at_ = 0;
  std::string last_ = "the metric";
};

}  // namespace

void CheckLoad(ParseContext& context, const YamlNode& node) {
  if (!CheckKeys(context, node, "load", kLoadKeys)) return;
  const YamlNode* model = Get(node, "model");
  if (model == nullptr) {
    context.diagnostics.Error(node.range, "load: \"model\" is missing");
    return;
  }
  const auto word = ReadWord(context, "model", *model, kModels);
  if (!word) return;
  if (const YamlNode* per = Get(node, "per")) ReadWord(context, "per", *per, kScopes);
  if (const YamlNode* max = Get(node, "max_sessions")) ReadInteger(context, "max_sessions", *max, 1, INT64_MAX);
  if (*word == "search") {
    CheckSearch(context, node);
  } else {
    CheckStages(context, node, *word);
  }
}

void CheckThresholds(ParseContext& context, const YamlNode& node) {
  if (!node.is_sequence()) {
    context.diagnostics.Error(node.range, fmt::format("thresholds: expected a list, found {}", DescribeNode(node)));
    return;
  }
  for (const YamlNode& element : node.elements) {
    if (!CheckKeys(context, element, "threshold", kThresholdKeys)) continue;
    const YamlNode* expression = Get(element, "expr");
    if (expression == nullptr) {
      context.diagnostics.Error(element.range, "threshold: \"expr\" is missing");
    } else if (ReadText(context, "expr", *expression)) {
      ThresholdChecker(context, *expression).Check();
    }
    if (const YamlNode* abort = Get(element, "abort_after")) ReadDuration(context, "abort_after", *abort);
    if (const YamlNode* verdict = Get(element, "verdict")) ReadWord(context, "verdict", *verdict, kThresholdVerdicts);
  }
}

}  // namespace wsfleet
