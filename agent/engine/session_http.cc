#include "absl/cleanup/cleanup.h"
#include "agent/engine/request_fields.h"
#include "agent/engine/session.h"
#include "agent/engine/steady_clock.h"
#include "core/base/text.h"
#include "core/session/awaited_message.h"
#include "core/value/json_text.h"
#include "fmt/format.h"
#include "re2/re2.h"

// The http step, and requirements and revisions, which are http too.
namespace wsfleet::engine {

boost::asio::awaitable<Session::Result> Session::Do(const HttpRequest& step) {
  auto addressed = Address(step.url, step.headers, step.auth);
  if (!addressed.ok()) co_return ConfigFailure(addressed.status());
  Placed placed = *std::move(addressed);
  if (absl::Status status = Place(step.auth, placed); !status.ok()) co_return ConfigFailure(status);
  HttpMessage message;
  message.method = step.method;
  if (step.json) {
    auto body = Expand(*step.json, scope_);
    if (!body.ok()) co_return ConfigFailure(body.status());
    message.body = CompactJson(*body);
    AddIfAbsent(placed.headers, "Content-Type", "application/json");
  } else if (step.text) {
    auto body = ExpandText(*step.text, scope_);
    if (!body.ok()) co_return ConfigFailure(body.status());
    message.body = *body;
  }
  AddIfAbsent(placed.headers, "Connection", "close");
  if (absl::Status status = CheckFields(placed.headers); !status.ok()) co_return ConfigFailure(status);
  const ConnectionSpec standard;
  if (absl::Status status = PrepareRoute(standard, placed); !status.ok()) co_return ConfigFailure(status);
  message.headers = std::move(placed.headers);

  const SteadyTime began = SteadyNow();
  DialOptions options;
  options.url = placed.url;
  options.tls = placed.tls;
  options.proxy = placed.proxy;
  options.guard = facts_.guard;
  options.share = facts_.share;
  options.caps = facts_.planned->suite->defaults.phases;
  options.deadline = std::min(deadline_, began + step.within.value_or(facts_.planned->suite->defaults.within));
  auto connection = std::make_shared<Connection>(executor_);
  http_ = connection.get();
  const auto done = absl::MakeCleanup([this] { http_ = nullptr; });
  HttpAnswer answer;
  answer.failure = co_await connection->Dial(std::move(options));
  if (answer.failure.ok()) answer = co_await connection->Exchange(std::move(message));
  AddProof(connection->facts());
  connection->Drop();
  NoteCredential(placed.credential, answer.head && answer.head->status < 400);
  RecordExchange(fmt::format("{} {}", step.method, placed.url.target), answer);
  Result failure = JudgeHttp(step, answer, SteadyNow() - began);
  if (failure) {
    failure->evidence.certificates = connection->facts().certificates;
    co_return failure;
  }
  const Payload payload(Opcode::kText, answer.body);
  for (const Capture& capture : step.capture) {
    auto value = ReadCapture(capture.source, payload, answer.head->headers);
    if (!value.ok()) {
      failure = MakeFailure(Phase::kHttp, ClassOfCapture(value.status()), std::string(ToStd(value.status().message())));
      failure->beyond_limit = failure->failure_class == FailureClass::kConfig;
      failure->range = capture.source.range;
      co_return failure;
    }
    scope_.Set(capture.variable, *std::move(value));
  }
  co_return std::nullopt;
}

Session::Result Session::JudgeHttp(const HttpRequest& step, const HttpAnswer& answer, absl::Duration elapsed) {
  if (!answer.failure.ok()) return FromWire(answer.failure, &answer);
  if (!answer.head) return MakeFailure(Phase::kHttp, FailureClass::kProtocol, "the answer has no head");
  if (step.expect) ++outcome_.assertions;
  if (!step.expect || !step.expect->status) {
    if (answer.head->status < 200 || answer.head->status > 299) {
      Failure failure =
          MakeFailure(Phase::kHttp, FailureClass::kHttpStatus,
                      fmt::format("expected a status of 2xx, found {} {}", answer.head->status, answer.head->reason));
      AddEvidence(failure, answer);
      return failure;
    }
  }
  if (step.expect) {
    if (Result failure = JudgeTests(*step.expect, answer, Phase::kHttp)) return failure;
  }
  if (step.max_time && elapsed > *step.max_time) {
    return MakeFailure(
        Phase::kHttp, FailureClass::kLatency,
        fmt::format("the answer took {}, expected at most {}", FormatElapsed(elapsed), DurationText(*step.max_time)));
  }
  return std::nullopt;
}

Session::Result Session::JudgeTests(const HttpExpect& expect, const HttpAnswer& answer, Phase phase) {
  const auto fail = [&](FailureClass failure_class, std::string message) {
    Failure failure = MakeFailure(phase, failure_class, std::move(message));
    failure.beyond_limit = failure_class == FailureClass::kConfig;
    AddEvidence(failure, answer);
    return failure;
  };
  if (expect.status) {
    auto status = Bind(*expect.status, scope_);
    if (!status.ok()) return ConfigFailure(status.status());
    const boost::json::value found(answer.head->status);
    if (!Holds(*status, found))
      return fail(FailureClass::kHttpStatus, fmt::format("status: {}", ExplainMismatch(*status, found)));
  }
  for (const auto& [name, test] : expect.headers) {
    auto predicate = Bind(test, scope_);
    if (!predicate.ok()) return ConfigFailure(predicate.status());
    const std::vector<boost::json::value> values = answer.head->All(name);
    std::vector<const boost::json::value*> selection;
    for (const boost::json::value& value : values) selection.push_back(&value);
    if (HoldsForSelection(*predicate, selection)) continue;
    return fail(FailureClass::kAssertion, fmt::format("header {}: {}", name, ExplainSelection(*predicate, selection)));
  }
  if ((expect.json || expect.text) && !answer.body_problem.ok()) return FromWire(answer.body_problem, &answer);
  const Payload payload(Opcode::kText, answer.body);
  if (expect.json) {
    auto selector = Bind(*expect.json, scope_);
    if (!selector.ok()) return ConfigFailure(selector.status());
    const auto mismatches = Mismatches(*selector, payload);
    // Those that our limits leave open come last.
    if (!mismatches.empty()) {
      const Mismatch& first = mismatches.front();
      return fail(first.is_open ? FailureClass::kConfig : FailureClass::kAssertion, first.explanation);
    }
  }
  if (expect.text) {
    auto predicate = Bind(*expect.text, scope_);
    if (!predicate.ok()) return ConfigFailure(predicate.status());
    const boost::json::value found(answer.body);
    if (!Holds(*predicate, found))
      return fail(FailureClass::kAssertion, fmt::format("text: {}", ExplainMismatch(*predicate, found)));
  }
  return std::nullopt;
}

boost::asio::awaitable<std::optional<Failure>> Session::Probe(const HttpRequest& http, const CaptureSource* from,
                                                              std::string* value) {
  HttpRequest request = http;
  if (from != nullptr) request.capture.push_back({"revision", *from});
  Result failure = co_await Do(request);
  if (failure) {
    redactor_.Apply(*failure);
    co_return failure;
  }
  if (from != nullptr) {
    const auto read = scope_.Lookup("revision");
    if (read.ok()) *value = redactor_.Apply(ValueAsText(*read));
  }
  co_return std::nullopt;
}

boost::asio::awaitable<LogExcerpt> Session::FetchLog(const HttpRequest& http, const LogWindow& window,
                                                     SteadyTime until) {
  // Logs are written a little after what they tell of.
  constexpr absl::Duration kPauses[] = {absl::Milliseconds(300), absl::Seconds(1)};
  const auto time = [](absl::Time at) {
    return boost::json::value(absl::FormatTime("%Y-%m-%d%ET%H:%M:%E3SZ", at, absl::UTCTimeZone()));
  };
  scope_.Set("trace.id", boost::json::value(window.trace_id));
  scope_.Set("window.start", time(window.start));
  scope_.Set("window.end", time(window.end));
  deadline_ = until;
  HttpRequest request = http;
  CaptureSource whole;
  whole.kind = CaptureSource::Kind::kRegex;
  whole.regex = std::make_shared<const re2::RE2>("(?s)^(.*)$");
  request.capture.push_back({"log", whole});
  LogExcerpt excerpt;
  std::string all;  // that the excerpt is of
  for (std::size_t round = 0;; ++round) {
    const Result failure = co_await Do(request);
    const absl::StatusOr<boost::json::value> text = scope_.Lookup("log");
    if (!failure && text.ok()) {
      all = ValueAsText(*text);
      excerpt = PickLogLines(all, window.trace_id, window.start, window.end);
    } else if (failure && excerpt.lines.empty()) {
      excerpt.problem = failure->message;
    }
    // What names an error is often written after the line with the trace id.
    const bool found = NamesAnError(excerpt) || (excerpt.same_request && round > 0);
    if (found || failure || cancelled_ || round == std::size(kPauses) || SteadyNow() + kPauses[round] > until) break;
    const SteadyTime next = SteadyNow() + kPauses[round];
    while (SteadyNow() < next && !cancelled_) co_await WaitUntil(next);
  }
  if (excerpt.same_request) {
    // What stands before the request's first line may be of any time.
    const std::string_view since = std::string_view(all).substr(all.find(window.trace_id));
    excerpt = OrOfSameTime(std::move(excerpt), since, window.start, window.end);
  }
  if (excerpt.lines.empty() && excerpt.problem.empty()) excerpt.problem = "no lines";
  excerpt.source = fmt::format("{} {}", http.method, http.url.source_text());
  redactor_.Apply(excerpt);
  co_return excerpt;
}

}  // namespace wsfleet::engine
