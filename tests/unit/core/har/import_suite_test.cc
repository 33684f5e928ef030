#include "core/har/import_suite.h"

#include <random>

#include "absl/strings/escaping.h"
#include "core/har/scenario_text.h"
#include "core/scenario/format.h"
#include "core/scenario/parser.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/unit/core/har/recorded.h"

namespace wsfleet {
namespace {

namespace json = boost::json;
using ::testing::HasSubstr;
using ::testing::Not;

// The suite; it is one that the parser accepts, in canonical form.
std::string Import(const std::string& har) {
  const auto suite = ImportHar("a.har", har);
  EXPECT_TRUE(suite.ok()) << suite.status();
  if (!suite.ok()) return {};
  const ParseResult parsed = ParseBundle({{{"x.wsfleet.yaml", suite->text}}, {"x.wsfleet.yaml"}});
  for (const Diagnostic& diagnostic : parsed.diagnostics) {
    ADD_FAILURE() << RenderDiagnostic(diagnostic, {{"x.wsfleet.yaml", suite->text}});
  }
  EXPECT_EQ(FormatSuite("x.wsfleet.yaml", suite->text).text.value_or("left as it is"), suite->text);
  return suite->text;
}

std::string BodyOf(const std::string& suite) { return suite.substr(suite.find("version:")); }

TEST(ImportHar, ReplaysAConversationAndHidesItsCredentials) {
  const std::string har = Archive(
      {Entry("https://chat.example.com/", {}),
       Entry(
           "wss://chat.example.com/ws/chat?token=s3cret&room=a%20b",
           {Frame("receive", R"({"type":"hello","user":"u-1"})", 100.0),
            Frame("send", R"({"type":"auth","token":"s3cret","nested":{"password":"hunter2"},"max_tokens":5})", 100.2),
            Frame("receive", R"({"type":"auth.ok"})", 100.3), Frame("send", "plain ${text}", 100.4),
            Frame("receive", R"({"type":"typing","n":1})", 101.0),
            Frame("receive", R"({"type":"typing","n":2})", 102.0),
            Frame("receive", R"({"type":"message","id":"8f14e45f"})", 110.0), Frame("send", "AP8Q", 111, 2),
            Frame("receive", "AP8R", 111.5, 2)},
           {Header("Host", "chat.example.com"), Header("Origin", "https://chat.example.com"),
            Header("Authorization", "Bearer abc"), Header("Cookie", "sid=1"), Header("User-Agent", "Mozilla"),
            Header("Accept-Language", "de"), Header("Sec-WebSocket-Key", "x"), Header("X-Tenant", "blue"),
            Header("Sec-WebSocket-Protocol", "chat.v2, chat.v1")},
           {Header("Sec-WebSocket-Protocol", "chat.v2")})});
  EXPECT_EQ(BodyOf(Import(har)), R"(version: wsfleet/v1
name: "recorded chat.example.com"
target: "wss://chat.example.com"
requires:
  - {secret: TOKEN}
  - {secret: AUTHORIZATION}
  - {secret: COOKIE}
  - {secret: PASSWORD}
scenarios:
  # ${secret.TOKEN} stands for the query parameter token.
  # ${secret.AUTHORIZATION} stands for the header Authorization.
  # ${secret.COOKIE} stands for the header Cookie.
  # ${secret.PASSWORD} stands for the member password of a message.
  - name: /ws/chat
    steps:
      - connect: {path: /ws/chat, headers: {Origin: "https://chat.example.com", Authorization: "Bearer ${secret.AUTHORIZATION}", Cookie: "${secret.COOKIE}", X-Tenant: blue}, query: {token: "${secret.TOKEN}", room: "a b"}, subprotocols: [chat.v2, chat.v1], expect: {subprotocol: chat.v2}}
      - expect: {match: {$.type: hello}}
      - send: {json: {type: auth, token: "${secret.TOKEN}", nested: {password: "${secret.PASSWORD}"}, max_tokens: 5}}
      - expect: {match: {$.type: auth.ok}}
      - send: {text: "plain $${text}"}
      - expect_seq:
          within: 20s
          messages:
            - {match: {$.type: typing}}  # 2 in a row
            - {match: {$.type: message}}
      - send: {base64: AP8Q}
      - expect: {match: {opcode: binary}}
      - close: {}
)");
}

TEST(ImportHar, CopiesNoCredentialOfAnyKind) {
  const std::string jwt = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhZGEifQ.c2lnbmF0dXJl";
  const std::string opaque = "9c1185a5c5e9fc54612808977ee8f548";
  const std::string suite = Import(Archive({Entry(
      "wss://a.example/ws/" + jwt + "?x=" + opaque + "&t=" + jwt + "&t=" + jwt,
      {Frame("send", R"({"a":["say )" + jwt + R"("],"b":"Bearer )" + opaque + R"("})"), Frame("send", "LOGIN " + jwt),
       Frame("receive", "welcome " + jwt), Frame("receive", R"({"type":")" + jwt + R"("})"),
       Frame("receive", R"(["ok","ghp_0123456789012345678901234567"])")},
      {Header("Sec-WebSocket-Protocol", "jwt, " + jwt + ", " + opaque), Header("X-Api-Key", "short"),
       Header("cookie", "a=" + opaque)},
      {Header("Sec-WebSocket-Protocol", opaque)})}));
  for (const std::string& secret :
       {jwt, jwt.substr(0, 20), jwt.substr(21, 18), opaque, std::string("short"), std::string("ghp_")}) {
    EXPECT_THAT(suite, Not(HasSubstr(secret)));
  }
  EXPECT_THAT(suite, HasSubstr("left out: a query parameter that stands twice and looks like a credential"));
  EXPECT_THAT(suite, HasSubstr("- {match: {text: {contains: \"welcome \"}}}"));
}

// What clients of common protocols log in with.
TEST(ImportHar, CopiesNoCredentialOfAnyProtocol) {
  const auto frame = [](const std::string& data, int opcode = 1) { return Frame("send", data, 0, opcode); };
  const std::string suite = Import(Archive(
      {Entry("wss://a.example/ws",
             {frame(R"(40{"token":"CANARY1"})"), frame(R"(42["auth",{"token":"CANARY2"}])"),
              frame(R"({"payload":"{\"password\":\"CANARY3\"}"})"), frame("password=CANARY4&room=1"),
              frame("CONNECT\nlogin:bob\npasscode:CANARY5\n\n"), frame(absl::Base64Escape(R"({"token":"CANARY6"})"), 2),
              frame(absl::Base64Escape("\xff token=CANARY7"), 2), frame(R"([{"value":"CANARY8","name":"password"}])"),
              frame(R"({"sessionId":"CANARY9","passphrase":"CANARY9","csrf":"CANARY9","bearer":"CANARY9"})"),
              frame(R"({"pin":73241})"), Frame("receive", "password=CANARYa&x=1")})}));
  EXPECT_THAT(suite, Not(HasSubstr("CANARY")));
  EXPECT_THAT(suite, Not(HasSubstr("73241")));
  EXPECT_THAT(suite, Not(HasSubstr(absl::Base64Escape("{\"token"))));
  EXPECT_THAT(suite, HasSubstr(R"(send: {text: "{\"token\":\"${secret.TOKEN_3}\"}", opcode: binary})"));
  EXPECT_THAT(suite, HasSubstr("left out: a binary message of 15 bytes that holds what looks like a credential"));
}

TEST(ImportHar, SendsAsTextWhatWouldNotBeTheSameAsJson) {
  const std::string suite = Import(Archive(
      {Entry("wss://a.example/ws", {Frame("send", R"({"n":12345678901234567890123,"f":1.0})"),
                                    Frame("send", R"({"a":1,"a":2})"), Frame("send", R"({"a": 1.5, "b": [1]})")})}));
  EXPECT_THAT(suite, HasSubstr(R"(- send: {text: "{\"n\":12345678901234567890123,\"f\":1.0}"})"));
  EXPECT_THAT(suite, HasSubstr(R"(- send: {text: "{\"a\":1,\"a\":2}"})"));
  EXPECT_THAT(suite, HasSubstr("- send: {json: {a: 1.5, b: [1]}}"));
}

TEST(ImportHar, MakesAScenarioOfEachConnectionAndSaysWhatIsLeftOut) {
  json::object refused = Entry("wss://a.example/refused", {});
  refused["response"].as_object()["status"] = 403;
  const std::string suite = Import(Archive(
      {Entry("wss://a.example/ws", {}), Entry("wss://a.example/ws", {Frame("send", "x", 1, 9)}), refused,
       Entry("ws://user:pass@a.example/ws", {}), Entry("ws://b.example:8080/ws#part", {Frame("send", "x", 1)}),
       Entry("wss://a.example/big", {Frame("send", std::string(70'000, 'x')), Frame("send", "no base64!", 0, 2)})}));
  EXPECT_THAT(
      suite, HasSubstr("- name: /ws\n    steps:\n      - connect: {path: /ws}\n      - ping: {}\n      - close: {}\n"));
  EXPECT_THAT(suite, HasSubstr("  # left out: 1 recorded lines that are no messages\n  - name: \"/ws (2)\"\n"));
  EXPECT_THAT(suite, HasSubstr("connect: {path: \"ws://b.example:8080/ws\"}\n      - send: {text: x}\n"));
  EXPECT_THAT(suite, HasSubstr("left out: a message of 70000 bytes that was sent"));
  EXPECT_THAT(suite, HasSubstr("left out: a message of 10 bytes that was sent (no base64)"));
  EXPECT_THAT(suite, HasSubstr("# entry 3: left out: the connection was not made (status 403)\n"));
  const auto imported =
      ImportHar("a.har", Archive({Entry("wss://a.example/ws", {}), refused, Entry("ws://u:p@a.example/ws", {})}));
  ASSERT_TRUE(imported.ok());
  EXPECT_EQ(imported->notes, (std::vector<std::string>{
                                 "entry 2: left out: the connection was not made (status 403)",
                                 "entry 3: left out: its URL cannot be used (a user name, or no host that could be)"}));
}

TEST(ImportHar, HasLimits) {
  json::array frames;
  for (std::size_t i = 0; i < 2 * kMaxImportedMessages; ++i) {
    frames.push_back(
        Frame("receive", R"({"type":")" + std::string(i % 2 == 0 ? "a" : "b") + "\"}", static_cast<double>(i)));
  }
  const std::string suite = Import(Archive({Entry("wss://a.example/ws", frames)}));
  EXPECT_THAT(suite, HasSubstr("left out: the last 500 of 1000 messages; a scenario of a recording has 500 at most"));
  EXPECT_THAT(suite, HasSubstr("deadline: 1998s"));
  json::array large, many;
  for (int i = 0; i < 40; ++i) large.push_back(Frame("send", std::string(60'000, 'x')));
  for (int i = 0; i < 120; ++i) many.push_back(Entry("wss://a.example/ws", {}));
  EXPECT_LT(Import(Archive({Entry("wss://a.example/ws", large), Entry("wss://a.example/ws", large)})).size(), 1u << 20);
  json::array wide, hidden, escaped;
  std::string ones = "[1", tokens = "[0";
  for (int i = 0; i < 1900; ++i) ones += ",1";
  for (int i = 0; i < 900; ++i) tokens += ",{\"token\":\"" + std::to_string(i) + "\"}";
  for (std::size_t i = 0; i < kMaxImportedMessages; ++i) {
    wide.push_back(Frame("send", ones + "]"));
    hidden.push_back(Frame("send", tokens + "]"));
    if (i < 15) escaped.push_back(Frame("send", std::string(60'000, '\1')));
  }
  EXPECT_THAT(Import(Archive({Entry("wss://a.example/ws", wide), Entry("wss://a.example/ws", hidden)})),
              HasSubstr("left out"));
  Import(Archive({Entry("wss://a.example/ws", hidden)}));
  Import(Archive({Entry("wss://a.example/ws", escaped)}));
  EXPECT_THAT(Import(Archive(many)), HasSubstr("name: \"/ws (100)\""));
  EXPECT_EQ(ImportHar("a.har", Archive(many))->notes.size(), 20u);
}

TEST(ImportHar, SaysWhatToDoWhenThereIsNothingToReplay) {
  EXPECT_THAT(ImportHar("a.har", "{\n  \"log\": nope}").status().ToString(), HasSubstr("a.har:2:10: not JSON"));
  EXPECT_THAT(ImportHar("a.har", "{}").status().ToString(),
              HasSubstr("a.har: this is JSON, but no HTTP archive: log.entries is missing"));
  EXPECT_THAT(ImportHar("a.har", "{\"log\": {").status().ToString(), HasSubstr("a.har:1:10: not JSON: incomplete"));
  EXPECT_THAT(ImportHar("a.har", "{} {}").status().ToString(), HasSubstr("not JSON"));
  json::object page = Entry("https://a.example/", {});
  page.erase("_webSocketMessages");
  EXPECT_THAT(ImportHar("a.har", Archive({page})).status().ToString(),
              HasSubstr("none of its 1 requests is a WebSocket; open the"));
  EXPECT_THAT(ImportHar("a.har", Archive({page})).status().ToString(), HasSubstr("Save all as HAR with content"));
  EXPECT_THAT(ImportHar("a.har", Archive({Entry("wss://a b/", {})})).status().ToString(),
              HasSubstr("none of the 1 WebSocket connections"));
}

// Whatever a page says, the suite is valid.
TEST(ImportHar, GivesAValidSuiteWhateverWasRecorded) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  const std::vector<std::string> pieces{"${x}",
                                        "$",
                                        "{",
                                        "}",
                                        "\"",
                                        "'",
                                        ": ",
                                        " #",
                                        "\n",
                                        "\t",
                                        "\\",
                                        "\xC3\xA4",
                                        "\xE2\x80\xA8",
                                        "null",
                                        "1",
                                        "-1",
                                        "eyJ",
                                        "[",
                                        "]",
                                        "type",
                                        ",",
                                        "%",
                                        "&",
                                        "=",
                                        "?",
                                        "/",
                                        "a",
                                        "~",
                                        "!",
                                        "*",
                                        "|",
                                        std::string(1, '\0'),
                                        "\x7F",
                                        "\xEF\xBB\xBF",
                                        "yes",
                                        "2026"};
  const auto text = [&](std::size_t most) {
    std::string out;
    for (std::size_t i = random() % most; i > 0; --i) out += pieces[random() % pieces.size()];
    return out;
  };
  for (int round = 0; round < 150; ++round) {
    json::array frames, headers;
    for (int i = 0; i < 6; ++i) {
      const json::value payload =
          random() % 2 == 0 ? json::value{{text(4), text(6)}, {"type", text(3)}, {text(3), {1, text(3), nullptr}}}
                            : json::value{text(3), 1.5, text(3)};
      frames.push_back(
          Frame(random() % 2 == 0 ? "send" : "receive", random() % 3 == 0 ? text(8) : json::serialize(payload)));
      headers.push_back(Header("X-" + std::to_string(i), text(4)));
    }
    headers.push_back(Header("Sec-WebSocket-Protocol", text(5)));
    std::string query;
    for (const char c : text(8))
      query += static_cast<unsigned char>(c) > 0x20 && c != 0x7F && c != '#' ? std::string(1, c) : "%C3";
    Import(Archive({Entry("wss://a.example/ws?" + query, frames, headers)}));
    if (HasFailure()) return;
  }
}

}  // namespace
}  // namespace wsfleet
