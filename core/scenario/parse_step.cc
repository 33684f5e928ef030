#include "core/scenario/parse_step.h"

#include <algorithm>
#include <array>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "core/base/text.h"
#include "core/scenario/bundle_file.h"
#include "core/scenario/keys.h"
#include "core/scenario/parse_match.h"
#include "fmt/format.h"

namespace wsfleet {
namespace {

constexpr std::size_t kMaxMessages = keys::kMessages.max;
constexpr std::size_t kMaxSteps = keys::kSteps.max;
// Reserved for what is said without a frame (RFC 6455, 7.4.1).
constexpr std::array<std::uint16_t, 3> kNeverSent{1005, 1006, 1015};

std::optional<absl::Duration> DurationOf(ParseContext& context, const YamlNode& node, const keys::Key& key) {
  const YamlNode* value = Get(node, key.name);
  return value == nullptr ? std::nullopt : ReadDuration(context, key, *value);
}

std::string IdentifierOf(ParseContext& context, const YamlNode& node, std::string_view key) {
  const YamlNode* value = Get(node, key);
  return value == nullptr ? std::string() : ReadIdentifier(context, key, *value).value_or("");
}

bool IsSpace(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

void ParsePayload(ParseContext& context, const YamlNode& node, SendStep& step) {
  constexpr std::array<std::string_view, 5> kKinds{"json", "text", "hex", "base64", "file"};
  const YamlNode::Entry* payload = nullptr;
  for (const YamlNode::Entry& entry : node.entries) {
    if (std::ranges::find(kKinds, entry.key) == kKinds.end()) continue;
    if (payload != nullptr) {
      context.diagnostics.Error(entry.key_range, "send has exactly one of json, text, hex, base64, file");
      return;
    }
    payload = &entry;
  }
  if (payload == nullptr) {
    context.diagnostics.Error(node.range, "send has exactly one of json, text, hex, base64, file; found none");
    return;
  }
  step.frame = payload->key == "json" || payload->key == "text" ? SendStep::Frame::kText : SendStep::Frame::kBinary;
  if (payload->key == "json") {
    step.kind = SendStep::Kind::kJson;
    step.json = ReadValue(context, payload->value);
    return;
  }
  if (payload->key == "text") {
    step.kind = SendStep::Kind::kText;
    step.text = ReadTemplate(context, "text", payload->value);
    return;
  }
  std::string text = ReadPlainText(context, payload->key, payload->value).value_or("");
  if (payload->key == "file") {
    step.kind = SendStep::Kind::kFile;
    if (const auto* content = FindFile(context, "file", text, payload->value.range)) step.bytes = *content;
    step.file = std::move(text);
    return;
  }
  std::erase_if(text, IsSpace);
  const bool hex = payload->key == "hex";
  step.kind = hex ? SendStep::Kind::kHex : SendStep::Kind::kBase64;
  const bool digits = text.find_first_not_of("0123456789abcdefABCDEF") == std::string::npos && text.size() % 2 == 0;
  if (hex && digits) {
    step.bytes = absl::HexStringToBytes(text);
  } else if (hex || !absl::Base64Unescape(text, &step.bytes)) {
    context.diagnostics.Error(payload->value.range,
                              hex ? "hex: expected pairs of hexadecimal digits" : "base64: expected base64 (RFC 4648)");
  }
}

void CheckPong(ParseContext& context, const YamlNode& node, const SendStep& step) {
  constexpr std::size_t kMaxBytes = 125;
  const std::size_t bytes = step.text.is_literal() ? step.text.literal().size() : step.bytes.size();
  if (bytes <= kMaxBytes) return;
  context.diagnostics.Error(
      node.range, fmt::format("opcode: a pong carries at most {} bytes (RFC 6455, 5.5), found {}", kMaxBytes, bytes));
}

SendStep ParseSend(ParseContext& context, const YamlNode& node) {
  SendStep step;
  if (!CheckKeys(context, node, "send", keys::kSend)) return step;
  ParsePayload(context, node, step);
  if (const auto* opcode = node.Find("opcode")) {
    const auto word = ReadWord(context, keys::kSend["opcode"], opcode->value);
    if (word) {
      step.frame = *word == "pong"     ? SendStep::Frame::kPong
                   : *word == "binary" ? SendStep::Frame::kBinary
                                       : SendStep::Frame::kText;
    }
  }
  if (step.frame == SendStep::Frame::kPong) CheckPong(context, node, step);
  if (const auto* fragments = node.Find("fragments")) {
    step.fragments =
        static_cast<std::uint32_t>(ReadInteger(context, keys::kSend["fragments"], fragments->value).value_or(1));
    if (step.frame == SendStep::Frame::kPong && step.fragments > 1) {
      context.diagnostics.Error(fragments->key_range, "fragments: a control frame is never fragmented (RFC 6455, 5.5)");
    }
  }
  if (const YamlNode* capture = Get(node, "capture")) step.capture = ParseCaptures(context, *capture, false);
  return step;
}

Message ParseMessage(ParseContext& context, const YamlNode& node) {
  Message message;
  message.range = node.range;
  if (const YamlNode* name = Get(node, "name")) {
    message.name = ReadPlainText(context, "name", *name).value_or("");
    message.range = name->range;
  }
  if (const YamlNode* match = Get(node, "match")) {
    message.match = ParseSelector(context, *match);
    if (message.name.empty()) message.range = match->range;
  } else {
    context.diagnostics.Error(node.range, "\"match\" is missing: which frame is meant?");
  }
  if (const YamlNode* assertion = Get(node, "assert")) message.assertion = ParseSelector(context, *assertion);
  if (const YamlNode* capture = Get(node, "capture")) message.capture = ParseCaptures(context, *capture, false);
  message.within = DurationOf(context, node, keys::kMessage["within"]);
  message.max_time = DurationOf(context, node, keys::kMessage["max_time"]);
  if (const auto* max_time = node.Find("max_time")) message.max_time_range = max_time->value.range;
  return message;
}

ExpectStep ParseExpect(ParseContext& context, const YamlNode& node) {
  ExpectStep step;
  if (!CheckKeys(context, node, "expect", keys::kExpect)) return step;
  step.message = ParseMessage(context, node);
  step.since = IdentifierOf(context, node, "since");
  return step;
}

Unique ParseUnique(ParseContext& context, const YamlNode& node) {
  Unique unique;
  const boost::json::value value = node.is_scalar() ? ScalarValue(node) : boost::json::value();
  if (value.is_bool()) {
    unique.wanted = value.get_bool();
    return unique;
  }
  unique.after_last_match = ReadDuration(context, keys::kExpectAll["unique"], node);
  unique.wanted = unique.after_last_match.has_value();
  return unique;
}

ExpectManyStep ParseExpectMany(ParseContext& context, const YamlNode& node, bool sequence) {
  ExpectManyStep step;
  step.order = sequence ? ExpectManyStep::Order::kSequence : ExpectManyStep::Order::kAny;
  const bool is_mapping = sequence ? CheckKeys(context, node, "expect_seq", keys::kExpectSeq)
                                   : CheckKeys(context, node, "expect_all", keys::kExpectAll);
  if (!is_mapping) return step;
  if (const YamlNode* strict = Get(node, "strict")) step.strict = ReadBool(context, "strict", *strict).value_or(false);
  if (const YamlNode* unique = Get(node, "unique")) step.unique = ParseUnique(context, *unique);
  step.within = DurationOf(context, node, keys::kExpectAll["within"]);
  step.since = IdentifierOf(context, node, "since");
  const YamlNode* messages = Get(node, "messages");
  if (messages == nullptr || !messages->is_sequence() || messages->elements.empty() ||
      messages->elements.size() > kMaxMessages) {
    context.diagnostics.Error(messages == nullptr ? node.range : messages->range,
                              fmt::format("messages: expected a list of 1 to {} messages", kMaxMessages));
    return step;
  }
  for (const YamlNode& element : messages->elements) {
    if (CheckKeys(context, element, "message", keys::kMessage)) {
      step.messages.push_back(ParseMessage(context, element));
    }
  }
  return step;
}

ExpectNoneStep ParseExpectNone(ParseContext& context, const YamlNode& node) {
  ExpectNoneStep step;
  if (!CheckKeys(context, node, "expect_none", keys::kExpectNone)) return step;
  if (const YamlNode* match = Get(node, "match")) {
    step.match = ParseSelector(context, *match);
  } else {
    context.diagnostics.Error(node.range, "expect_none: \"match\" is missing: which frame must not come?");
  }
  if (const auto duration = DurationOf(context, node, keys::kExpectNone["for"])) {
    step.duration = *duration;
  } else if (Get(node, "for") == nullptr) {
    context.diagnostics.Error(node.range, "expect_none: \"for\" is missing: for how long? write for: 1s");
  }
  step.since = IdentifierOf(context, node, "since");
  return step;
}

ExpectCloseStep ParseExpectClose(ParseContext& context, const YamlNode& node) {
  ExpectCloseStep step;
  if (!CheckKeys(context, node, "expect_close", keys::kExpectClose)) return step;
  if (const YamlNode* code = Get(node, "code")) {
    CheckNumbers(context, "code", *code);
    step.code = ParsePredicate(context, "code", *code);
  }
  if (const YamlNode* reason = Get(node, "reason")) step.reason = ParsePredicate(context, "reason", *reason);
  step.within = DurationOf(context, node, keys::kExpectClose["within"]);
  step.since = IdentifierOf(context, node, "since");
  return step;
}

CloseStep ParseClose(ParseContext& context, const YamlNode& node) {
  CloseStep step;
  if (!CheckKeys(context, node, "close", keys::kClose)) return step;
  if (const YamlNode* code = Get(node, "code")) {
    step.code = static_cast<std::uint16_t>(ReadInteger(context, keys::kClose["code"], *code).value_or(1000));
    if (std::ranges::find(kNeverSent, step.code) != kNeverSent.end()) {
      context.diagnostics.Error(code->range,
                                fmt::format("code: {} never stands in a close frame (RFC 6455, 7.4.1)", step.code));
    }
  }
  if (const YamlNode* reason = Get(node, "reason")) {
    step.reason = ReadTemplate(context, "reason", *reason);
    if (step.reason.is_literal() && step.reason.literal().size() > 123) {
      context.diagnostics.Error(reason->range, "reason: expected at most 123 bytes (RFC 6455, 5.5.1)");
    }
  }
  return step;
}

RepeatStep ParseRepeat(ParseContext& context, const YamlNode& node) {
  RepeatStep step;
  if (!CheckKeys(context, node, "repeat", keys::kRepeat)) return step;
  if (const YamlNode* times = Get(node, "times")) {
    const auto number = ReadInteger(context, keys::kRepeat["times"], *times);
    if (number) step.times = static_cast<std::uint64_t>(*number);
  }
  step.duration = DurationOf(context, node, keys::kRepeat["for"]);
  step.every = DurationOf(context, node, keys::kRepeat["every"]);
  if (Get(node, "times") == nullptr && Get(node, "for") == nullptr) {
    context.diagnostics.Error(node.range, "repeat: expected times or for: when does it end?");
  }
  if (const YamlNode* steps = Get(node, "steps")) {
    step.steps = ParseSteps(context, *steps);
  } else {
    context.diagnostics.Error(node.range, "repeat: \"steps\" is missing");
  }
  return step;
}

Action ParseAction(ParseContext& context, const YamlNode::Entry& entry) {
  const std::string& name = entry.key;
  const YamlNode& node = entry.value;
  if (name == "http") return ParseHttp(context, node);
  if (name == "connect") return ParseConnect(context, node);
  if (name == "send") return ParseSend(context, node);
  if (name == "expect") return ParseExpect(context, node);
  if (name == "expect_seq") return ParseExpectMany(context, node, true);
  if (name == "expect_all") return ParseExpectMany(context, node, false);
  if (name == "expect_none") return ParseExpectNone(context, node);
  if (name == "expect_close") return ParseExpectClose(context, node);
  if (name == "close") return ParseClose(context, node);
  if (name == "repeat") return ParseRepeat(context, node);
  if (name == "reconnect") return ParseReconnect(context, node);
  if (name == "drop") {
    CheckKeys(context, node, "drop", keys::kDrop);
    return DropStep{};
  }
  if (name == "wait") {
    return WaitStep{ReadDuration(context, keys::kStep["wait"], node).value_or(absl::ZeroDuration())};
  }
  PingStep ping;
  if (CheckKeys(context, node, "ping", keys::kPing)) {
    ping.within = DurationOf(context, node, keys::kPing["within"]);
    ping.max_time = DurationOf(context, node, keys::kPing["max_time"]);
  }
  return ping;
}

bool IsAction(std::string_view key) { return key != "id" && key != "via" && keys::kStep.Find(key) != nullptr; }

std::optional<Step> ParseStep(ParseContext& context, const YamlNode& node) {
  if (!CheckKeys(context, node, "step", keys::kStep)) return std::nullopt;
  const YamlNode::Entry* action = nullptr;
  bool unknown = false;
  for (const YamlNode::Entry& entry : node.entries) {
    unknown = unknown || keys::kStep.Find(entry.key) == nullptr;
    if (!IsAction(entry.key)) continue;
    if (action != nullptr) {
      context.diagnostics.Error(
          entry.key_range,
          fmt::format("a step has exactly one action: \"{}\" stands at {}:{}, \"{}\" must be a step of its own",
                      action->key, action->key_range.line, action->key_range.column, entry.key));
      return std::nullopt;
    }
    action = &entry;
  }
  if (action == nullptr) {
    // An unknown key is most likely the action, misspelt, and has been reported.
    if (!unknown)
      context.diagnostics.Error(node.range,
                                "a step has exactly one action, such as connect, send or expect; found none");
    return std::nullopt;
  }
  Step step;
  step.range = action->key_range;
  step.range.length = static_cast<std::uint32_t>(action->key.size());
  step.action_name = action->key;
  step.id = IdentifierOf(context, node, "id");
  if (const auto* id = node.Find("id")) step.id_range = id->value.range;
  if (const auto* via = node.Find("via")) {
    step.via = ReadIdentifier(context, "via", via->value).value_or("main");
    step.via_range = via->value.range;
  }
  if (const auto* since = action->value.is_mapping() ? action->value.Find("since") : nullptr) {
    step.since_range = since->value.range;
  }
  if (const auto* max_time = action->value.is_mapping() ? action->value.Find("max_time") : nullptr) {
    step.max_time_range = max_time->value.range;
  }
  step.action = ParseAction(context, *action);
  return step;
}

}  // namespace

std::vector<Step> ParseSteps(ParseContext& context, const YamlNode& node) {
  std::vector<Step> steps;
  if (!node.is_sequence() || node.elements.empty() || node.elements.size() > kMaxSteps) {
    context.diagnostics.Error(
        node.range, fmt::format("steps: expected a list of 1 to {} steps, found {}", kMaxSteps, DescribeNode(node)));
    return steps;
  }
  for (const YamlNode& element : node.elements) {
    if (auto step = ParseStep(context, element)) steps.push_back(*std::move(step));
  }
  return steps;
}

}  // namespace wsfleet
