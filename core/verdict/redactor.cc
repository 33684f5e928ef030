#include "core/verdict/redactor.h"

#include <algorithm>
#include <map>
#include <ranges>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "boost/json/serialize.hpp"
#include "core/base/credential_names.h"
#include "core/base/credential_text.h"
#include "core/base/text.h"
#include "core/value/json_parse.h"
#include "core/verdict/jwt_text.h"
#include "re2/re2.h"

namespace wsfleet {
namespace {

// Longer ones are not looked for in two encodings at once: keys, which do not stand in requests.
constexpr std::size_t kMaxNestedBytes = 4 << 10;
constexpr std::size_t kOpaqueMemberBytes = 16;  // of JSON
constexpr std::size_t kOpaquePartBytes = 8;     // of a URL: so many are no word that stands elsewhere too

constexpr char kUpperDigits[] = "0123456789ABCDEF", kLowerDigits[] = "0123456789abcdef";

// The characters that a text has in base64 (standard, and that of URLs) somewhere within a longer one, such as the
// password in the credentials of RFC 7617: those that its neighbours do not change, for each place modulo three.
std::vector<std::string> WithinBase64(std::string_view value) {
  constexpr std::size_t kMinCharacters = 4;
  std::vector<std::string> forms;
  for (const std::size_t before : {0U, 1U, 2U}) {
    std::string shifted = std::string(before, '\0') + std::string(value);
    const absl::Cleanup wipe = [&] { WipeText(shifted); };
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

// Each byte in hexadecimal behind `introduction`: some escape all that they are given.
std::string EachEscaped(std::string_view text, std::string_view introduction, const char* digits) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    out.append(introduction).append({digits[byte >> 4U], digits[byte & 15U]});
  }
  return out;
}

// Escaped as far as need be: in a URL, in a form, in JSON. EscapedText finds these too; but where an excerpt was cut,
// the begin has to be known.
std::vector<std::string> FormsOfText(std::string_view value) {
  std::vector<std::string> forms;
  for (const char* digits : {kUpperDigits, kLowerDigits}) {
    forms.push_back(PercentEncoded(value, digits));
    forms.push_back(absl::StrReplaceAll(forms.back(), {{"%20", "+"}}));
  }
  std::string json = boost::json::serialize(boost::json::string_view(value));
  forms.push_back(json.substr(1, json.size() - 2));
  WipeText(json);
  return forms;
}

// One ? for each character that is not ASCII.
std::string WithoutOtherThanAscii(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte & 0xC0U) != 0x80U) out += byte < 0x80U ? c : '?';
  }
  return out;
}

// UTF-8 that was taken for Latin-1, and written as UTF-8 again.
std::string Misread(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80U) {
      out += c;
    } else {
      out += {static_cast<char>(0xC0U | (byte >> 6U)), static_cast<char>(0x80U | (byte & 0x3FU))};
    }
  }
  return out;
}

// What JWTs show may be seen.
std::string ReplaceAllButJwts(std::string_view text, FindCredential find) {
  return ReplaceCredentials(text, find, [](const CredentialInText& found) {
    return std::string(found.value.starts_with(kShownJwt) ? found.value : kRedacted);
  });
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
  if (lines.size() == 1) AddPartsOfUrl(value);
  AddMembersOfJson(value);
  AddForm(std::string(value));
  AddShownForms(value);
  AddFormsOfBytes(value);
  for (std::string& form : FormsOfText(value)) {
    // In a request that is given back in base64, say, it is as the request had it.
    if (form.size() <= kMaxNestedBytes) AddFormsOfBytes(form);
    AddForm(std::move(form));
  }
  // Longer ones first: one may hold another.
  std::ranges::sort(secrets_, std::greater<>(), [](const auto& secret) { return secret->size(); });
  if (!std::ranges::all_of(value, IsUnreserved)) {
    escapable_.push_back(std::make_shared<const EscapedText>(value));
  }
}

