#include "tests/faults/canary_suites.h"

#include <utility>

#include "fmt/format.h"

namespace wsfleet::testing {
namespace {

// A suite that sends a secret in every field that takes one.
class FieldsSuite {
 public:
  FieldsSuite(const EchoTarget& echo, std::string log) : echo_(echo), log_(std::move(log)) {}

  std::string Text() {
    text_ = fmt::format(R"(version: wsfleet/v1
name: canary
vars: {{marker: none}}
targets:
  echo:
    url: "{}"
    headers: {{X-Everywhere: "${{secret.GIVEN}}", X-Marker: "${{marker}}"}}
target: echo
defaults: {{within: 2s}}
evidence:
  headers: [x-echo, set-cookie, location]
  logs:
    - http: {{get: "/ok/raw?trace=${{trace.id}}", headers: {{X-Canary: "${{secret.GIVEN}} ${{marker}} error"}}}}
    - file: "{}"
auth:
)",
                        echo_.url(), log_);
    for (const Origin& origin : Origins()) AddCredentials(origin.name);
    text_ += "scenarios:\n";
    for (const Origin& origin : Origins()) AddScenarios(origin.name);
    AddOdd();
    return text_;
  }

 private:
  static constexpr const char* kForms[] = {"raw", "base64", "base64url", "hex", "url", "json", "unicode", "jwt"};

  // "  - name: …" and its steps, in which ~ stands for the reference to the secret.
  void Add(const std::string& name, const std::string& secret, const std::vector<std::string>& steps) {
    text_ += fmt::format("  - name: {} {}\n    steps:\n", name, secret);
    for (std::string step : steps) {
      for (std::size_t at = step.find('~'); at != std::string::npos; at = step.find('~', at)) {
        step.replace(at, 1, "${secret." + secret + "}");
      }
      text_ += "      - " + step + "\n";
    }
  }

  void AddCredentials(const std::string& secret) {
    text_ += fmt::format(
        R"(  {0}_jwt: {{jwt: {{alg: HS256, key: "${{secret.{0}}}", kid: "${{secret.{0}}}", claims: {{note: "${{secret.{0}}}", open: "${{marker}}"}}}}}}
  {0}_query: {{token: "${{secret.{0}}}", in: query, param: x}}
  {0}_cookie: {{token: "${{secret.{0}}}", in: cookie, param: session}}
  {0}_header: {{token: "${{secret.{0}}}", in: header, param: X-Api-Key}}
  {0}_subprotocol: {{token: "${{secret.{0}}}", in: subprotocol, format: "t.{{token_base64url}}"}}
)",
        secret);
  }

  void AddScenarios(const std::string& secret) {
    const std::string fields = "headers: {X-Canary: \"~ ${marker}\"}";
    for (const char* form : kForms) {
      for (const auto& [place, auth] : {std::pair("body", "jwt"),
                                        {"field", "query"},
                                        {"phrase", "cookie"},
                                        {"close", "header"},
                                        {"deny", "subprotocol"},
                                        {"ping", "jwt"}}) {
        Add(fmt::format("{} {}", place, form), secret,
            {fmt::format("connect: {{path: \"/{}/{}?p=${{secret.PLAIN}}\", auth: {}_{}, {}, query: {{q: \"~\", m: "
                         "\"${{marker}}\"}}}}",
                         place, form, secret, auth, fields),
             "expect: {match: {$.never: true}, within: 200ms}"});
      }
      Add(fmt::format("frame {}", form), secret,
          {fmt::format("connect: {{path: \"/frame/{}\", auth: {}_jwt, {}}}", form, secret, fields),
           "send: {json: {password: \"~\", open: \"${marker}\"}}", "send: {text: \"~ ${marker}\"}",
           "expect: {match: {$.never: true}, within: 200ms}"});
      Add(fmt::format("http {}", form), secret,
          {fmt::format("http: {{post: \"/body/{}?p=${{secret.PLAIN}}\", auth: {}_cookie, {}, json: {{password: \"~\", "
                       "open: \"${{marker}}\"}}, "
                       "expect: {{status: 200}}}}",
                       form, secret, fields)});
    }
    Add("captured", secret,
        {fmt::format("http: {{get: /ok/raw, {}, capture: {{seen: \"regex:X-Canary: ([^\\r]*)\"}}}}", fields),
         "connect: {path: /frame/json, headers: {X-Canary: \"${seen}\"}}", "send: {text: \"${seen}\"}",
         "expect: {match: {text: {contains: never}}, assert: {text: \"${seen}\"}, within: 200ms}"});
    Add("text", secret, {"http: {post: /ok/base64, text: \"~ ${marker}\", expect: {text: \"${marker}\"}}"});
  }

