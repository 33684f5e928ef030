#include "core/har/secrets.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "core/base/credential_names.h"
#include "core/base/credential_text.h"
#include "core/base/text.h"
#include "fmt/format.h"
#include "re2/re2.h"

namespace wsfleet {
namespace {

constexpr std::size_t kMinOpaqueBytes = 20;
constexpr std::size_t kMaxOpaqueBytes = 1024;  // what is longer is sound, or an image; a JWT is known by its form
constexpr std::size_t kMinOpaqueRun = 13;      // more than the last part of a UUID
constexpr std::size_t kMinDigitsInARow = 4;
constexpr std::size_t kMaxMemberBytes = 40;
constexpr std::string_view kRestName = "OTHER";

// A JWT (RFC 7519, 3), then keys of well-known services by their prefixes, then what follows "Bearer" (RFC 6750, 2.1).
constexpr char kTokens[] =
    R"re((eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]*)*)re"
    R"re(|\b(?:sk|pk|rk)[-_][A-Za-z0-9_-]{16,}|\bgh[pousr]_[A-Za-z0-9]{20,}|\bxox[abprs]-[A-Za-z0-9-]{10,})re"
    R"re(|\bAKIA[0-9A-Z]{16}|\bAIza[0-9A-Za-z_-]{30,}))re"
    R"re(|\b[Bb]earer +([A-Za-z0-9._~+/=-]{8,}))re";

const re2::RE2& Tokens() {
  static const auto* const kExpression = new re2::RE2(kTokens);
  return *kExpression;
}

re2::StringPiece ToRe2(std::string_view text) { return {text.data(), text.size()}; }

bool IsUuid(std::string_view text) {
  static const auto* const kUuid = new re2::RE2("[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}");
  return re2::RE2::FullMatch(ToRe2(text), *kUuid);
}

// One long word of letters and digits that nobody would think of.
bool IsOpaque(std::string_view text) {
  if (text.size() < kMinOpaqueBytes || text.size() > kMaxOpaqueBytes || IsUuid(text)) return false;
  const auto is = [&](auto test) {
    return std::ranges::any_of(text, [&](char c) { return test(static_cast<unsigned char>(c)); });
  };
  constexpr std::string_view kOther = "._~+/=-";
  const bool one_word = std::ranges::all_of(text, [&](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) || kOther.find(c) != std::string_view::npos;
  });
  return one_word && is(absl::ascii_isdigit) && is(absl::ascii_isalpha);
}

// Whether a word of a message or a path is a token, where many a long word is a name ("getUserProfileV2Response"), a
// path or a date: somewhere in it letters and digits take turns, or many digits follow.
bool HasOpaqueRun(std::string_view word) {
  std::size_t run = 0, groups = 0, digits = 0;
  bool letters = false, many = false;
  for (const char c : word) {
    const auto byte = static_cast<unsigned char>(c);
    if (!absl::ascii_isalnum(byte)) {
      run = groups = digits = 0;
      letters = many = false;
      continue;
    }
    ++run;
    letters = letters || absl::ascii_isalpha(byte);
    digits = absl::ascii_isdigit(byte) ? digits + 1 : 0;
    groups += digits == 1 ? 1 : 0;
    many = many || digits == kMinDigitsInARow;
    if (run >= kMinOpaqueRun && letters && (groups > 1 || many)) return true;
  }
  return false;
}

struct Opaque {
  std::size_t begin = 0, size = 0;
};
// The first from `at` on; of size 0 if there is none.
Opaque FindOpaque(std::string_view text, std::size_t at) {
  static const auto* const kWord = new re2::RE2("[A-Za-z0-9._~+/=-]{20,}");
  re2::StringPiece word;
  while (kWord->Match(ToRe2(text), at, text.size(), re2::RE2::UNANCHORED, &word, 1)) {
    const auto begin = static_cast<std::size_t>(word.data() - text.data());
    const std::string_view found = text.substr(begin, word.size());
    if (IsOpaque(found) && HasOpaqueRun(found)) return {begin, found.size()};
    at = begin + found.size();
  }
  return {};
}

}  // namespace

bool HoldsOpaqueWord(std::string_view text) { return FindOpaque(text, 0).size > 0; }

std::size_t FindSecret(std::string_view text) {
  re2::StringPiece token;
  const bool any = Tokens().Match(ToRe2(text), 0, text.size(), re2::RE2::UNANCHORED, &token, 1);
  const std::size_t at = any ? static_cast<std::size_t>(token.data() - text.data()) : std::string_view::npos;
  const auto named = FindAnyCredential(text, 0);
  return named ? std::min(at, static_cast<std::size_t>(named->value.data() - text.data())) : at;
}

std::string EscapeTemplates(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text.substr(at, 2) == "${") out += '$';
    out += text[at];
  }
  return out;
}

