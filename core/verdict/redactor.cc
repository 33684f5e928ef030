#include "core/verdict/redactor.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "core/base/credential_names.h"
#include "core/base/credential_text.h"
#include "core/base/text.h"
#include "core/verdict/decoded_text.h"
#include "core/verdict/jwt_text.h"
#include "core/verdict/secret_parts.h"
#include "re2/re2.h"

namespace wsfleet {
namespace {

// Longer ones are not looked for where a target has changed their characters, nor escaped as reports show them: keys,
// which do not stand in requests. Their lines are.
constexpr std::size_t kMaxChangedBytes = 4 << 10;

bool IsAscii(unsigned char c) { return c < 0x80; }
bool IsPrintableAscii(unsigned char c) { return c >= 0x20 && c < 0x7F; }

// One ? for each character that is not ASCII.
std::string WithoutOtherThanAscii(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte & 0xC0U) != 0x80U) out += byte < 0x80U ? c : '?';
  }
  return out;
}

// UTF-8 that was taken for Latin-1, and written as UTF-8 again.
std::string Misread(std::string_view text) {
  std::string out;
  out.reserve(2 * text.size());
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80U) {
      out += c;
    } else {
      out += static_cast<char>(0xC0U | (byte >> 6U));
      out += static_cast<char>(0x80U | (byte & 0x3FU));
    }
  }
  return out;
}

void AddUnescaped(std::string_view value, KnownValues& values) {
  if (!HasEscapes(value)) return;
  std::string unescaped = WithoutEscapes(value);
  values.Add(unescaped);
  WipeText(unescaped);
  // Where it is at the end of a string of JSON, `\\"`.
  if (value.ends_with('\\')) AddUnescaped(std::string(value) + '"', values);
}

// As reports show it: within text, within bytes that are none, and where a target has written ? or something else for
// what it does not know (a header's bytes are taken for Latin-1 by many).
std::vector<std::string> ShownForms(std::string_view value) {
  if (std::ranges::all_of(value, IsPrintableAscii)) return {};
  std::vector<std::string> forms{PrintableBytes(value)};
  if (std::ranges::all_of(value, IsAscii)) return forms;
  if (std::string shown = Printable(value); shown != forms.front()) forms.push_back(std::move(shown));
  if (value.size() > kMaxChangedBytes) return forms;
  forms.push_back(Misread(value));
  if (IsValidUtf8(value)) forms.push_back(WithoutOtherThanAscii(value));
  return forms;
}

// ReplaceValues() knows encodings.
void AddForms(std::string_view value, KnownValues& values) {
  values.Add(value);
  AddUnescaped(value, values);
  for (std::string& form : ShownForms(value)) {
    if (form != value && form.find_first_not_of('?') != std::string::npos) {
      values.Add(form);
      if (value.size() <= kMaxChangedBytes) AddUnescaped(form, values);
    }
    WipeText(form);
  }
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
  // Who shares a group does not learn what is added here.
  const bool is_own = !groups_.empty() && groups_.back().use_count() == 1;
  if (!is_own) groups_.push_back(std::make_shared<KnownValues>());
  AddForms(value, *groups_.back());
  const SecretParts parts(value);
  for (const std::string_view part : parts.all()) AddForms(part, *groups_.back());
}

void Redactor::AddToken(std::string_view token) {
  AddSecret(token);
  const bool is_signed = std::ranges::count(token, '.') == 2;
  if (is_signed && ShowJwts(token) != token) AddSecret(token.substr(token.rfind('.') + 1));
}

std::string Redactor::Apply(std::string_view text) const {
  std::string out = ReplaceValues(ShowJwts(text), groups_, kRedacted);
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
