#include "core/har/scenario_text.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <set>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "core/base/credential_names.h"
#include "core/base/text.h"
#include "core/har/frame_match.h"
#include "core/har/json_round_trip.h"
#include "core/har/yaml_text.h"
#include "core/scenario/keys.h"
#include "core/scenario/request_names.h"
#include "core/value/json_parse.h"
#include "core/value/json_text.h"
#include "fmt/format.h"

namespace wsfleet {
namespace {

namespace json = boost::json;

constexpr std::size_t kMaxSentBytes = 64 << 10;
constexpr std::size_t kMaxValues = 2000;   // of a message that is written as JSON
constexpr std::size_t kMaxKeyBytes = 150;  // YAML's own limit is 1024 signs
constexpr std::size_t kMaxMatchDepth = 32;
constexpr int kDefaultWithin = 5, kMaxWithin = 120, kDefaultDeadline = 60, kMaxDeadline = 3600;  // seconds

// What a browser or the handshake itself adds.
constexpr std::array<std::string_view, 16> kNoise{"host",
                                                  "connection",
                                                  "upgrade",
                                                  "pragma",
                                                  "cache-control",
                                                  "user-agent",
                                                  "referer",
                                                  "dnt",
                                                  "priority",
                                                  "te",
                                                  "content-length",
                                                  "content-type",
                                                  "traceparent",
                                                  "tracestate",
                                                  "proxy-authorization",
                                                  "proxy-connection"};
constexpr std::array<std::string_view, 4> kNoisePrefixes{"sec-", "accept", ":", "if-"};

bool IsNoise(std::string_view name) {
  const std::string folded = absl::AsciiStrToLower(ToAbsl(name));
  return folded.empty() || std::ranges::find(kNoise, folded) != kNoise.end() ||
         std::ranges::any_of(kNoisePrefixes, [&](std::string_view prefix) { return folded.starts_with(prefix); });
}

std::string Decoded(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const bool pair = text[at] == '%' && at + 2 < text.size() &&
                      absl::ascii_isxdigit(static_cast<unsigned char>(text[at + 1])) &&
                      absl::ascii_isxdigit(static_cast<unsigned char>(text[at + 2]));
    if (pair) {
      out += absl::HexStringToBytes(ToAbsl(text.substr(at + 1, 2)));
      at += 2;
    } else {
      out += text[at] == '+' ? ' ' : text[at];
    }
  }
  return out;
}

std::vector<std::string_view> Split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(separator), text.size());
    parts.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return parts;
}

// A secret is text: it cannot stand for a number, such as a PIN.
bool IsNumberToHide(std::string_view name, const json::value& value) {
  return value.is_number() && IsCredentialName(name) && CompactJson(value).size() >= 4;
}

// Whether a value may stand in a suite as YAML: neither deep nor wide, no key that YAML or a template would mind, and
// no number that is a credential.
bool FitsYaml(const json::value& value, std::size_t depth, std::size_t& left) {
  if (depth == kMaxMatchDepth || left == 0) return false;
  --left;
  if (const auto* array = value.if_array()) {
    return std::ranges::all_of(*array, [&](const json::value& element) { return FitsYaml(element, depth + 1, left); });
  }
  const auto* object = value.if_object();
  return object == nullptr || std::ranges::all_of(*object, [&](const auto& member) {
           const std::string_view key(member.key().data(), member.key().size());
           return key.size() <= kMaxKeyBytes && key.find("${") == std::string_view::npos &&
                  !IsNumberToHide(key, member.value()) && FitsYaml(member.value(), depth + 1, left);
         });
}

// Twice what it took, in whole seconds.
int Allowed(double seconds, int most) {
  return static_cast<int>(std::clamp(std::ceil(seconds * 2), 0.0, static_cast<double>(most)));
}

std::string Within(double seconds) {
  const int allowed = Allowed(seconds, kMaxWithin);
  return allowed > kDefaultWithin ? fmt::format("{}s", allowed) : std::string();
}

}  // namespace

std::string ScenarioText::Write(const RecordedConnection& connection, const Url& url, std::string_view base,
                                std::string_view name) {
  Connect(connection, url, base);
  Messages(connection);
  if (!asserts_) steps_ += "      - ping: {}\n";
  steps_ += "      - close: {}\n";
  std::string out = fmt::format("  - name: {}\n", YamlText(name));
  const auto& messages = connection.messages;
  const double seconds = messages.size() < 2 ? 0 : messages.back().seconds - messages.front().seconds;
  if (const int deadline = Allowed(seconds, kMaxDeadline); deadline > kDefaultDeadline) {
    out += fmt::format("    deadline: {}s\n", deadline);
  }
  return out + "    steps:\n" + steps_;
}

