#include "core/verdict/redactor.h"

#include <algorithm>
#include <array>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "core/base/text.h"
#include "re2/re2.h"

namespace wsfleet {
namespace {

constexpr std::string_view kRedacted = "[redacted]";
constexpr std::array<std::string_view, 5> kCredentialHeaders{"authorization", "proxy-authorization", "cookie",
                                                             "set-cookie", "www-authenticate"};

}  // namespace

Redactor::Redactor(const std::vector<std::string>& expressions) {
  RE2::Options options;
  options.set_log_errors(false);
  for (const std::string& expression : expressions) {
    auto regex = std::make_shared<const RE2>(expression, options);
    if (regex->ok()) expressions_.push_back(std::move(regex));
  }
}

void Redactor::AddSecret(std::string_view value) {
  if (value.size() < 4) return;
  // A key of several lines may come back line by line.
  const std::vector<absl::string_view> lines = absl::StrSplit(ToAbsl(value), '\n');
  for (const absl::string_view line : lines) {
    if (lines.size() > 1) AddSecret(ToStd(line));
  }
  for (std::string form : {std::string(value), absl::WebSafeBase64Escape(ToAbsl(value))}) {
    if (std::ranges::find(secrets_, form) == secrets_.end()) secrets_.push_back(std::move(form));
  }
  // Longer ones first: one may hold another.
  std::ranges::sort(secrets_, std::greater<>(), &std::string::size);
}

std::string Redactor::Apply(std::string_view text) const {
  std::string out(text);
  for (const std::string& secret : secrets_) {
    if (out.find(secret) != std::string::npos) out = absl::StrReplaceAll(out, {{secret, ToAbsl(kRedacted)}});
  }
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
