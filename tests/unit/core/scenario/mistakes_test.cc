#include "gtest/gtest.h"
#include "tests/unit/core/scenario/suite_text.h"

// What `validate` refuses: each mistake in a suite that is otherwise good, and all that is said about it. The first
// step stands in line 7, or further down by each line of `top` beyond the first.
namespace wsfleet {
namespace {

struct Mistake {
  std::string steps;
  std::string expected;
  std::string top = "target: ws://127.0.0.1:1\n";
};

constexpr char kConnect[] = "      - connect: {path: /ws}\n";
const std::string kGood = std::string(kConnect) + "      - ping: {}\n";

void ExpectRefused(const std::vector<Mistake>& mistakes) {
  for (const Mistake& mistake : mistakes) {
    EXPECT_EQ(Errors(TextBundle(SuiteText(mistake.steps, mistake.top))), mistake.expected + "\n");
  }
}

// `step` is the second one, behind a connect, in line 8; a ping follows.
Mistake InStep(const std::string& step, std::string expected) {
  return {std::string(kConnect) + "      - " + step + "\n      - ping: {}\n", std::move(expected)};
}

// `top` begins in line 3, and a target stands before it.
Mistake AtTop(const std::string& top, std::string expected) {
  return {kGood, std::move(expected), "target: ws://127.0.0.1:1\n" + top + "\n"};
}

TEST(Mistakes, OfAQuoteThatIsNotClosedAreRefusedAtTheQuote) {
  ExpectRefused({
      InStep("send: {text: \"hello}", "8:22 this quote is not closed; add a \" at the end of the text"),
      InStep("send: {text: 'it''s}", "8:22 this quote is not closed; add a ' at the end of the text"),
      {std::string(kConnect) + "      - send:\n          text: \"a \\\" b\n      - ping: {}\n",
       "9:17 this quote is not closed; add a \" at the end of the text"},
  });
}

TEST(Mistakes, OfNumbersThatAreNotHeldAreRefused) {
  const auto at = [](const std::string& place, const std::string& number) {
    return place + " " + number + " is no number that is held as it is written; for a text, write it in quotes";
  };
  std::vector<Mistake> mistakes;
  for (const std::string number :
       {"12345678901234567890123", "-9223372036854775809", "1e999", ".inf", "-.INF", ".nan", "0x1ffffffffffffffff"}) {
    mistakes.push_back(InStep("send: {json: {h: " + number + "}}", at("8:26", number)));
    mistakes.push_back(InStep("expect: {match: {$.id: " + number + "}}", at("8:32", number)));
  }
  ExpectRefused(mistakes);
  for (const char* number :
       {"18446744073709551615", "100000000000000000000", "1e300", "\"1e999\"", "0xffffffffffffffff"}) {
    const Mistake good = InStep("send: {json: {h: " + std::string(number) + "}}", "");
    EXPECT_EQ(Errors(TextBundle(SuiteText(good.steps, good.top))), "") << number;
  }
}

TEST(Mistakes, OfTestsThatCanNeverHoldOrNeverFailAreRefused) {
  ExpectRefused({
      InStep("http: {get: /, expect: {status: {not: \"404\"}}}",
             "8:48 status: expected a number or tests of one, found \"404\"; write 404"),
      InStep("http: {get: /, expect: {status: 2xx}}",
             "8:41 status: expected a number or tests of one, found \"2xx\"; write {gte: 200, lte: 299}"),
      InStep("connect: {path: /, as: b, refused: {status: {in: [401, \"403\"]}}}",
             "8:65 status: expected a number or tests of one, found \"403\"; write 403"),
      InStep("connect: {path: /, as: b, refused: {any: [{close: \"4401\"}, {class: auth}]}}",
             "8:60 close: expected a number or tests of one, found \"4401\"; write 4401"),
      InStep("expect_close: {code: {not: \"1011\"}}",
             "8:37 code: expected a number or tests of one, found \"1011\"; write 1011"),
      InStep("connect: {path: /, as: b, expect: {tls: {version: TLSv1.3}}}",
             "8:59 version: expected one of tls1.0, tls1.1, tls1.2, tls1.3, found \"TLSv1.3\""),
      InStep("connect: {path: /, as: b, expect: {tls: {days_left: {not: soon}}}}",
             "8:67 days_left: expected a number or tests of one, found \"soon\""),
      InStep("expect: {match: {$.a: 1}, capture: {id: \"regex:id=[0-9]+\"}}",
             "8:50 id: the first group of the expression is what is read, and it has none; write it in parentheses, as "
             "in regex:id=([0-9]+)"),
  });
}

TEST(Mistakes, OfValuesAreRefusedWithWhatWasExpected) {
  ExpectRefused({
      InStep("expect: {match: {$.a: 1}, within: 5}",
             "8:43 within: expected a duration with a unit, found 5; write 5s or 5ms"),
      InStep("expect: {match: {$.a: 1}, within: soon}",
             "8:43 within: expected a duration with a unit such as 250ms, 3s, 5m or 1h, found \"soon\""),
      AtTop("stop_on_failure: 12", "4:18 stop_on_failure: expected a whole number, 1 to 9, found 12"),
      AtTop("stop_on_failure: yes", "4:18 stop_on_failure: expected a whole number, 1 to 9, found \"yes\""),
      AtTop("defaults: {inbox: {max_bytes: 100}}",
            "4:31 max_bytes: expected a size with a unit, found 100; write 100KiB or 100MiB"),
      AtTop("defaults: {inbox: {max_bytes: 65MiB}}", "4:31 max_bytes: expected at most 64MiB, found \"65MiB\""),
      AtTop("defaults: {unexpected: wran}",
            "4:24 unexpected: expected one of ignore, warn, fail, found \"wran\"; did you mean \"warn\"?"),
      AtTop("tags: [a b]", "4:8 tags: expected letters, digits, _ . -, found \"a b\""),
      AtTop("evidence: {redact: [\"(\"]}", "4:22 redact: missing ): ("),
      AtTop("data: {file: rows.txt}", "4:14 file: expected .csv or .jsonl, found \"rows.txt\""),
      InStep("send: {hex: abc}", "8:21 hex: expected pairs of hexadecimal digits"),
      InStep("send: {text: 3}", "8:22 text: expected a text, found 3; write \"3\""),
      InStep("send: {text: a, json: b}", "8:25 send has exactly one of json, text, hex, base64, file"),
      InStep("close: {code: 999}", "8:23 code: expected a whole number, 1000 to 4999, found 999"),
      InStep("close: {code: 1005}", "8:23 code: 1005 never stands in a close frame (RFC 6455, 7.4.1)"),
      InStep("expect: {match: {$.a: 1}, within: 0s}", "8:43 within: expected more than zero, found \"0s\""),
      InStep("ping: {within: 1s, max_time: 2s}", "8:38 max_time 2s can never be reached within 1s"),
      InStep("expect_all: {within: 1s, messages: [{match: {$.a: 1}, max_time: 3s}]}",
             "8:73 max_time 3s can never be reached within 1s"),
      InStep("http: {get: \"http://a:99999/\", expect: {status: 200}}",
             "8:22 get: \"http://a:99999/\": expected a port of 1 to 65535"),
      InStep("wait: 3", "8:15 wait: expected a duration with a unit, found 3; write 3s or 3ms"),
      InStep("http: {headers: {}}", "8:15 an http step has exactly one of get, post, put, patch, delete; found none"),
      InStep("id: 2nd\n        ping: {}", "8:13 id: expected a name of letters, digits and _, found \"2nd\""),
      InStep("expect: {match: {}}",
             "8:25 expected paths and what they must hold, such as {$.type: hello}, found a mapping"),
      InStep("expect: {match: {$.a: [1]}}",
             "8:31 $.a: expected a value or tests, found a list; write {eq: […]} or {in: […]}"),
      InStep("expect: {match: {$.a: {gt: x}}}", "8:36 gt: expected a number, found \"x\""),
  });
}

TEST(Mistakes, OfNamesThatAreTooLongAreCountedInCharacters) {
  const auto named = [](std::size_t characters) {
    std::string name;
    for (std::size_t i = 0; i < characters; ++i) name += "\xE6\x97\xA5";
    return Errors(
        TextBundle("version: wsfleet/v1\nname: " + name +
                   "\ntarget: ws://a\nscenarios: [{name: one, steps: [{connect: {path: /}}, {ping: {}}]}]\n"));
  };
  EXPECT_EQ(named(120), "");
  EXPECT_EQ(named(121), "2:7 name: expected 1 to 120 characters, found 121\n");
}

TEST(Mistakes, OfValuesThatAnEditorMarksAreRefused) {
  ExpectRefused({
      AtTop("targets: {a: {url: ws://a, tls: {cert: \"${secret.C}\", key: \"\"}}}",
            "4:61 key: a literal secret is refused; write ${secret.NAME} and pass --secret NAME=env:VARIABLE"),
      InStep("expect: {match: {opcode: 1}}", "8:34 opcode: expected one of text, binary, ping, pong, found 1"),
      InStep("expect: {match: {hex: 12}}",
             "8:31 hex: expected pairs of lower-case hexadecimal digits, found 12; write it in quotes"),
      InStep("connect: {path: /, as: b, refused: {any: [{}, {status: 401}]}}",
             "8:51 any: expected at least one key, found none"),
      InStep("connect: {path: /, as: b, proxy: \"http://a/b:80\"}",
             "8:43 proxy: expected a host, an IPv6 address in brackets"),
  });
}

TEST(Mistakes, OfKeysAreRefusedWithASuggestion) {
  ExpectRefused({
      InStep("expect: {mach: {$.a: 1}, match: {$.a: 1}}", "8:18 unknown key \"mach\"; did you mean \"match\"?"),
      InStep("expect: {match: {$.a: {regx: x}}}", "8:32 unknown key \"regx\"; did you mean \"regex\"?"),
      InStep("expect: {match: {txt: x}}",
             "8:26 unknown key \"txt\"; did you mean \"text\"?; expected a JSON path such as $.type, or text, hex, "
             "opcode"),
      AtTop("defaults: {phases: {resolv: 1s}}", "4:21 unknown key \"resolv\"; did you mean \"resolve\"?"),
      AtTop("scenario: []", "4:1 unknown key \"scenario\"; did you mean \"scenarios\"?"),
      InStep("connect: {path: /, refused: {class: auth}, expect: {header: {a: b}}}",
             "8:28 \"refused\" does not go with \"expect\""),
      AtTop("auth: {a: {token: x, ttl: 1m}}", "4:22 \"ttl\" goes with from; write it inside of jwt"),
      AtTop("auth: {a: {}}", "4:11 \"a\" needs exactly one of jwt, token, from"),
  });
}

TEST(Mistakes, OfNamesAreRefusedWithASuggestion) {
  ExpectRefused({
      {"      - connect: {path: /ws, auth: usr}\n      - ping: {}\n",
       "8:36 undefined credential \"usr\"; did you mean \"user\"?", "target: ws://a\nauth: {user: {token: x}}\n"},
      AtTop("auth: {a: {token: x}, b: {from: nobody}}", "4:33 undefined credential \"nobody\""),
      {kGood,
       "3:9 undefined target \"stagign\"; did you mean \"staging\"?; expected a ws:// or wss:// URL, or a name in "
       "targets",
       "target: stagign\ntargets: {staging: {url: ws://a}}\n"},
      InStep("send: {text: \"${data.user}\"}", "8:23 ${data.user}: this suite has no data"),
      InStep("send: {text: \"${env.HOME}\"}",
             "8:23 environment variable \"HOME\" is not named by any requires; add requires: [{env: HOME}]"),
      InStep("send: {text: \"${secret.K}\", capture: {a: \"regex:^(...)\"}}",
             "8:47 capture: expected a message without ${secret…}; what is cut out of one would not be redacted"),
      InStep("send: {json: {a: 1}, capture: {session: $.a}}", "8:40 \"session\" is reserved for templates"),
      {std::string(kConnect) + "      - send: {json: {a: 1}, capture: {room: $.a}}\n      - ping: {}\n",
       "9:40 \"room\" is a var or a matrix name; capture into another one", "target: ws://a\nvars: {room: lobby}\n"},
      AtTop("vars: {now: 1}", "4:8 \"now\" is reserved for templates"),
      {std::string(kConnect) + "      - id: a\n        ping: {}\n      - id: a\n        ping: {}\n",
       "10:13 step id \"a\" is used twice; the first is at 8:13"},
      InStep("expect: {match: {$.a: 1}, since: nothing}", "8:42 since: no step \"nothing\" comes before this one"),
      {"      - ping: {}\n", "7:9 no connection \"main\" is open here"},
      {kGood + "      - via: mian\n        ping: {}\n",
       "9:14 no connection \"mian\" is open here; did you mean \"main\"?"},
      {kGood + "      - close: {}\n      - ping: {}\n", "10:9 no connection \"main\" is open here"},
      {kGood + kConnect, "9:9 connection \"main\" is open already; close it before, or name this one with as"},
      {kGood + "      - reconnect: {}\n", "9:9 connection \"main\" is still open; drop or close it before reconnect"},
      InStep("via: main\n        wait: 1s", "8:14 via does not go with wait"),
  });
}

TEST(Mistakes, OfTemplatesAreRefusedWhereNoneMayStand) {
  ExpectRefused({
      InStep("expect: {match: {$.a: \"${secret.X}\"}}", "8:32 ${secret.X} is not allowed here"),
      AtTop("vars: {a: \"${secret.X}\"}", "4:12 ${secret.X} is not allowed here"),
      AtTop("vars: {a: \"${b}\", b: \"${a}\"}",
            "4:12 ${b}: a var can only name vars that are plain values, and \"b\" holds a template itself\n"
            "4:23 ${a}: a var can only name vars that are plain values, and \"a\" holds a template itself"),
      InStep("expect: {match: {$.a: 1}, within: \"${w}\"}", "8:44 within: ${w} is not allowed here"),
      InStep("expect: {match: {$.a: {regex: \"${w}\"}}}", "8:40 regex: ${w} is not allowed here"),
      InStep("expect: {name: \"${w}\", match: {$.a: 1}}", "8:25 name: ${w} is not allowed here"),
      InStep("id: \"${w}\"\n        ping: {}", "8:14 id: ${w} is not allowed here"),
      InStep("send: {json: {\"${w}\": 1}}", "8:24 ${w} is not allowed in a key"),
      InStep("send: {text: \"${w\"}", "8:23 \"${\" is not closed; write $${ for a literal ${"),
      AtTop("tags: [\"${w}\"]", "4:9 tags: ${w} is not allowed here"),
  });
}

TEST(Mistakes, OfStepsThatCannotWorkAreRefused) {
  ExpectRefused({
      InStep("ping: {within: 2s, max_time: 3s}", "8:38 max_time 3s can never be reached within 2s"),
      InStep("expect: {match: {$.a: 1}, max_time: 5s}", "8:45 max_time 5s can never be reached within 5s"),
      InStep("expect_all: {within: 1s, messages: [{name: a, match: {$.a: 1}, within: 2s}]}",
             "8:52 within 2s of a message is longer than the step's 1s"),
      InStep("expect_all: {messages: [{match: {$.a: 1}, capture: {oid: $.b}}, {match: {$.b: \"${oid}\"}}]}",
             "8:88 \"oid\" is captured in this expect_all; use expect_seq, or an expect before it"),
      InStep("repeat: {steps: [{ping: {}}]}", "8:17 repeat: expected times or for: when does it end?"),
      InStep("expect_none: {match: {$.a: 1}}", "8:22 expect_none: \"for\" is missing: for how long? write for: 1s"),
      InStep("send: {file: no.bin}", "8:22 file: there is no file \"no.bin\""),
      InStep("send: {file: ../no.bin}", "8:22 file: \"../no.bin\" lies outside of the folder that was given"),
      {kGood + "  - name: one\n    steps: [{http: {get: /, expect: {status: 200}}}]\n",
       "9:5 scenario name \"one\" is used twice; the first is at 5:5"},
      {kGood + "    matrix: {a: [1, 1]}\n", "9:21 matrix: 1 stands twice in a"},
      {kGood + "    concurrent: 2\n", "6:5 \"concurrent\" does not go with load (scenario \"one\")",
       "target: ws://a\nload: {model: sessions, stages: [{for: 1s, sessions: 1}]}\n"},
      {kGood, "1:1 no target; add target: wss://host", ""},
      AtTop("auth: {a: {from: b}, b: {from: a}}", "4:8 credential \"a\" derives from itself"),
  });
}

TEST(Mistakes, WhatNoFrameCanBeIsRefusedBeforeItIsWaitedFor) {
  ExpectRefused({
      InStep("expect: {match: {opcode: pnig}}",
             "8:34 opcode: expected one of text, binary, ping, pong, found \"pnig\"; did you mean \"ping\"?"),
      InStep("expect: {match: {opcode: {in: [text, close]}}}",
             "8:46 opcode: expected one of text, binary, ping, pong, found \"close\""),
      InStep("expect: {match: {hex: \"00FF\"}}",
             "8:32 hex: expected pairs of lower-case hexadecimal digits, found \"00FF\""),
      InStep("send: {opcode: pong, text: " + std::string(126, 'x') + "}",
             "8:15 opcode: a pong carries at most 125 bytes (RFC 6455, 5.5), found 126"),
      InStep("connect: {path: /, as: b, expect: {}}", "8:43 expect: expected at least one test"),
      InStep("connect: {path: /, as: b, expect: {header: {}}}", "8:52 header: expected at least one test"),
  });
}

// What the second round would find.
TEST(Mistakes, OfConnectionsInARepeatAreFoundBeforeTheSecondRound) {
  ExpectRefused({
      InStep("repeat: {times: 2, steps: [{connect: {path: /, as: b}}, {ping: {}, via: b}]}",
             "8:9 connection \"b\" is still open when the steps are repeated; close it at their end, or connect before "
             "the repeat"),
      InStep("repeat: {for: 5s, steps: [{ping: {}}, {close: {}}]}",
             "8:9 connection \"main\" is no longer open when the steps are repeated; close it after the repeat, or "
             "connect inside of it\n9:9 no connection \"main\" is open here"),
  });
}

TEST(Mistakes, OfCredentialsThatCannotDoWhatTheySay) {
  ExpectRefused({
      AtTop("auth: {good: {token: \"${secret.T}\"}, bad: {from: good, tamper: signature}}",
            "4:56 \"tamper\" changes a jwt, and \"good\" is a token"),
      AtTop("requires: [{http: {get: /health, auth: usr}}]", "4:40 undefined credential \"usr\""),
      AtTop("revision: {http: {get: /health, auth: usr}, from: $.a}", "4:39 undefined credential \"usr\""),
  });
}

TEST(Mistakes, OfTimesOfRequestsOutsideOfStepsAreFoundToo) {
  const std::string late = "max_time 3s can never be reached within 2s";
  ExpectRefused({
      AtTop("requires: [{http: {get: /, within: 2s, max_time: 3s}}]", "4:50 " + late),
      AtTop("revision: {http: {get: /, within: 2s, max_time: 3s}, from: $.a}", "4:49 " + late),
      AtTop("evidence: {logs: [{http: {get: /, within: 2s, max_time: 3s}}]}", "4:57 " + late),
      AtTop("targets: {t: {url: \"ws://a\", requires: [{http: {get: /, within: 2s, max_time: 3s}}]}}", "4:79 " + late),
  });
}

TEST(Mistakes, OfWhatCouldNeverHappen) {
  ExpectRefused({
      InStep("wait: 99999999999999h", "8:15 wait: expected at most 876000h, found \"99999999999999h\""),
      InStep("expect: {match: {$.a: {length: abc}}}", "8:40 length: expected a number or tests of one, found \"abc\""),
      InStep("expect: {match: {$.a: {length: {not: {in: [1, x]}}}}}",
             "8:55 length: expected a number or tests of one, found \"x\""),
      {"      - connect: {path: /, as: a, sequence: {path: $.seq, as: last}}\n      - ping: {}\n        via: a\n",
       "8:52 \"last\" is a var or a matrix name; capture into another one", "target: ws://a\nvars: {last: 1}\n"},
      {"      - connect: {path: /, auth: none, refused: {status: 401}}\n      - reconnect: {}\n      - ping: {}\n",
       "8:9 no connection \"main\" is known here"},
  });
  const auto proxy = [](const std::string& url, const std::string& expected) {
    return Mistake{"      - connect: {path: /, proxy: \"" + url + "\"}\n      - ping: {}\n",
                   "7:36 proxy: expected " + expected};
  };
  ExpectRefused({proxy("http://", "a port after the host"), proxy("socks5://host:0", "a port of 1 to 65535"),
                 proxy("http://:1", "a host, an IPv6 address in brackets")});
  const std::string suite = SuiteText(kGood);
  EXPECT_EQ(Errors(TextBundle("# a suite\n%YAML 1.1\n---\n" + suite)),
            "2:1 suites are YAML 1.2; leave this line out\n");
  EXPECT_EQ(Errors(TextBundle("%YAML 1.2\n---\n" + suite)), "");
}

TEST(Mistakes, OfTemplatesInAMatrixAreThoseThatHaveNoValueYet) {
  const auto cell = [](const std::string& text, const std::string& expected) {
    return Mistake{kGood + "    matrix: {room: [\"" + text + "\"]}\n", expected};
  };
  ExpectRefused({
      cell("a-${uuid}", "9:24 matrix: ${uuid} has no value before a session begins"),
      cell("${secret.A}", "9:22 ${secret.A} is not allowed here"),
      cell("${nobody}", "9:22 undefined variable \"nobody\""),
  });
}

TEST(Mistakes, AreNotListsThatAVariableHolds) {
  EXPECT_EQ(Errors(TextBundle(SuiteText(std::string(kConnect) + "      - expect: {match: {$.a: {in: \"${list}\"}}}\n",
                                        "target: ws://a\nvars: {list: [1, 2]}\n"))),
            "");
  ExpectRefused({InStep("expect: {match: {$.a: {in: 3}}}", "8:36 in: expected a list of values, found 3")});
}

TEST(Mistakes, OfLoadAndThresholdsAreRefusedAtTheFirstWrongCharacter) {
  const auto threshold = [](const std::string& expr, std::string expected) {
    return AtTop("thresholds: [{expr: '" + expr + "'}]", std::move(expected));
  };
  ExpectRefused({
      AtTop("load: {model: search, from: 1/s, to: 9/s}",
            "4:15 model: search needs thresholds; it looks for the highest rate that meets them"),
      AtTop("load: {model: sessions, stages: [{for: 1s, rate: 1/s, sessions: 1}]}",
            "4:44 \"rate\" does not go with model: sessions; use sessions"),
      AtTop("load: {model: arrival_rate, stages: [{for: 1s, rate: 50}]}",
            "4:54 rate: expected a rate such as 50/s, found 50"),
      threshold("conect p95 < 1s", "4:22 expected a metric, found \"conect\"; did you mean \"connect\"?"),
      threshold("connect p95 800ms", "4:34 expected < <= > >= == or != after \"p95\", found \"800ms\""),
      threshold("connect p95 < 800", "4:36 expected a duration such as 800ms after \"<\", found \"800\""),
      threshold("connect p100 < 1s",
                "4:30 expected a statistic of connect: pN, min, max, mean, success, count, rate, "
                "found \"p100\""),
      threshold("connect{name=a} p95 < 1s",
                "4:30 expected a label of connect: region, agent, scenario, found "
                "\"name=a}\""),
      threshold("sessions success > 99", "4:41 expected a percentage such as 99.5% after \">\", found \"99\""),
      threshold("sessions count == 1 over", "4:46 expected a duration after \"over\", found the end"),
      threshold("sessions count == 1 by host", "4:45 expected region, agent, scenario after \"by\", found \"host\""),
      threshold("sessions count == 1 often", "4:42 expected \"over\", \"by\" or the end after \"1\", found \"often\""),
  });
}

TEST(Mistakes, OfDataColumnsAreRefusedWithASuggestion) {
  Bundle bundle =
      TextBundle(SuiteText(std::string(kConnect) + "      - send: {text: \"${data.uesr}\"}\n      - ping: {}\n",
                           "target: ws://a\ndata: {file: rows.csv}\n"));
  bundle.files["rows.csv"] = "user,\"full, name\"\na,b\n";
  EXPECT_EQ(Errors(bundle), "9:23 undefined data column \"uesr\"; did you mean \"user\"?\n");
}

TEST(Mistakes, MoreThanSixtyFourLabelsAreRefused) {
  std::string steps = kConnect;
  for (int i = 0; i < 65; ++i) steps += fmt::format("      - expect: {{name: n{}, match: {{$.a: 1}}}}\n", i);
  EXPECT_TRUE(Errors(TextBundle(SuiteText(steps))).starts_with("72:24 \"n64\" is label 65 of this job"));
}

TEST(Mistakes, OfEveryKindAreSaidAtOnce) {
  const std::string text =
      "version: wsfleet/v1\nname: s\ntarget: ws://127.0.0.1:1\n"
      "auth:\n  user: {from: usr}\n"
      "scenarios:\n"
      "  - name: one\n    steps:\n      - conect: {path: /ws}\n"
      "  - name: two\n    steps:\n      - connect: {path: /ws, auth: usre}\n      - ping: {within: 1s, max_time: 2s}\n"
      "  - name: three\n    steps:\n      - connect: {path: \"/${nothing}\"}\n";
  EXPECT_EQ(Errors(TextBundle(text)),
            "5:16 undefined credential \"usr\"; did you mean \"user\"?\n"
            "9:9 unknown key \"conect\"; did you mean \"connect\"?\n"
            "12:36 undefined credential \"usre\"; did you mean \"user\"?\n"
            "13:38 max_time 2s can never be reached within 1s\n"
            "14:5 scenario \"three\" asserts nothing; add an expectation or `ping: {}`\n"
            "16:27 undefined variable \"nothing\"\n");
}

TEST(Mistakes, HaveNoFollowUpsWhereNamesCouldNotBeRead) {
  const std::string text =
      "version: wsfleet/v1\nname: s\ntarget: ws://127.0.0.1:1\n"
      "vars: [path]\nauth: [user]\n"
      "scenarios:\n"
      "  - name: one\n    requires: [{evn: STAGE}]\n    steps:\n      - ping: {}\n"
      "  - name: two\n    steps:\n      - connect: {path: \"${path}${env.STAGE}\", auth: user}\n      - ping: {}\n";
  EXPECT_EQ(Errors(TextBundle(text)),
            "4:7 vars: expected a mapping, found a list\n5:7 auth: expected a mapping, found a list\n"
            "8:17 unknown key \"evn\"; did you mean \"env\"?\n");
}

}  // namespace
}  // namespace wsfleet