void ScenarioText::Connect(const RecordedConnection& connection, const Url& url, std::string_view base) {
  const std::size_t question = std::min(url.target.find('?'), url.target.size());
  std::string rest;
  const std::string query =
      QueryOf(std::string_view(url.target).substr(std::min(question + 1, url.target.size())), rest);
  std::string path = std::string(base) + secrets_.HidePath(std::string_view(url.target).substr(0, question));
  if (!rest.empty()) path += "?" + rest;
  std::string keys = fmt::format("path: {}", YamlText(path));
  const auto add = [&](std::string_view key, const std::string& value) {
    if (!value.empty()) keys += fmt::format(", {}: {}", key, value);
  };
  add("headers", HeadersOf(connection));
  add("query", query);
  add("subprotocols", SubprotocolsOf(connection));
  const std::string& chosen = connection.chosen_subprotocol;
  if (!chosen.empty() && SecretTable().HideField("subprotocol", "", chosen) == chosen) {
    add("expect", fmt::format("{{subprotocol: {}}}", YamlText(chosen)));
    asserts_ = true;
  }
  steps_ += fmt::format("      - connect: {{{}}}\n", keys);
}

// As a mapping; what cannot stand in one (a name twice, no text) is added to `rest` as it is.
std::string ScenarioText::QueryOf(std::string_view query, std::string& rest) {
  std::string out;
  std::set<std::string> names;
  for (const std::string_view part : Split(query, '&')) {
    if (part.empty()) continue;
    const std::size_t equals = std::min(part.find('='), part.size());
    const std::string name = Decoded(part.substr(0, equals));
    const std::string_view raw = part.substr(std::min(equals + 1, part.size()));
    const std::string value = Decoded(raw);
    const bool texts = IsValidUtf8(name) && IsValidUtf8(value) && !name.empty() && name.size() <= kMaxKeyBytes;
    if (texts && name.find("${") == std::string::npos && names.insert(name).second) {
      out += fmt::format("{}{}: {}", out.empty() ? "" : ", ", YamlText(name),
                         YamlText(secrets_.HideField("query parameter", name, value)));
    } else if (SecretTable().HideField("query parameter", name, raw) == raw) {
      rest += fmt::format("{}{}", rest.empty() ? "" : "&", EscapeTemplates(part));
    } else {
      notes_.push_back("left out: a query parameter that stands twice and looks like a credential");
    }
  }
  return out.empty() ? out : "{" + out + "}";
}

std::string ScenarioText::HeadersOf(const RecordedConnection& connection) {
  std::string out;
  std::set<std::string> names;
  for (const auto& [name, value] : connection.request_headers) {
    const std::string folded = absl::AsciiStrToLower(name);
    if (IsNoise(name) || name.size() > kMaxKeyBytes || name.find("${") != std::string::npos) continue;
    if (!ProblemOfHeader(name, RequestKind::kUpgrade).empty()) {
      notes_.push_back("left out: a header that a suite may not set");
      continue;
    }
    if (!names.insert(folded).second) {
      notes_.push_back("left out: a header that stands twice");
      continue;
    }
    out += fmt::format("{}{}: {}", out.empty() ? "" : ", ", YamlText(name),
                       YamlText(secrets_.HideField("header", name, value)));
  }
  return out.empty() ? out : "{" + out + "}";
}

std::string ScenarioText::SubprotocolsOf(const RecordedConnection& connection) {
  std::string out;
  std::set<std::string> names;
  for (const auto& [name, value] : connection.request_headers) {
    if (!absl::EqualsIgnoreCase(name, "Sec-WebSocket-Protocol")) continue;
    for (const std::string_view part : Split(value, ',')) {
      const std::string_view offered = ToStd(absl::StripAsciiWhitespace(ToAbsl(part)));
      if (offered.empty()) continue;
      const std::string shown = YamlText(secrets_.HideField("subprotocol", "SUBPROTOCOL", offered));
      if (!IsToken(offered) || !names.insert(shown).second) {
        notes_.push_back("left out: a subprotocol that is no name, or stands twice");
        continue;
      }
      out += (out.empty() ? "" : ", ") + shown;
    }
  }
  return out.empty() ? out : "[" + out + "]";
}