// Such as the key file of a service account: who uses it sends one member of it.
void Redactor::AddMembersOfJson(std::string_view value) {
  if (value.find_first_of("{[") != value.find_first_not_of(" \t\r\n")) return;
  boost::json::error_code error;
  const boost::json::value json = ParseJson(value, error);
  if (!error) AddStringsOf(json, "");
}

void Redactor::AddStringsOf(const boost::json::value& json, std::string_view name) {
  if (const auto* object = json.if_object()) {
    for (const auto& member : *object) AddStringsOf(member.value(), std::string_view(member.key()));
  } else if (const auto* array = json.if_array()) {
    for (const boost::json::value& element : *array) AddStringsOf(element, name);
  } else if (const auto* text = json.if_string()) {
    const bool is_credential = IsCredentialName(name) || text->size() >= kOpaqueMemberBytes;
    if (is_credential) AddSecret({text->data(), text->size()});
  }
}

// Whoever makes a request of a URL shows what it asks for, and who asks. Its host alone is no secret, nor is a short
// word of it that names no credential ("true", "/chat"): without those nothing could be read any more.
void Redactor::AddPartsOfUrl(std::string_view value) {
  constexpr std::string_view kBehindScheme = "://";
  const std::size_t scheme = value.find(kBehindScheme);
  if (scheme == std::string_view::npos) return;
  const std::string_view rest = value.substr(scheme + kBehindScheme.size());
  const std::size_t end = std::min(rest.find_first_of("/?#"), rest.size());
  const std::string_view information = rest.substr(0, std::min(rest.substr(0, end).rfind('@'), end));
  if (information.size() < end) {
    AddSecret(information);
    AddSecret(information.substr(information.find(':') + 1));
  }
  const std::string_view target = rest.substr(end, rest.find('#') - end);
  const std::size_t query = std::min(target.find('?'), target.size());
  const auto add_part = [this](std::string_view part, bool is_credential) {
    if (is_credential || part.size() >= kOpaquePartBytes) AddSecret(part);
  };
  add_part(target, query < target.size());
  add_part(target.substr(0, query), false);
  for (const absl::string_view parameter : absl::StrSplit(ToAbsl(target.substr(query)), absl::ByAnyChar("?&"))) {
    const std::size_t equals = parameter.find('=');
    const bool has_name = equals != absl::string_view::npos;
    add_part(ToStd(parameter.substr(has_name ? equals + 1 : 0)),
             has_name && IsCredentialParameter(ToStd(parameter.substr(0, equals))));
  }
}

// As reports show it: within text, within bytes that are none, and where a target has written ? or something else for
// what it does not know (a header's bytes are taken for Latin-1 by many).
void Redactor::AddShownForms(std::string_view value) {
  for (const auto form_of : {&Printable, &PrintableBytes, &WithoutOtherThanAscii, &Misread}) {
    std::string form = form_of(value);
    if (form.find_first_not_of('?') != std::string::npos) AddForm(std::move(form));
  }
}

void Redactor::AddToken(std::string_view token) {
  AddSecret(token);
  const bool is_signed = std::ranges::count(token, '.') == 2;
  if (is_signed && ShowJwts(token) != token) AddSecret(token.substr(token.rfind('.') + 1));
}

void Redactor::AddFormsOfBytes(std::string_view value) {
  AddForm(absl::WebSafeBase64Escape(ToAbsl(value)));
  std::string base64 = absl::Base64Escape(ToAbsl(value));
  AddForm(base64.substr(0, base64.find('=')));
  AddForm(std::move(base64));
  for (std::string& within : WithinBase64(value)) AddForm(std::move(within));
  std::string hex = absl::BytesToHexString(ToAbsl(value));
  AddForm(absl::AsciiStrToUpper(hex));
  AddForm(std::move(hex));
  for (const char* digits : {kUpperDigits, kLowerDigits}) {
    AddForm(EachEscaped(value, "%", digits));
    AddForm(EachEscaped(value, "\\u00", digits));
  }
}

