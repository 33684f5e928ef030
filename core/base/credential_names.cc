#include "core/base/credential_names.h"

#include <algorithm>
#include <array>
#include <string>

#include "absl/strings/ascii.h"

namespace wsfleet {
namespace {

// All of them without - and _, in lower case.
constexpr std::array<std::string_view, 24> kHeaders{"authorization",
                                                    "proxyauthorization",
                                                    "wwwauthenticate",
                                                    "proxyauthenticate",
                                                    "cookie",
                                                    "setcookie",
                                                    "authenticationinfo",
                                                    "proxyauthenticationinfo",
                                                    "apikey",
                                                    "xapikey",
                                                    "xauthtoken",
                                                    "xaccesstoken",
                                                    "xrefreshtoken",
                                                    "xidtoken",
                                                    "xsessiontoken",
                                                    "xsessionid",
                                                    "xcsrftoken",
                                                    "xxsrftoken",
                                                    "xforwardedaccesstoken",
                                                    "xamzsecuritytoken",
                                                    "xgoogiapjwtassertion",
                                                    "cfaccessjwtassertion",
                                                    "privatetoken",
                                                    "xvaulttoken"};

// Parts of names, and whole names.
constexpr std::array<std::string_view, 18> kNameParts{
    "token", "secret", "password", "passwd", "passphrase", "passcode",  "apikey",     "authorization", "credential",
    "jwt",   "cookie", "csrf",     "xsrf",   "bearer",     "signature", "privatekey", "accesskey",     "sessionid"};
constexpr std::array<std::string_view, 5> kNames{"auth", "pass", "pwd", "pin", "otp"};
constexpr std::array<std::string_view, 6> kParameters{"key", "sig", "sid", "ticket", "code", "session"};

std::string Folded(std::string_view name) {
  std::string folded;
  for (const char c : name) {
    if (c != '-' && c != '_') folded += absl::ascii_tolower(static_cast<unsigned char>(c));
  }
  return folded;
}

bool IsName(const std::string& folded) {
  return std::ranges::find(kNames, folded) != kNames.end() ||
         std::ranges::any_of(kNameParts, [&](std::string_view part) { return folded.find(part) != std::string::npos; });
}

}  // namespace

bool IsCredentialHeader(std::string_view name) { return std::ranges::find(kHeaders, Folded(name)) != kHeaders.end(); }

bool IsCredentialName(std::string_view name) { return IsName(Folded(name)); }

bool IsCredentialParameter(std::string_view name) {
  const std::string folded = Folded(name);
  return IsName(folded) || std::ranges::find(kParameters, folded) != kParameters.end();
}

}  // namespace wsfleet