void ScenarioText::Messages(const RecordedConnection& connection) {
  std::vector<const RecordedMessage*> received;
  double since = connection.messages.empty() ? 0 : connection.messages.front().seconds;
  std::size_t taken = 0;
  for (const RecordedMessage& message : connection.messages) {
    if (taken == kMaxImportedMessages || steps_.size() > max_bytes_) break;
    ++taken;
    if (!message.sent) {
      received.push_back(&message);
      continue;
    }
    Expect(received, since);
    received.clear();
    since = message.seconds;
    Send(message);
  }
  Expect(received, since);
  if (taken < connection.messages.size()) {
    notes_.push_back(fmt::format("left out: the last {} of {} messages; a scenario of a recording has {} at most",
                                 connection.messages.size() - taken, connection.messages.size(), kMaxImportedMessages));
  }
  if (connection.other_frames > 0) {
    notes_.push_back(fmt::format("left out: {} recorded lines that are no messages", connection.other_frames));
  }
}

void ScenarioText::Send(const RecordedMessage& message) {
  std::string bytes;
  const bool binary = message.kind == RecordedMessage::Kind::kBinary;
  if (message.data.size() > kMaxSentBytes || (binary && !absl::Base64Unescape(message.data, &bytes))) {
    notes_.push_back(
        fmt::format("left out: a message of {} bytes that was sent ({})", message.data.size(),
                    message.data.size() > kMaxSentBytes ? "write it into a file and send that" : "no base64"));
    return;
  }
  binary ? SendBinary(message.data, bytes) : SendText(message.data);
}

void ScenarioText::SendBinary(std::string_view base64, std::string_view bytes) {
  if (FindSecret(bytes) == std::string_view::npos) {
    steps_ += fmt::format("      - send: {{base64: {}}}\n", YamlText(base64));
  } else if (IsValidUtf8(bytes)) {
    steps_ += fmt::format("      - send: {{text: {}, opcode: binary}}\n",
                          YamlText(secrets_.HideText("a part of a message", bytes)));
  } else {
    notes_.push_back(
        fmt::format("left out: a binary message of {} bytes that holds what looks like a credential", bytes.size()));
  }
}

// As JSON where that says the same; otherwise as it was.
void ScenarioText::SendText(std::string_view text) {
  json::error_code error;
  const json::value value = ParseJson(text, error);
  std::size_t left = kMaxValues;
  if (!error && value.is_structured() && FitsYaml(value, 0, left) && SurvivesRoundTrip(text)) {
    const auto hide = [this](std::string_view name, std::string_view part) { return secrets_.HideMember(name, part); };
    steps_ += fmt::format("      - send: {{json: {}}}\n", YamlValue(value, hide));
  } else {
    steps_ += fmt::format("      - send: {{text: {}}}\n", YamlText(secrets_.HideText("a part of a message", text)));
  }
}

// Frames of one kind in a row are one expectation: how many there are differs from session to session.
void ScenarioText::Expect(const std::vector<const RecordedMessage*>& received, double since) {
  std::vector<std::pair<std::string, std::size_t>> matches;
  for (const RecordedMessage* message : received) {
    std::string match = MatchOf(*message);
    if (!matches.empty() && matches.back().first == match) {
      ++matches.back().second;
    } else {
      matches.emplace_back(std::move(match), 1);
    }
  }
  if (matches.empty()) return;
  asserts_ = true;
  const std::string within = Within(received.back()->seconds - since);
  const auto row = [](std::size_t count) { return count == 1 ? "" : fmt::format("  # {} in a row", count); };
  if (matches.size() == 1) {
    steps_ += fmt::format("      - expect: {{match: {}{}}}{}\n", matches.front().first,
                          within.empty() ? "" : ", within: " + within, row(matches.front().second));
    return;
  }
  constexpr auto kMost = static_cast<std::size_t>(keys::kMessages.max);
  for (std::size_t i = 0; i < matches.size(); ++i) {
    if (i % kMost == 0) {
      steps_ += "      - expect_seq:\n";
      if (!within.empty()) steps_ += fmt::format("          within: {}\n", within);
      steps_ += "          messages:\n";
    }
    steps_ += fmt::format("            - {{match: {}}}{}\n", matches[i].first, row(matches[i].second));
  }
}

}  // namespace wsfleet