void Redactor::AddForm(std::string form) {
  auto secret = std::make_shared<const Secret>(Secret::Take(form));
  const bool known = std::ranges::any_of(secrets_, [&](const auto& other) { return *other == *secret; });
  if (!known && !secret->empty()) secrets_.push_back(std::move(secret));
}

// Where an excerpt ends in the middle of a secret, its begin is left; and so it is where a target cut what it says, as
// it must in the reason of a close frame, which may be quoted.
void Redactor::RedactCutOnes(std::string& text) const {
  constexpr std::string_view kCut = "…";
  static const std::string kCutBytes = PrintableBytes(kCut);  // behind what is not UTF-8
  constexpr std::size_t kLeastOtherwise = 8;
  std::map<std::size_t, std::size_t> cut;  // where one ends, and how long it is: begins of several forms may end there
  for (const auto& secret : secrets_) {
    const std::string_view value = secret->Reveal();
    const std::string_view begin = value.substr(0, kMinBytes);
    for (std::size_t at = text.find(begin); at != std::string::npos; at = text.find(begin, at + 1)) {
      const std::string_view rest = std::string_view(text).substr(at);
      const auto same = static_cast<std::size_t>(std::ranges::mismatch(rest, value).in1 - rest.begin());
      const std::string_view behind = rest.substr(same);
      const bool is_end = same >= kLeastOtherwise && (behind.empty() || behind.front() == '"');
      const bool is_cut = behind.starts_with(kCut) || (rest.ends_with(kCutBytes) && behind.size() <= kCutBytes.size());
      if (is_end || is_cut) cut[at + same] = std::max(cut[at + same], same);
    }
  }
  // From the back, so that places before it stay what they are. They may overlap, as forms do.
  std::size_t untouched = text.size();
  for (const auto& [end, size] : cut | std::views::reverse) {
    if (end <= untouched) text.replace(end - size, size, kRedacted);
    untouched = std::min(untouched, end - size);
  }
}

std::string Redactor::Apply(std::string_view text) const {
  std::string out = ShowJwts(text);
  for (const auto& secret : secrets_) {
    const std::string_view value = secret->Reveal();
    if (out.find(value) != std::string::npos) out = absl::StrReplaceAll(out, {{ToAbsl(value), ToAbsl(kRedacted)}});
  }
  if (out.find_first_of("\\%&+") != std::string::npos) {
    for (const auto& secret : escapable_) secret->Replace(out, kRedacted);
  }
  RedactCutOnes(out);
  out = ReplaceAllButJwts(out, FindUrlCredential);
  for (const auto& expression : expressions_) RE2::GlobalReplace(&out, *expression, std::string(kRedacted));
  return out;
}

HeaderField Redactor::Apply(const HeaderField& header) const {
  return {header.name, IsCredentialHeader(header.name) ? std::string(kRedacted) : Apply(header.value)};
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

void Redactor::Apply(CaseResult& result) const {
  if (result.failure) Apply(*result.failure);
  for (Failure& failure : result.earlier_failures) Apply(failure);
  result.skip_detail = Apply(result.skip_detail);
  result.revision = Apply(result.revision);
  result.target = Apply(result.target);
  for (std::string& warning : result.warnings) warning = Apply(warning);
  for (AddressAttempt& attempt : result.proof.attempts) attempt.error = Apply(attempt.error);
}

void Redactor::Apply(LogExcerpt& excerpt) const {
  excerpt.problem = Apply(excerpt.problem);
  for (std::string& line : excerpt.lines) {
    line = ReplaceAllButJwts(Apply(line), FindAnyCredential);
    // Not before: half a secret would not be known.
    line = Printable(Excerpt(line, LogExcerpt::kMaxLineBytes));
  }
}

}  // namespace wsfleet