std::string SecretTable::HideField(std::string_view kind, std::string_view name, std::string_view value) {
  const std::string origin = fmt::format("the {} {}", kind, name);
  const bool named = IsCredentialParameter(name) || IsCredentialHeader(name);
  if (value.empty() || (!named && !IsOpaque(value))) return HideText(origin, value);
  // The scheme of RFC 9110, 11.4 is no secret.
  const std::size_t space = absl::AsciiStrToLower(ToAbsl(name)).find("authorization") == std::string::npos
                                ? std::string_view::npos
                                : value.find(' ');
  if (space == std::string_view::npos || space + 1 == value.size()) return Reference(name, origin, value);
  return EscapeTemplates(value.substr(0, space + 1)) + Reference(name, origin, value.substr(space + 1));
}

std::string SecretTable::HideMember(std::string_view name, std::string_view value) {
  const std::string origin = name.empty()
                                 ? "a part of a message"
                                 : fmt::format("the member {} of a message", Printable(Excerpt(name, kMaxMemberBytes)));
  if (!value.empty() && IsCredentialName(name)) return Reference(name, origin, value);
  if (IsOpaque(value) && HasOpaqueRun(value)) return Reference(name, origin, value);
  return HideText(origin, value);
}

std::string SecretTable::HideText(std::string_view origin, std::string_view text) {
  std::string out;
  std::size_t done = 0;
  while (const auto found = FindAnyCredential(text, done)) {
    const auto begin = static_cast<std::size_t>(found->value.data() - text.data());
    out += HideTokens(origin, text.substr(done, begin - done));
    out += Reference(found->name, origin, found->value);
    done = begin + found->value.size();
  }
  return out + HideTokens(origin, text.substr(done));
}

std::string SecretTable::HideTokens(std::string_view origin, std::string_view text) {
  std::string out;
  re2::StringPiece groups[3];
  std::size_t at = 0;
  while (Tokens().Match(ToRe2(text), at, text.size(), re2::RE2::UNANCHORED, groups, 3)) {
    const re2::StringPiece& token = groups[1].data() != nullptr ? groups[1] : groups[2];
    const auto begin = static_cast<std::size_t>(token.data() - text.data());
    out += HideOpaque(origin, text.substr(at, begin - at));
    out += Reference("TOKEN", origin, text.substr(begin, token.size()));
    at = begin + token.size();
  }
  return out + HideOpaque(origin, text.substr(at));
}

std::string SecretTable::HideOpaque(std::string_view origin, std::string_view text) {
  std::string out;
  std::size_t at = 0;
  for (Opaque found = FindOpaque(text, at); found.size > 0; found = FindOpaque(text, at)) {
    out += EscapeTemplates(text.substr(at, found.begin - at));
    out += Reference("TOKEN", origin, text.substr(found.begin, found.size));
    at = found.begin + found.size;
  }
  return out + EscapeTemplates(text.substr(at));
}

std::string SecretTable::HidePath(std::string_view path) {
  std::string out;
  while (true) {
    const std::size_t end = std::min(path.find('/'), path.size());
    out += HideText("a part of the path", path.substr(0, end));
    if (end == path.size()) return out;
    out += '/';
    path.remove_prefix(end + 1);
  }
}

std::string SecretTable::Reference(std::string_view name, std::string_view origin, std::string_view value) {
  const auto known = names_.find(value);
  if (known != names_.end()) return fmt::format("${{secret.{}}}", known->second);
  // Nobody passes more; what comes then has one name together.
  if (secrets_.size() >= kMaxImportedSecrets) {
    if (secrets_.size() == kMaxImportedSecrets) {
      secrets_.push_back({std::string(kRestName), "further values that look like credentials"});
    }
    return fmt::format("${{secret.{}}}", kRestName);
  }
  std::string base;
  for (const char c : name.substr(0, kMaxMemberBytes)) {
    const auto byte = static_cast<unsigned char>(c);
    if (absl::ascii_isalnum(byte)) {
      base += absl::ascii_toupper(byte);
    } else if (!base.empty() && base.back() != '_') {
      base += '_';
    }
  }
  while (base.ends_with('_')) base.pop_back();
  if (base.empty() || base == kRestName || absl::ascii_isdigit(static_cast<unsigned char>(base.front())))
    base = "TOKEN" + base;
  std::string unique = base;
  const auto taken = [&] { return std::ranges::find(secrets_, unique, &Secret::name) != secrets_.end(); };
  for (int number = 2; taken(); ++number) unique = fmt::format("{}_{}", base, number);
  secrets_.push_back({unique, std::string(origin)});
  names_.emplace(value, unique);
  return fmt::format("${{secret.{}}}", unique);
}

}  // namespace wsfleet
