#pragma once

#include <array>
#include <string_view>

#include "core/scenario/key_table.h"

// The language, one table for each kind of mapping. All that is said of a key stands there once: the parser's unknown
// keys, words and ranges, `wsfleet schema` and the order of `wsfleet fmt` come from it.
namespace wsfleet::keys {

extern const Table kSuite;
extern const Table kTarget;
extern const Table kRequirement;
extern const Table kDefaults;
extern const Table kPhases;
extern const Table kInbox;
extern const Table kRegions;
extern const Table kRevision;
extern const Table kEvidence;
extern const Table kLogs;
extern const Table kData;
extern const Table kScenario;
extern const Table kLoad;
extern const Table kStage;
extern const Table kThreshold;

extern const Table kCredential;
extern const Table kJwt;
extern const Table kTls;
extern const Table kCompress;
extern const Table kHttp;
extern const Table kHttpExpect;
extern const Table kConnect;
extern const Table kConnectExpect;
extern const Table kTlsExpect;
extern const Table kRefusal;
extern const Table kRefused;
extern const Table kSequence;
extern const Table kReconnect;

extern const Table kStep;
extern const Table kSend;
extern const Table kMessage;
extern const Table kExpect;
extern const Table kExpectSeq;
extern const Table kExpectAll;
extern const Table kExpectNone;
extern const Table kExpectClose;
extern const Table kPing;
extern const Table kClose;
extern const Table kDrop;
extern const Table kRepeat;
extern const Table kPredicate;

// What stands in several tables.
inline constexpr Value kOneStep = Mapping(kStep);
inline constexpr Value kSteps = ListOf(kOneStep, 1, 1000);
inline constexpr Value kOneMessage = Mapping(kMessage);
inline constexpr Value kMessages = ListOf(kOneMessage, 1, 64);
inline constexpr Value kOneScenario = Mapping(kScenario);
inline constexpr Value kScenarios = ListOf(kOneScenario, 1, 1000);
inline constexpr Value kTitle = Text({}, 1, 120);
inline constexpr Value kTag = Text("^[A-Za-z0-9][A-Za-z0-9_.-]*$");
inline constexpr Value kTags = ListOf(kTag, 0, 100);
inline constexpr Value kOneRequirement = Mapping(kRequirement);
inline constexpr Value kRequires = ListOf(kOneRequirement);
inline constexpr Value kAnything = Of(Value::Kind::kAny);
inline constexpr Value kVariables = Names(Value::Kind::kVariable, kAnything);
inline constexpr Value kPlainText = Text();
inline constexpr Value kTemplate = TemplateText();
inline constexpr Value kTexts = Names(Value::Kind::kAny, kTemplate);
inline constexpr Value kSourceOfFrame = Of(Value::Kind::kSource);
inline constexpr Value kSourceOfAnswer = Of(Value::Kind::kRequestSource);
inline constexpr Value kCaptures = Names(Value::Kind::kVariable, kSourceOfFrame);
inline constexpr Value kAnswerCaptures = Names(Value::Kind::kVariable, kSourceOfAnswer);
inline constexpr Value kTests = Of(Value::Kind::kPredicate);
inline constexpr Value kNumberTests = Of(Value::Kind::kNumberTests);
inline constexpr std::array<std::string_view, 4> kTlsVersions{"tls1.0", "tls1.1", "tls1.2", "tls1.3"};
inline constexpr Value kNamedTests = Names(Value::Kind::kAny, kTests, 1);
inline constexpr std::string_view kIdentifierPattern = "^[A-Za-z_][A-Za-z0-9_]*$";
inline constexpr std::string_view kSecretPattern = "^\\$\\{secret\\.[A-Za-z_][A-Za-z0-9_]*\\}$";
inline constexpr std::string_view kOneTemplatePattern = "^\\$\\{[^}]+\\}$";
inline constexpr std::string_view kTemplatePattern = "\\$\\{";  // somewhere in it
inline constexpr std::array<std::string_view, 3> kSubjects{"text", "hex", "opcode"};
// What these can be of a frame.
inline constexpr std::array<std::string_view, 4> kFrameOpcodes{"text", "binary", "ping", "pong"};
inline constexpr std::string_view kHexPattern = "^([0-9a-f]{2})*$";
inline constexpr Value kFrames = Selector(kSubjects);
inline constexpr Value kBody = Selector({});
inline constexpr Value kProxyUrl =
    TemplateText(R"(^(none|(http|socks5)://(.+@)?([^:/@\[\]]+|\[[^\]]+\]):\d{1,5}/?|.*\$\{.*)$)");
inline constexpr Value kDuration = Of(Value::Kind::kDuration);
inline constexpr Value kPause = Of(Value::Kind::kPause);
inline constexpr Value kOffset = Of(Value::Kind::kOffset);
inline constexpr Value kFlag = Of(Value::Kind::kBool);
inline constexpr Value kIdentifier = Of(Value::Kind::kIdentifier);
inline constexpr Value kVariable = Of(Value::Kind::kVariable);
inline constexpr Value kRate = Of(Value::Kind::kRate);

// Names that templates reserve.
inline constexpr std::array<std::string_view, 10> kReservedNames{"env", "secret", "data",  "session", "uuid",
                                                                 "now", "region", "agent", "trace",   "window"};

}  // namespace wsfleet::keys
