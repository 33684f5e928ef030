#include "core/base/credential_text.h"

#include <algorithm>
#include <array>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "core/base/credential_names.h"
#include "core/base/text.h"

namespace wsfleet {
namespace {

constexpr std::size_t kNowhere = std::string_view::npos;
constexpr std::size_t kMaxCredentialNameBytes = 100;
constexpr std::string_view kControls("\0\t\n\v\f\r ", 7);

bool IsNameSign(char c) {
  return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '-' || c == '.';
}

std::size_t SkipSpaces(std::string_view text, std::size_t at) {
  while (at < text.size() && (text[at] == ' ' || text[at] == '\t')) ++at;
  return at;
}

std::size_t EndOfName(std::string_view text, std::size_t at) {
  while (at < text.size() && IsNameSign(text[at])) ++at;
  return at;
}

// A quotation mark with the backslashes before it: a string of JSON within a string of JSON has one, and so on.
struct QuotationMark {
  char mark = 0;
  std::size_t backslashes = 0;
};

// Moves `at` behind it.
std::optional<QuotationMark> TakeQuotationMark(std::string_view text, std::size_t& at) {
  const std::size_t mark = std::min(text.find_first_not_of('\\', at), text.size());
  if (mark == text.size() || (text[mark] != '"' && text[mark] != '\'')) return std::nullopt;
  const QuotationMark quote{text[mark], mark - at};
  at = mark + 1;
  return quote;
}

// Where what stands in it ends: its mark with as many backslashes, but for those that are escaped themselves. The end
// of the text if it is not closed, for it may have been cut.
std::size_t EndOfQuoted(std::string_view text, std::size_t begin, const QuotationMark& quote) {
  for (std::size_t at = text.find(quote.mark, begin); at != kNowhere; at = text.find(quote.mark, at + 1)) {
    std::size_t backslashes = 0;
    while (backslashes < at - begin && text[at - backslashes - 1] == '\\') ++backslashes;
    if (backslashes % (2 * (quote.backslashes + 1)) == quote.backslashes) return at - quote.backslashes;
  }
  return text.size();
}

// `name: value`, with or without quotation marks.
struct NamedValue {
  std::string_view name, value;
  bool name_quoted = false, quoted = false;
  char separator = 0;
  std::size_t end = 0;
};

// Cookies are words that end with a semicolon; credentials of RFC 9110, 11.4 are a scheme and what follows it.
std::size_t EndOfHeader(std::string_view text, std::size_t begin, std::string_view name) {
  const std::string folded = absl::AsciiStrToLower(ToAbsl(name));
  const bool cookie = folded.find("cookie") != kNowhere;
  bool scheme = folded.find("authorization") != kNowhere;
  constexpr std::string_view kDigest = "digest ";
  if (scheme && absl::StartsWithIgnoreCase(ToAbsl(text.substr(begin)), ToAbsl(kDigest))) {
    return std::min(text.find_first_of("\r\n", begin), text.size());
  }
  std::size_t end = begin;
  while (end < text.size()) {
    end = std::min(text.find_first_of(cookie || scheme ? "\"'<>\r\n\t " : "\"'<>\r\n\t ,;&", end), text.size());
    const bool space = end < text.size() && text[end] == ' ' && end > begin;
    if (!space || (cookie && text[end - 1] != ';') || (!cookie && !scheme)) break;
    scheme = false;
    ++end;
  }
  while (end > begin && std::string_view(",;").find(text[end - 1]) != kNowhere) --end;
  return end;
}

std::size_t EndOfBare(std::string_view text, const NamedValue& member, std::size_t begin, std::size_t name_at) {
  if (IsCredentialHeader(member.name)) return EndOfHeader(text, begin, member.name);
  // A header of STOMP: a line of its own.
  if (member.separator == ':' && name_at > 0 && text[name_at - 1] == '\n') {
    return std::min(text.find_first_of("\r\n", begin), text.size());
  }
  std::string ends = std::string(kControls) + "\"'&,;<>";
  if (member.name_quoted) ends += "}]\\";  // JSON: a number
  return std::min(text.find_first_of(ends, begin), text.size());
}

bool NamesCredential(std::string_view name) { return IsCredentialName(name) || IsCredentialHeader(name); }

// What stands between [ and ], if it is a list of strings; empty otherwise.
std::string_view ListAt(std::string_view text, std::size_t at) {
  const std::size_t begin = at + 1;
  for (at = SkipSpaces(text, begin);;) {
    const auto quote = TakeQuotationMark(text, at);
    if (!quote) return {};
    at = SkipSpaces(text, std::min(EndOfQuoted(text, at, *quote) + quote->backslashes + 1, text.size()));
    if (at == text.size() || text[at] == ']') return text.substr(begin, at - begin);
    if (text[at] != ',') return {};
    at = SkipSpaces(text, at + 1);
  }
}

// Behind a colon, nested values have names of their own, and a scope of C++ and a URL are no values.
bool BeginsBare(std::string_view rest, char separator) {
  if (rest.empty() || separator == '=') return !rest.empty();
  return std::string_view("{[:").find(rest.front()) == kNowhere && !rest.starts_with("//");
}

// The first of a form, which no & precedes.
bool BeginsForm(const NamedValue& member, std::size_t name_at) {
  return name_at == 0 && member.separator == '=' && !member.name_quoted && IsCredentialParameter(member.name);
}

void TakeBare(std::string_view text, std::size_t at, std::size_t name_at, NamedValue& member) {
  const std::string_view rest = text.substr(at);
  const std::string_view list = rest.starts_with('[') ? ListAt(text, at) : std::string_view();
  if (!list.empty()) {
    member.quoted = true;
    member.value = list;
  } else if (BeginsBare(rest, member.separator)) {
    member.value = rest.substr(0, EndOfBare(text, member, at, name_at) - at);
  }
  member.end = at + (list.empty() ? 0 : 1) + member.value.size();
}

// One whose name begins at `at`, behind its quotation mark if it has one. What is not quoted is looked at for
// credentials only: all that follows may be one word.
std::optional<NamedValue> NamedValueAt(std::string_view text, std::size_t at) {
  NamedValue member;
  const std::size_t name_at = at, name_end = EndOfName(text, at);
  if (name_end == at || name_end - at > kMaxCredentialNameBytes) return std::nullopt;
  member.name = text.substr(at, name_end - at);
  at = name_end;
  member.name_quoted = TakeQuotationMark(text, at).has_value();
  at = SkipSpaces(text, at);
  if (at == text.size() || (text[at] != ':' && text[at] != '=')) return std::nullopt;
  member.separator = text[at++];
  if (member.separator == '=' && text.substr(at).starts_with('>')) ++at;
  at = SkipSpaces(text, at);
  if (const auto quote = TakeQuotationMark(text, at)) {
    member.quoted = true;
    const std::size_t end = EndOfQuoted(text, at, *quote);
    member.value = text.substr(at, end - at);
    member.end = std::min(end + quote->backslashes + 1, text.size());
  } else if (NamesCredential(member.name) || BeginsForm(member, name_at)) {
    TakeBare(text, at, name_at, member);
  }
  return member;
}

// Words of JSON and small numbers (max_tokens: 5) are none.
bool IsCredential(std::string_view text, const NamedValue& member) {
  if (member.value.empty()) return false;
  if (NamesCredential(member.name)) {
    const bool count = member.value.size() < 4 && std::ranges::all_of(member.value, IsDigit);
    return member.quoted || (member.value != "null" && member.value != "true" && member.value != "false" && !count);
  }
  const auto name_at = static_cast<std::size_t>(member.name.data() - text.data());
  return BeginsForm(member, name_at) && (member.end == text.size() || text[member.end] == '&');
}

// Of a list of names and values, such as HAR's own: {"name": "password", "value": "…"}, in either order.
std::optional<CredentialInText> PairAt(std::string_view text, const NamedValue& first) {
  std::size_t at = SkipSpaces(text, first.end);
  if (!first.quoted || at >= text.size() || text[at] != ',') return std::nullopt;
  at = SkipSpaces(text, at + 1);
  if (!TakeQuotationMark(text, at)) return std::nullopt;
  const auto second = NamedValueAt(text, at);
  if (!second || !second->quoted) return std::nullopt;
  const NamedValue& name = first.name == "value" ? *second : first;
  const NamedValue& value = first.name == "value" ? first : *second;
  if (value.name != "value" || !IsNameOfPair(name.name) || !NamesCredential(name.value) || value.value.empty()) {
    return std::nullopt;
  }
  return CredentialInText{name.value, value.value};
}

std::optional<CredentialInText> BearerAt(std::string_view text, std::size_t at, std::size_t name_end) {
  const std::string_view scheme = text.substr(at, name_end - at);
  const std::size_t begin = SkipSpaces(text, name_end);
  if (!absl::EqualsIgnoreCase(ToAbsl(scheme), "bearer") || begin == name_end) return std::nullopt;
  const std::size_t end = std::min(text.find_first_of("\"',;<>\\\r\n\t ", begin), text.size());
  if (end == begin) return std::nullopt;
  return CredentialInText{"token", text.substr(begin, end - begin)};
}

// A command of Redis, IRC, POP3 and their like: at the start of a line, in capitals, and all of the line.
std::optional<CredentialInText> CommandAt(std::string_view text, std::size_t at, std::size_t name_end) {
  constexpr std::array<std::string_view, 3> kCommands{"AUTH", "PASS", "PASSWORD"};
  if (at > 0 && text[at - 1] != '\n') return std::nullopt;
  const std::string_view command = text.substr(at, name_end - at);
  if (std::ranges::find(kCommands, command) == kCommands.end()) return std::nullopt;
  const std::size_t begin = SkipSpaces(text, name_end);
  const std::size_t end = std::min(text.find_first_of("\r\n", begin), text.size());
  if (begin == name_end || end == begin) return std::nullopt;
  return CredentialInText{"password", text.substr(begin, end - begin)};
}

std::optional<CredentialInText> NamedAt(std::string_view text, std::size_t at) {
  if (!IsNameSign(text[at]) || (at > 0 && IsNameSign(text[at - 1]))) return std::nullopt;
  const std::size_t name_end = EndOfName(text, at);
  if (auto bearer = BearerAt(text, at, name_end)) return bearer;
  if (auto command = CommandAt(text, at, name_end)) return command;
  const auto member = NamedValueAt(text, at);
  if (!member) return std::nullopt;
  if (IsCredential(text, *member)) return CredentialInText{member->name, member->value};
  return PairAt(text, *member);
}

// At a ? or a &.
std::optional<CredentialInText> ParameterAt(std::string_view text, std::size_t at) {
  ++at;
  if (text.substr(at).starts_with("amp;")) at += 4;  // a URL in HTML
  const std::size_t end_of_name = std::min(text.find_first_of("=&? \t\r\n", at), text.size());
  const std::string_view name = text.substr(at, end_of_name - at);
  if (name.empty() || end_of_name == text.size() || text[end_of_name] != '=' || !IsCredentialParameter(name)) {
    return std::nullopt;
  }
  const std::size_t begin = end_of_name + 1;
  const std::size_t end = std::min(text.find_first_of("&#\"'<>\\ \t\r\n", begin), text.size());
  if (begin == end) return std::nullopt;
  return CredentialInText{name, text.substr(begin, end - begin)};
}

// At "://". An @ within a password is seen, though it should be escaped.
std::optional<CredentialInText> UserInformationAt(std::string_view text, std::size_t at) {
  const std::size_t begin = at + 3;
  const std::size_t end = std::min(text.find_first_of("/?#\"'<>\\ \t\r\n", begin), text.size());
  const std::size_t sign = text.substr(begin, end - begin).rfind('@');
  if (sign == kNowhere) return std::nullopt;
  const std::string_view information = text.substr(begin, sign);
  const std::size_t colon = information.find(':');
  const std::string_view value = colon == kNowhere ? information : information.substr(colon + 1);
  if (value.empty() || value == kRedacted) return std::nullopt;
  return CredentialInText{"password", value};
}

std::optional<CredentialInText> UrlCredentialAt(std::string_view text, std::size_t at) {
  if (text[at] == '?' || text[at] == '&') return ParameterAt(text, at);
  return text.substr(at).starts_with("://") ? UserInformationAt(text, at) : std::nullopt;
}

}  // namespace

bool IsNameOfPair(std::string_view name) {
  constexpr std::array<std::string_view, 7> kOfPairs{"name", "key", "field", "header", "param", "parameter", "id"};
  return std::ranges::find(kOfPairs, name) != kOfPairs.end();
}

std::optional<CredentialInText> FindUrlCredential(std::string_view text, std::size_t from) {
  for (std::size_t at = text.find_first_of("?&:", from); at != kNowhere; at = text.find_first_of("?&:", at + 1)) {
    if (auto found = UrlCredentialAt(text, at)) return found;
  }
  return std::nullopt;
}

std::optional<CredentialInText> FindAnyCredential(std::string_view text, std::size_t from) {
  for (std::size_t at = from; at < text.size(); ++at) {
    if (auto found = UrlCredentialAt(text, at)) return found;
    if (auto found = NamedAt(text, at)) return found;
  }
  return std::nullopt;
}

std::string ReplaceCredentials(std::string_view text, FindCredential find,
                               const std::function<std::string(const CredentialInText&)>& replacement) {
  std::string out;
  std::size_t done = 0;
  while (const auto found = find(text, done)) {
    const auto begin = static_cast<std::size_t>(found->value.data() - text.data());
    out += text.substr(done, begin - done);
    out += replacement(*found);
    done = begin + found->value.size();
  }
  return out.append(text.substr(done));
}

std::string WithoutUrlCredentials(std::string_view text) {
  return ReplaceCredentials(text, FindUrlCredential, [](const auto&) { return std::string(kRedacted); });
}

std::string WithoutCredentials(std::string_view text) {
  return ReplaceCredentials(text, FindAnyCredential, [](const auto&) { return std::string(kRedacted); });
}

}  // namespace wsfleet