  void AddOdd() {
    const std::string proxy = fmt::format("127.0.0.1:{}", echo_.port());
    Add("proxy", "PLAIN", {"connect: {path: /ok/raw, proxy: \"http://u:~@" + proxy + "\"}", "ping: {}"});
    Add("server name", "PLAIN",
        {"connect: {path: \"wss://" + proxy + "/\", tls: {server_name: \"~.example.com\"}}", "ping: {}"});
    Add("client key", "PEM",
        {"connect: {path: \"wss://" + proxy + "/\", tls: {ca: \"~\", cert: \"~\", key: \"~\"}}", "ping: {}"});
    Add("authority", "PEM", {"connect: {path: \"wss://" + proxy + "/\", tls: {ca: \"~\"}}", "ping: {}"});
    Add("reconnect", "GIVEN",
        {"connect: {path: /frame/raw}", "drop: {}",
         "reconnect: {attempts: 2, backoff: 1ms, headers: {X-Canary: \"~ ${marker}\"}, query: {again: \"~\"}}",
         "expect: {match: {$.never: true}, within: 200ms}"});
  }

  const EchoTarget& echo_;
  const std::string log_;
  std::string text_;
};

}  // namespace

const std::vector<Origin>& Origins() {
  static const auto* const kOrigins = new std::vector<Origin>{{"GIVEN", Canary("cAnArY4711givenXyZ")},
                                                              {"KEPT", Canary("cAnArY4712keptXyZw")},
                                                              {"OWN", Canary("cAnArY4713ownXyZwv")}};
  return *kOrigins;
}

const Canary& PlainCanary() {
  static const auto* const kPlain = new Canary("cAnArY4714plainXyZ");
  return *kPlain;
}

const Canary& PemCanary() {
  static const auto* const kPem = new Canary("cAnArY4715keyXyZwv");
  return *kPem;
}

const Canary& Marker() {
  static const auto* const kMarker = new Canary("mArKeR4716noSecret");
  return *kMarker;
}

std::string SuiteOfFields(const EchoTarget& echo, const std::string& log) { return FieldsSuite(echo, log).Text(); }

std::string SuiteOfFaults(hostile::Server& server, const EchoTarget& echo) {
  std::string text = fmt::format(R"(version: wsfleet/v1
name: faults
vars: {{marker: none}}
target: "{}"
defaults: {{within: 700ms, phases: {{resolve: 700ms, connect: 400ms, tls: 400ms, upgrade: 400ms, close: 200ms}}, inbox: {{max_frames: 50}}}}
evidence: {{headers: [x-echo]}}
auth:
  me: {{jwt: {{alg: HS256, key: "${{secret.KEPT}}", claims: {{note: "${{secret.OWN}}", open: "${{marker}}"}}}}}}
  key: {{jwt: {{alg: RS256, key: "${{secret.PEM}}"}}}}
scenarios:
)",
                                 echo.url());
  const auto add = [&](const std::string& name, const std::vector<std::string>& steps) {
    text += fmt::format("  - name: {}\n    deadline: 3s\n    steps:\n", name);
    for (const std::string& step : steps) text += "      - " + step + "\n";
  };
  const std::string with = "auth: me, headers: {X-Canary: \"${secret.GIVEN} ${marker}\"}";
  for (const hostile::Fault& fault : hostile::AllFaults()) {
    const std::string url = server.Start(fault) + hostile::PathOf(fault);
    const std::string tls = url.starts_with("wss") ? ", tls: {ca: authority.pem}" : "";
    std::vector<std::string> steps{fmt::format("connect: {{path: \"{}\", {}{}}}", url, with, tls)};
    if (fault.layer == hostile::Layer::kApplication) {
      steps.emplace_back(
          "expect_seq: {messages: [{match: {$.type: started}}, {match: {$.type: working}}, {match: {$.type: done}, "
          "assert: {$.count: 3}}], within: 400ms, unique: 100ms}");
      steps.emplace_back("expect_none: {match: {$.type: error}, for: 50ms}");
    } else {
      steps.emplace_back("ping: {within: 300ms}");
      steps.emplace_back("expect: {match: {$.type: never}, within: 300ms}");
    }
    add(fault.name, steps);
  }
  const std::string slow = "http: {get: /slow/raw, " + with + ", expect: {status: 200}, max_time: 1ms}";
  add("latency", {slow});
  add("status", {"http: {get: /body/hex, " + with + ", expect: {status: 200}}"});
  add("assertion", {"http: {get: /ok/json, " + with + ", expect: {json: {$.echo: other}}}"});
  add("not refused", {"connect: {path: /frame/raw, " + with + ", refused: {status: 401}}"});
  add("forbidden",
      {"connect: {path: /frame/json, " + with + "}", "expect_none: {match: {$.echo: {exists: true}}, for: 300ms}"});
  add("proxy", {fmt::format("connect: {{path: /frame/raw, {}, proxy: \"http://u:${{secret.PLAIN}}@127.0.0.1:{}\"}}",
                            with, echo.port()),
                "ping: {}"});
  // A host that is no name and no address, which nobody knows before a region is.
  add("guard", {"connect: {path: \"ws://${region}.7/\", " + with + "}", "ping: {}"});
  add("no key", {"connect: {path: /frame/raw, auth: key}", "ping: {}"});
  return text;
}

}  // namespace wsfleet::testing
