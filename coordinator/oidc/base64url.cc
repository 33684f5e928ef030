#include "coordinator/oidc/base64url.h"

#include "absl/strings/escaping.h"
#include "core/base/text.h"

namespace wsfleet::oidc {

std::optional<std::string> DecodeBase64Url(std::string_view text) {
  std::string bytes;
  if (!absl::WebSafeBase64Unescape(ToAbsl(text), &bytes)) return std::nullopt;
  // The decoder lets more pass than it should; the encoder gives each text of bytes one form.
  if (absl::WebSafeBase64Escape(bytes) != ToAbsl(text)) return std::nullopt;
  return bytes;
}

}  // namespace wsfleet::oidc
