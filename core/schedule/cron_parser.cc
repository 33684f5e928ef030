#include "core/schedule/cron_parser.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <span>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "core/base/text.h"
#include "fmt/format.h"

namespace wsfleet {
namespace {

constexpr std::array<std::string_view, 12> kMonths{"JAN", "FEB", "MAR", "APR", "MAY", "JUN",
                                                   "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"};
constexpr std::array<std::string_view, 7> kWeekdays{"SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"};

struct Field {
  std::string_view name;
  int min = 0;
  int max = 0;
  std::span<const std::string_view> names = {};  // of the values from min on
  bool of_days = false;
};
constexpr std::array<Field, 5> kFields{{{"minute", 0, 59},
                                        {"hour", 0, 23},
                                        {"day of the month", 1, 31, {}, true},
                                        {"month", 1, 12, kMonths},
                                        {"day of the week", 0, 7, kWeekdays, true}}};

struct Nickname {
  std::string_view name;
  std::string_view expression;
};
constexpr std::array<Nickname, 7> kNicknames{{{"@hourly", "0 * * * *"},
                                              {"@daily", "0 0 * * *"},
                                              {"@midnight", "0 0 * * *"},
                                              {"@weekly", "0 0 * * 0"},
                                              {"@monthly", "0 0 1 * *"},
                                              {"@yearly", "0 0 1 1 *"},
                                              {"@annually", "0 0 1 1 *"}}};

std::string Upper(std::string_view text) { return absl::AsciiStrToUpper(ToAbsl(text)); }

class FieldsParser {
 public:
  FieldsParser(std::string_view text, CronExpression::Mistake& mistake) : text_(text), mistake_(mistake) {}

  std::optional<CronExpression::Fields> Parse() {
    if (text_.size() > CronExpression::kMaxBytes) {
      return Refuse(text_, fmt::format("expected at most {} bytes, found {}", CronExpression::kMaxBytes, text_.size()));
    }
    const std::vector<std::string_view> words = Words();
    if (words.empty()) return Refuse(text_, fmt::format("expected {}, found nothing", kFiveFields));
    if (words.front().starts_with('@')) return ParseNickname(words);
    if (words.front().find('=') != std::string_view::npos) {
      return Refuse(words.front(), "the zone is not part of the expression; write zone: beside it");
    }
    if (words.size() != kFields.size()) {
      return Refuse(text_, fmt::format("expected {}, found {}{}", kFiveFields, words.size(),
                                       words.size() > kFields.size() ? "; seconds and years are none of them (for "
                                                                       "seconds, write every: 30s in its place)"
                                                                     : ""));
    }
    CronExpression::Fields fields;
    std::uint64_t* const sets[] = {&fields.minutes, &fields.hours, &fields.days, &fields.months, &fields.weekdays};
    for (std::size_t i = 0; i < kFields.size(); ++i) {
      const auto set = ParseField(kFields[i], words[i]);
      if (!set) return std::nullopt;
      *sets[i] = *set;
    }
    // 7 is Sunday too.
    fields.weekdays = (fields.weekdays | fields.weekdays >> 7) & 0x7F;
    const auto is_open = [](std::string_view field) { return field.starts_with('*') || field == "?"; };
    fields.either_day = !is_open(words[2]) && !is_open(words[4]);
    return fields;
  }

 private:
  static constexpr std::string_view kFiveFields =
      "five fields (minute, hour, day of the month, month, day of the week)";

  std::nullopt_t Refuse(std::string_view part, std::string message) {
    mistake_.offset = static_cast<std::size_t>(part.data() - text_.data());
    mistake_.length = std::max<std::size_t>(part.size(), 1);
    mistake_.message = std::move(message);
    return std::nullopt;
  }

  std::vector<std::string_view> Words() const {
    constexpr std::string_view kSpaces = " \t";
    std::vector<std::string_view> words;
    for (std::size_t at = text_.find_first_not_of(kSpaces); at != std::string_view::npos;) {
      const std::size_t end = std::min(text_.find_first_of(kSpaces, at), text_.size());
      words.push_back(text_.substr(at, end - at));
      at = text_.find_first_not_of(kSpaces, end);
    }
    return words;
  }

