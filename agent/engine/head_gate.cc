#include "agent/engine/head_gate.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "agent/engine/http_head.h"
#include "core/base/text.h"

namespace wsfleet::engine {
namespace {

constexpr std::string_view kEndOfHead = "\r\n\r\n";

// Whether it is, or may become, "HTTP/1.1 1xx".
bool MayBeInterim(std::string_view bytes) {
  constexpr std::string_view kPattern = "HTTP/1.d 1dd";
  for (std::size_t i = 0; i < std::min(bytes.size(), kPattern.size()); ++i) {
    const bool digit = absl::ascii_isdigit(static_cast<unsigned char>(bytes[i]));
    if (kPattern[i] == 'd' ? !digit : bytes[i] != kPattern[i]) return false;
  }
  return true;
}

// Lines end with CR LF (RFC 9112, 2.2); a head with other ends would never be whole.
bool HasBareLineFeed(std::string_view head) {
  for (std::size_t at = head.find('\n'); at != std::string_view::npos; at = head.find('\n', at + 1)) {
    if (at == 0 || head[at - 1] != '\r') return true;
  }
  return false;
}

bool JudgesAnUpgrade(const std::string& field) {
  const absl::string_view name = ToAbsl(field);
  return absl::EqualsIgnoreCase(name, "upgrade") || absl::EqualsIgnoreCase(name, "connection") ||
         absl::StartsWithIgnoreCase(name, "sec-websocket-");
}

}  // namespace

void HeadGate::Take(std::string_view bytes) {
  record_.append(bytes.substr(0, kMaxRecorded - record_.size()));
  if (open_) {
    (switched_ ? behind_ : passed_).append(bytes);
    return;
  }
  pending_.append(bytes);
  while (!open_ && !pending_.empty()) {
    const std::size_t end = pending_.find(kEndOfHead);
    if (!MayBeInterim(pending_) || HasBareLineFeed(std::string_view(pending_).substr(0, end))) return Open();
    if (end == std::string::npos) {
      if (pending_.size() > kMaxHead) Open();
      return;
    }
    const std::size_t head_bytes = end + kEndOfHead.size();
    const auto head = ParseHead(pending_);
    if (!head) return Open();
    if (head->status == 101) return Switch(head_bytes);
    pending_.erase(0, head_bytes);
    record_.erase(0, head_bytes);
  }
}

void HeadGate::Open() {
  open_ = true;
  passed_.swap(pending_);
}

void HeadGate::Switch(std::size_t head_bytes) {
  open_ = switched_ = true;
  const std::string_view raw = std::string_view(pending_).substr(0, head_bytes);
  passed_ = raw.substr(0, raw.find("\r\n") + 2);
  const auto head = ParseHead(raw);
  for (const HeaderField& field : head->headers) {
    if (JudgesAnUpgrade(field.name)) passed_ += field.name + ": " + field.value + "\r\n";
  }
  passed_ += "\r\n";
  behind_ = pending_.substr(head_bytes);
  pending_.clear();
}

void HeadGate::Consume(std::size_t bytes) { (passed_.empty() ? behind_ : passed_).erase(0, bytes); }

}  // namespace wsfleet::engine
