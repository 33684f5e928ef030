#include "core/scenario/keys.h"

// The mappings of steps on an open connection, and of tests.
namespace wsfleet::keys {
namespace {

using Kind = Value::Kind;
template <std::size_t N>
using List = std::array<std::string_view, N>;

constexpr List<3> kOpcodes{"text", "binary", "pong"};
constexpr List<6> kTypes{"string", "number", "boolean", "array", "object", "null"};
constexpr Value kUnique[] = {kFlag, kPause};
constexpr Value kNumber = Of(Kind::kNumberTest);
constexpr Value kOneOf[] = {ListOf(kAnything, 1), TemplateText(kOneTemplatePattern)};

constexpr Key kStepKeys[] = {
    {"id", kIdentifier, "Anchor for `since`; label of the step in reports and thresholds."},
    {"via", kIdentifier, "Connection that the step uses.", "main"},
    {"http", Mapping(kHttp), "One request."},
    {"connect", Mapping(kConnect), "Opens a WebSocket."},
    {"reconnect", Mapping(kReconnect), "The same connect again, with a new token."},
    {"send", Mapping(kSend), "Sends a message."},
    {"expect", Mapping(kExpect), "Waits for a message."},
    {"expect_seq", Mapping(kExpectSeq), "Waits for messages in this order; others may come between."},
    {"expect_all", Mapping(kExpectAll), "Waits for messages in any order, a frame each."},
    {"expect_none", Mapping(kExpectNone), "No such message."},
    {"expect_close", Mapping(kExpectClose), "The target closes."},
    {"ping", Mapping(kPing), "A ping and its own pong."},
    {"close", Mapping(kClose), "Closes and waits for the answer."},
    {"drop", Mapping(kDrop), "Cuts TCP without a close frame."},
    {"wait", kPause, "Waits so long."},
    {"repeat", Mapping(kRepeat), "Ends at whichever of times and for comes first."}};
constexpr List<14> kActions{"http",        "connect",      "reconnect", "send",  "expect", "expect_seq", "expect_all",
                            "expect_none", "expect_close", "ping",      "close", "drop",   "wait",       "repeat"};
constexpr Rule kStepRules[] = {{.kind = Rule::Kind::kExactlyOne, .keys = kActions}};

constexpr Key kSendKeys[] = {{"json", kAnything, "Text frame."},
                             {"text", kTemplate, "Text frame."},
                             {"hex", Text("^([0-9a-fA-F]|\\s)*$"), "Binary frame."},
                             {"base64", Text("^[A-Za-z0-9+/=\\s]*$"), "Binary frame."},
                             {"file", kPlainText, "Binary frame: a file of the bundle, as it is."},
                             {"opcode", Word(kOpcodes), "Over the payload's own."},
                             {"fragments", Integer(1, 1000), "Split over so many frames.", "1"},
                             {"capture", kCaptures, "Variable to source; read from the payload as sent."}};
constexpr List<5> kPayloads{"json", "text", "hex", "base64", "file"};
constexpr Rule kSendRules[] = {{.kind = Rule::Kind::kExactlyOne, .keys = kPayloads}};

constexpr Key kName{"name", kPlainText, "Label in reports and in event{name=…}."};
constexpr Key kMatch = Needed("match", kFrames, "Which frame is meant. Others stay in the inbox.");
constexpr Key kAssert{"assert", kFrames, "What must hold for it. A wrong value fails at once."};
constexpr Key kCapture{"capture", kCaptures, "Variable to source."};
constexpr Key kWithin{"within", kDuration, "None in time: event-missing."};
constexpr Key kMaxTime{"max_time", kDuration, "It came, but later than this: latency."};
constexpr Key kSince{"since", kIdentifier,
                     "Id of an earlier step at which the search and the clock start. Default: the whole inbox; the "
                     "clock starts at the end of the previous step."};
constexpr Key kOnce{"unique", Either(kUnique),
                    "A further frame of these is a duplicate: until `within` ends (true), or for so long after the "
                    "last match.",
                    "false"};
constexpr Key kMessageKeys[] = {kName, kMatch, kAssert, kCapture, kWithin, kMaxTime};
constexpr Key kExpectKeys[] = {kName, kMatch, kAssert, kCapture, kSince, kWithin, kMaxTime};

constexpr Key kExpectSeqKeys[] = {kSince,
                                  kWithin,
                                  {"strict", kFlag, "No other frame may come between.", "false"},
                                  kOnce,
                                  Needed("messages", kMessages, "In this order.")};
constexpr Key kExpectAllKeys[] = {kSince, kWithin, kOnce, Needed("messages", kMessages, "In any order.")};
constexpr Key kExpectNoneKeys[] = {Needed("match", kFrames, "Which frame must not come."), kSince,
                                   Needed("for", kPause, "From the start of this step.")};
constexpr Key kExpectCloseKeys[] = {
    {"code", kNumberTests, "Close code. Default: any. 1006: TCP ended without a close frame."},
    {"reason", kTests, "Close reason."},
    kSince,
    {"within", kDuration, "None in time: deadline, phase close."}};
constexpr Key kPingKeys[] = {{"within", kDuration, "None in time: deadline."}, kMaxTime};
constexpr Key kCloseKeys[] = {{"code", Integer(1000, 4999), "Of the close frame.", "1000"},
                              {"reason", TemplateText({}, 123), "Of the close frame, 123 bytes at most."}};

constexpr Key kRepeatKeys[] = {{"times", Integer(1), "Ends after so many rounds."},
                               {"for", kDuration, "Ends after so long."},
                               {"every", kPause, "Start to start. Default: no pause."},
                               Needed("steps", kSteps, "What is done in each round.")};
constexpr List<2> kEnds{"times", "for"};
constexpr Rule kRepeatRules[] = {{.kind = Rule::Kind::kAtLeastOne, .keys = kEnds}};

constexpr Key kPredicateKeys[] = {
    {"eq", kAnything, "Deep equality; for objects and arrays."},
    {"not", kTests, "The value exists and this does not hold for it."},
    {"lt", kNumber, "Less."},
    {"lte", kNumber, "Less or equal."},
    {"gt", kNumber, "Greater."},
    {"gte", kNumber, "Greater or equal."},
    {"regex", kPlainText, "RE2, unanchored, on a string. No templates."},
    {"contains", kAnything, "Substring of a string, or element of an array."},
    {"in", Either(kOneOf), "Equal to one of these."},
    {"type", Word(kTypes), "The value's type in JSON."},
    {"length", kNumberTests, "Characters of a string, elements of an array, members of an object."},
    {"exists", kFlag, "false: the path must select nothing."},
    {"every", kTests, "Holds for every selected value, and there is one. Without it: for at least one."},
    {"schema", kPlainText, "Path of a JSON Schema (draft-07) file in the bundle."}};

}  // namespace

constinit const Table kStep{"step", "One action.", kStepKeys, kStepRules};
constinit const Table kSend{"send", "A message to the target.", kSendKeys, kSendRules};
constinit const Table kMessage{"message", "A message from the target.", kMessageKeys};
constinit const Table kExpect{"expect", "A message from the target.", kExpectKeys};
constinit const Table kExpectSeq{"expect_seq", "Messages in this order; others may come between.", kExpectSeqKeys};
constinit const Table kExpectAll{"expect_all", "Messages in any order, a frame each.", kExpectAllKeys};
constinit const Table kExpectNone{"expect_none", "No such message.", kExpectNoneKeys};
constinit const Table kExpectClose{"expect_close", "The target closes.", kExpectCloseKeys};
constinit const Table kPing{"ping", "A ping and its own pong.", kPingKeys};
constinit const Table kClose{"close", "Closes and waits for the answer.", kCloseKeys};
constinit const Table kDrop{"drop", "Cuts TCP without a close frame.", {}};
constinit const Table kRepeat{"repeat", "Steps again and again.", kRepeatKeys, kRepeatRules};
constinit const Table kPredicate{"tests", "Tests that must all hold.", kPredicateKeys, {}, 1};

}  // namespace wsfleet::keys