  std::optional<CronExpression::Fields> ParseNickname(const std::vector<std::string_view>& words) {
    const std::string_view word = words.front();
    const std::string lower = absl::AsciiStrToLower(ToAbsl(word));
    if (lower == "@every") return Refuse(word, "write every: in place of cron:, such as every: 30s");
    if (lower == "@reboot") return Refuse(word, "a coordinator's start is no time; expected one such as @daily");
    std::vector<std::string_view> names;
    for (const Nickname& nickname : kNicknames) {
      names.push_back(nickname.name);
      if (nickname.name != lower) continue;
      if (words.size() > 1) return Refuse(words[1], fmt::format("expected nothing behind {}", nickname.name));
      return FieldsParser(nickname.expression, mistake_).Parse();
    }
    const std::string_view near = ClosestMatch(lower, names);
    return Refuse(word, fmt::format("expected one of {}{}", fmt::join(names, ", "),
                                    near.empty() ? "" : fmt::format("; did you mean \"{}\"?", near)));
  }

  std::optional<std::uint64_t> ParseField(const Field& field, std::string_view text) {
    if (text == "?" && field.of_days) text = "*";
    std::uint64_t set = 0;
    for (std::size_t at = 0; at <= text.size();) {
      const std::size_t end = std::min(text.find(',', at), text.size());
      const std::string_view part = text.substr(at, end - at);
      // An empty part is at a comma.
      if (part.empty()) return Refuse(text.substr(at, 0), fmt::format("{}: a part of the list is empty", field.name));
      const auto values = ParsePart(field, part);
      if (!values) return std::nullopt;
      set |= *values;
      at = end + 1;
    }
    return set;
  }

  // `*`, N, N-M, with /STEP.
  std::optional<std::uint64_t> ParsePart(const Field& field, std::string_view part) {
    const std::size_t slash = part.find('/');
    const std::string_view range = part.substr(0, slash);
    const std::size_t dash = range.find('-');
    int first = field.min, last = field.max;
    if (range == "*") {
      // 7 would make Sunday twice of steps.
      if (last == 7) last = 6;
    } else {
      const auto begin = ParseValue(field, range.substr(0, dash));
      if (!begin) return std::nullopt;
      first = *begin;
      if (dash != std::string_view::npos) {
        const auto end = ParseValue(field, range.substr(dash + 1));
        if (!end) return std::nullopt;
        // A week that is written from Monday on ends with Sunday.
        last = *end == 0 && field.max == 7 && first > 0 ? 7 : *end;
      } else if (slash == std::string_view::npos) {
        last = first;
      } else if (last == 7) {
        last = 6;
      }
    }
    if (first > last) {
      return Refuse(range, fmt::format("{}: the range {} ends before it begins; write two ranges with a comma between "
                                       "them",
                                       field.name, Printable(range)));
    }
    int step = 1;
    if (slash != std::string_view::npos) {
      const std::string_view text = part.substr(slash + 1);
      const int most = field.max - field.min;
      const auto number = ParseNumber(text);
      if (!number || *number < 1 || *number > most) {
        return Refuse(text.empty() ? part : text,
                      fmt::format("{}: expected a step of 1 to {}, found \"{}\"{}", field.name, most,
                                  Printable(Excerpt(text, 20)),
                                  number && *number > most ? "; the steps begin anew in each field" : ""));
      }
      step = *number;
    }
    std::uint64_t values = 0;
    for (int value = first; value <= last; value += step) values |= std::uint64_t{1} << value;
    return values;
  }

  static std::optional<int> ParseNumber(std::string_view text) {
    int number = 0;
    const char* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, number);
    if (error != std::errc() || stop != end || text.empty() || text.front() == '-') return std::nullopt;
    return number;
  }

  std::optional<int> ParseValue(const Field& field, std::string_view text) {
    if (const auto number = ParseNumber(text); number && *number >= field.min && *number <= field.max) return number;
    const std::string word = Upper(text);
    const auto named = std::ranges::find(field.names, word);
    if (named != field.names.end()) return field.min + static_cast<int>(named - field.names.begin());
    std::string expected = fmt::format("{} to {}", field.min, field.max);
    if (!field.names.empty()) expected += fmt::format(" or {} to {}", field.names.front(), field.names.back());
    const std::string_view near = ClosestMatch(word, field.names);
    return Refuse(text.empty() ? std::string_view(text.data(), 0) : text,
                  fmt::format("{}: expected {}, found \"{}\"{}", field.name, expected, Printable(Excerpt(text, 20)),
                              near.empty() ? "" : fmt::format("; did you mean \"{}\"?", near)));
  }

  std::string_view text_;
  CronExpression::Mistake& mistake_;
};

}  // namespace

std::optional<CronExpression::Fields> ParseCronFields(std::string_view text, CronExpression::Mistake& mistake) {
  return FieldsParser(text, mistake).Parse();
}

}  // namespace wsfleet
