#include "core/verdict/redactor.h"

#include <algorithm>
#include <array>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "boost/json/serialize.hpp"
#include "boost/json/string.hpp"
#include "core/base/text.h"
#include "re2/re2.h"

namespace wsfleet {
namespace {

constexpr std::string_view kRedacted = "[redacted]";
constexpr std::array<std::string_view, 5> kCredentialHeaders{"authorization", "proxy-authorization", "cookie",
                                                             "set-cookie", "www-authenticate"};

// Shorter ones would blacken everything.
constexpr std::size_t kMinBytes = 4;

// The characters that a text has in base64 (standard, and that of URLs) somewhere within a longer one, such as the
// password in the credentials of RFC 7617: those that its neighbours do not change, for each place modulo three.
std::vector<std::string> WithinBase64(std::string_view value) {
  constexpr std::size_t kMinCharacters = 8;
  std::vector<std::string> forms;
  for (const std::size_t before : {0U, 1U, 2U}) {
    const std::string shifted = std::string(before, '\0') + std::string(value);
    const std::size_t changed = before == 0 ? 0 : before + 1;
    const std::size_t whole = shifted.size() * 8 / 6;
    if (whole < changed + kMinCharacters) continue;
    forms.push_back(absl::Base64Escape(ToAbsl(shifted)).substr(changed, whole - changed));
    forms.push_back(absl::WebSafeBase64Escape(ToAbsl(shifted)).substr(changed, whole - changed));
  }
  return forms;
}

// Of RFC 3986, section 2.3: what nobody escapes.
bool IsUnreserved(char c) {
  return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '.' || c == '_' || c == '~';
}

// RFC 3986, section 2.1; `digits`: both cases are seen.
std::string PercentEncoded(std::string_view text, const char* digits) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (IsUnreserved(c)) {
      out += c;
    } else {
      out += {'%', digits[byte >> 4U], digits[byte & 15U]};
    }
  }
  return out;
}

}  // namespace

Redactor::Redactor(const std::vector<std::string>& expressions) { AddExpressions(expressions); }

void Redactor::AddExpressions(const std::vector<std::string>& expressions) {
  RE2::Options options;
  options.set_log_errors(false);
  for (const std::string& expression : expressions) {
    auto regex = std::make_shared<const RE2>(expression, options);
    if (regex->ok()) expressions_.push_back(std::move(regex));
  }
}

void Redactor::AddSecret(std::string_view value) {
  if (value.size() < kMinBytes) return;
  // A key of several lines may come back line by line.
  const std::vector<absl::string_view> lines = absl::StrSplit(ToAbsl(value), '\n');
  for (const absl::string_view line : lines) {
    if (lines.size() > 1) AddSecret(ToStd(line));
  }
  AddForm(std::string(value));
  AddForm(Printable(value));  // reports show it so
  AddFormsOfBytes(value);
  AddFormsOfText(value);
  // Longer ones first: one may hold another.
  std::ranges::sort(secrets_, std::greater<>(), &std::string::size);
  if (!std::ranges::all_of(value, IsUnreserved)) {
    escapable_.push_back(std::make_shared<const EscapedText>(std::string(value)));
  }
}

void Redactor::AddFormsOfBytes(std::string_view value) {
  AddForm(absl::WebSafeBase64Escape(ToAbsl(value)));
  std::string base64 = absl::Base64Escape(ToAbsl(value));
  AddForm(base64);
  AddForm(base64.substr(0, base64.find('=')));
  for (std::string& within : WithinBase64(value)) AddForm(std::move(within));
  const std::string hex = absl::BytesToHexString(ToAbsl(value));
  AddForm(hex);
  AddForm(absl::AsciiStrToUpper(hex));
}

// What EscapedText finds too; where an excerpt was cut, its begin has to be known.
void Redactor::AddFormsOfText(std::string_view value) {
  for (const char* digits : {"0123456789ABCDEF", "0123456789abcdef"}) {
    std::string url = PercentEncoded(value, digits);
    AddForm(url);
    AddForm(absl::StrReplaceAll(url, {{"%20", "+"}}));  // as forms have it
  }
  const std::string json = boost::json::serialize(boost::json::string(value));
  AddForm(json.substr(1, json.size() - 2));
}

void Redactor::AddForm(std::string form) {
  if (std::ranges::find(secrets_, form) == secrets_.end()) secrets_.push_back(std::move(form));
}

// Where an excerpt ends in the middle of a secret, its begin is left.
void Redactor::RedactCutOnes(std::string& text) const {
  constexpr std::string_view kCut = "…";
  for (std::size_t cut = text.find(kCut); cut != std::string::npos; cut = text.find(kCut, cut)) {
    const std::string_view before(text.data(), cut);
    std::size_t longest = 0;
    for (const std::string& secret : secrets_) {
      for (std::size_t length = std::min(secret.size() - 1, cut); length >= kMinBytes && length > longest; --length) {
        if (before.ends_with(std::string_view(secret).substr(0, length))) longest = length;
      }
    }
    if (longest > 0) {
      text.replace(cut - longest, longest, kRedacted);
      cut += kRedacted.size() - longest;
    }
    cut += kCut.size();
  }
}

std::string Redactor::Apply(std::string_view text) const {
  std::string out(text);
  for (const std::string& secret : secrets_) {
    if (out.find(secret) != std::string::npos) out = absl::StrReplaceAll(out, {{secret, ToAbsl(kRedacted)}});
  }
  if (out.find_first_of("\\%&+") != std::string::npos) {
    for (const auto& secret : escapable_) secret->Replace(out, kRedacted);
  }
  RedactCutOnes(out);
  for (const auto& expression : expressions_) RE2::GlobalReplace(&out, *expression, std::string(kRedacted));
  return out;
}

HeaderField Redactor::Apply(const HeaderField& header) const {
  const bool credential = std::ranges::any_of(
      kCredentialHeaders, [&](std::string_view name) { return absl::EqualsIgnoreCase(header.name, ToAbsl(name)); });
  return {header.name, credential ? std::string(kRedacted) : Apply(header.value)};
}

void Redactor::Apply(Failure& failure) const {
  failure.message = Apply(failure.message);
  failure.hint = Apply(failure.hint);
  for (Note& note : failure.notes) note.text = Apply(note.text);
  Evidence& evidence = failure.evidence;
  evidence.body_excerpt = Apply(evidence.body_excerpt);
  evidence.close_reason = Apply(evidence.close_reason);
  evidence.status_reason = Apply(evidence.status_reason);
  for (HeaderField& header : evidence.headers) header = Apply(header);
  for (TranscriptEntry& entry : evidence.transcript) entry.excerpt = Apply(entry.excerpt);
  for (LogExcerpt& log : evidence.logs) Apply(log);
}

void Redactor::Apply(LogExcerpt& excerpt) const {
  excerpt.problem = Apply(excerpt.problem);
  // A JWT, what follows "Bearer", and the value of a parameter or field that is named like a credential.
  static const re2::RE2 kCredential(
      R"(eyJ[\w-]+\.[\w-]+\.[\w-]*|(?i:bearer)\s+[^\s"',;]+)"
      R"(|(?i:\b\w*(?:token|secret|password|passwd|api_?key)["']?\s*[=:]\s*["']?[^\s"'&,;]+))");
  for (std::string& line : excerpt.lines) {
    line = Apply(line);
    re2::RE2::GlobalReplace(&line, kCredential, std::string(kRedacted));
    // Not before: half a secret would not be known.
    line = Printable(Excerpt(line, LogExcerpt::kMaxLineBytes));
  }
}

}  // namespace wsfleet
