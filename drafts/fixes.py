import sys
def sub(path, old, new, count=1):
    t=open(path).read(); assert old in t, (path, old); open(path,'w').write(t.replace(old,new,count))
A='agent/engine/'
def f1():
    P=A+'shard_target.cc'
    sub(P,'''    ChosenTarget candidate;
    candidate.target = target;
    const SessionScope scope''','''    last.reset();  // that of the one before says nothing of this one
    ChosenTarget candidate;
    candidate.target = target;
    const SessionScope scope''')
    sub(P,'''    if (last && suite.target_candidates.size() > 1 && &target != &suite.target_candidates.back()) {
      last.reset();
      continue;
    }
    if (last) break;
''','''    if (last) continue;
''')
def f2():
    P=A+'session_messages.cc'
    sub(P,'''  const std::shared_ptr<NamedConnection> connection = current_;
  bool written = false;
  if (!connection->inbox.end() && pong) {''','''  const std::shared_ptr<NamedConnection> connection = current_;
  const absl::Duration within = facts_.planned->suite->defaults.within;
  const PhaseTimer timer(executor_, std::min(deadline_, SteadyNow() + within), [connection] { Cut(*connection); });
  bool written = false;
  if (!connection->inbox.end() && pong) {''')
    sub(P,'''  if (Result stop = Interrupted()) co_return stop;
  const std::uint16_t code =''','''  if (Result stop = Interrupted()) co_return stop;
  if (timer.expired()) {
    co_return MakeFailure(
        Phase::kMessage, FailureClass::kDeadline,
        fmt::format("the message was not written within {}: the target does not read", DurationText(within)));
  }
  const std::uint16_t code =''')
    sub(P,'''constexpr std::size_t kMaxPongs = 1000;  // unsolicited ones are a peer's choice
''','''constexpr std::size_t kMaxPongs = 1000;  // unsolicited ones are a peer's choice

// A write that waits for a peer which does not read ends with TCP only.
void Cut(NamedConnection& connection) {
  connection.close_asked = true;
  connection.wire.Drop();
}
''')
    sub(P,'#include "agent/engine/session.h"\n','#include "agent/engine/phase_timer.h"\n#include "agent/engine/session.h"\n')
    sub(P,'''  if (!end) co_await connection->wire.Ping(payload);
  while (!connection->pongs.contains(payload)) {
    if (stream_failure_) co_return stream_failure_;
    if (end) {''','''  bool written_in_time = true;
  if (!end) {
    const PhaseTimer timer(executor_, until, [connection] { Cut(*connection); });
    co_await connection->wire.Ping(payload);
    written_in_time = !timer.expired();
  }
  while (!connection->pongs.contains(payload)) {
    if (stream_failure_) co_return stream_failure_;
    if (end && written_in_time) {''')
def f3():
    P=A+'session_connect.cc'
    sub(P,'''                                                                Result& failure) {
  auto prepared''','''                                                                Result& failure) {
  if (const auto found = connections_.find(connection->name()); found != connections_.end()) {
    NamedConnection& before = *found->second;
    if (IsInUse(before)) {
      failure = ConfigFailure(absl::FailedPreconditionError(fmt::format(
          "connection \"{}\" is still open; close it or drop it before it is opened again", before.name())));
      co_return std::nullopt;
    }
    // Nothing can look at it any more, and the session waits for whatever still reads.
    before.wire.Drop();
    AddProof(before);
  }
  auto prepared''')
    sub(P,'''  std::shared_ptr<NamedConnection>& place = connections_[connection->name()];
  if (place) AddProof(*place);
  place = current_ = connection;
''','''  connections_[connection->name()] = current_ = connection;
''')
    sub(P,'''bool AsksForClose(''','''bool IsInUse(const NamedConnection& connection) {
  return connection.wire.is_open() && !connection.close_asked && !connection.end_expected;
}

bool AsksForClose(''')
def f9():
    P=A+'shard_target.cc'
    sub(P,'''  if (chosen.revision.empty() || result.outcome != Outcome::kPassed) co_return;
''','''  if (chosen.revision.empty() || cancelled_) co_return;
''')
    sub(P,'''  result.failure = std::move(failure);
  result.outcome = Outcome::kInconclusive;
}''','''  if (result.failure) {  // which stays: it says more
    result.failure->notes.push_back({"revision", failure->message});
    co_return;
  }
  result.failure = std::move(failure);
  result.outcome = Outcome::kInconclusive;
  result.skip_reason = SkipReason::kNone;
  result.skip_detail.clear();
}''')
def f10():
    P=A+'session_messages.cc'
    sub(P,'''  if (connection->inbox.end()) co_return std::nullopt;
  connection->close_asked = true;
''','''  const std::optional<ConnectionEnd>& end = connection->inbox.end();
  // Two normal closes may cross; any other one of the target is not what this step is about.
  if (end && end->code == kNormalClosure) co_return std::nullopt;
  if (end) co_return EndedBadly(*end, "before it was asked to");
  connection->close_asked = true;
''')
    sub(P,'''  while (!connection->inbox.end() && SteadyNow() < until && !cancelled_) co_await WaitUntil(until);
  if (connection->inbox.end()) co_return std::nullopt;
  co_return MakeFailure(Phase::kClose''','''  while (!end && SteadyNow() < until && !cancelled_) co_await WaitUntil(until);
  if (stream_failure_) co_return stream_failure_;
  if (end && end->code == kNoCloseFrame) co_return EndedBadly(*end, "without an answering close frame");
  if (end) co_return std::nullopt;
  co_return MakeFailure(Phase::kClose''')
    sub(P,'''constexpr std::uint64_t kMaxUnexpectedShown''','''constexpr std::uint16_t kNormalClosure = 1000, kNoCloseFrame = 1006;
constexpr std::uint64_t kMaxUnexpectedShown''')
    sub(P,'''}  // namespace

boost::asio::awaitable<void> Session::WaitUntil''','''Failure EndedBadly(const ConnectionEnd& end, std::string_view how) {
  const std::string reason = end.reason.empty() ? std::string() : fmt::format(" \\"{}\\"", Printable(end.reason));
  Failure failure;
  failure.phase = Phase::kClose;
  failure.failure_class = FailureClass::kClose;
  failure.message = fmt::format("the connection ended with {}{} {}", end.code, reason, how);
  return failure;
}

}  // namespace

boost::asio::awaitable<void> Session::WaitUntil''')
    sub('CHANGELOG.md','''- `validate` refuses an opcode''','''- A `close` that the target answers by ending TCP, or that comes after another close of the target than 1000, fails as `close`.
- `validate` refuses an opcode''')
def f15():
    P=A+'session_messages.cc'
    sub(P,'''  const std::shared_ptr<NamedConnection> connection = current_;
  const std::optional<ConnectionEnd>& end = connection->inbox.end();
  // Two normal''','''  if (reason->size() > kMaxReason) {
    co_return ConfigFailure(absl::InvalidArgumentError(
        fmt::format("a close reason holds at most {} bytes (RFC 6455, 5.5), found {}", kMaxReason, reason->size())));
  }
  const std::shared_ptr<NamedConnection> connection = current_;
  const std::optional<ConnectionEnd>& end = connection->inbox.end();
  // Two normal''')
    sub(P,'''constexpr std::size_t kMaxControl = 125;  // RFC 6455, 5.5
''','''constexpr std::size_t kMaxControl = 125;  // RFC 6455, 5.5
constexpr std::size_t kMaxReason = kMaxControl - 2;  // behind the code
''')
def f14():
    P=A+'session_connect.cc'
    sub(P,'''    AddProof(before);
  }
''','''    AddProof(before);
    failure = JudgeLeftovers(before);
    if (failure) co_return std::nullopt;
  }
''')
    sub(P,'''    connection->close_asked = true;
    connection->wire.Drop();
    while (SteadyNow() < next && !cancelled_) co_await WaitUntil(next);
''','''    connection->close_asked = connection->end_expected = true;
    connection->wire.Drop();
    while (SteadyNow() < next && !cancelled_) co_await WaitUntil(next);
    connection->inbox.Release(SteadyNow() + absl::Nanoseconds(1));  // of an attempt that failed nothing is judged
''')
    sub('CHANGELOG.md','''- `validate` refuses an opcode''','''- `unexpected` judges what came over a connection before a `reconnect` too.
- `validate` refuses an opcode''')
def f16():
    P=A+'session_connect.cc'
    sub(P,'''  request.credential = *name;
  const std::string value = FormatToken(*credential, token->second);
  switch (credential->place) {
    case CredentialPlace::kHeader:
      request.headers.push_back({credential->parameter, value});
      break;''','''  const std::string value = FormatToken(*credential, token->second);
  if (credential->place == CredentialPlace::kHeader && !AddIfAbsent(request.headers, credential->parameter, value)) {
    outcome_.warnings.push_back(fmt::format("credential {} was not sent: there is a header {} of the author's own", *name,
                                            credential->parameter));
    return absl::OkStatus();
  }
  request.credential = *name;
  switch (credential->place) {
    case CredentialPlace::kHeader:
      break;''')
    sub(P,'''      request.headers.push_back({"Cookie", fmt::format("{}={}", credential->parameter, value)});
      break;''','''      AddCookie(request.headers, fmt::format("{}={}", credential->parameter, value));
      break;''')
    sub(P,'''    const auto same = [&field = name](const HeaderField& other) {
      return absl::EqualsIgnoreCase(ToAbsl(other.name), ToAbsl(field));
    };
    std::erase_if(placed.headers, same);
    placed''','''    std::erase_if(placed.headers, [&field = name](const HeaderField& other) { return IsNamed(other, field); });
    placed''')
    sub(P,'''  placed.headers.push_back({"User-Agent", "wsfleet"});
  if (!trace_id_.empty()) {
    placed.headers.push_back({"traceparent", fmt::format("00-{}-{}-01", trace_id_, RandomHex(8))});
''','''  AddIfAbsent(placed.headers, "User-Agent", "wsfleet");
  if (!trace_id_.empty()) {
    AddIfAbsent(placed.headers, "traceparent", fmt::format("00-{}-{}-01", trace_id_, RandomHex(8)));
''')
    H='session_http.cc'
    sub(A+H,'''    placed.headers.push_back({"Content-Type", "application/json"});''','''    AddIfAbsent(placed.headers, "Content-Type", "application/json");''')
    open(A+'request_parts.h','w').write('''#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/match/selector.h"

// What a request has once, whoever adds to it.
namespace wsfleet::engine {

bool IsNamed(const HeaderField& field, std::string_view name);

// False, and nothing is added: there is a field of that name.
bool AddIfAbsent(std::vector<HeaderField>& fields, std::string_view name, std::string value);

// A request has one Cookie field at the most (RFC 6265, 5.4): the one that is there gets one more pair.
void AddCookie(std::vector<HeaderField>& fields, std::string_view pair);

// Takes all parameters of this name out of the query of a path.
void RemoveQuery(std::string& target, std::string_view name);

}  // namespace wsfleet::engine
''')
    open(A+'request_parts.cc','w').write('''#include "agent/engine/request_parts.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "absl/strings/match.h"
#include "core/base/text.h"

namespace wsfleet::engine {
namespace {

// RFC 3986, 2.1; what is no escape stays as it is.
std::string PercentDecode(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    unsigned char byte = 0;
    const char* const digits = text.data() + at + 1;
    const bool escape = text[at] == '%' && text.size() - at > 2;
    if (escape && std::from_chars(digits, digits + 2, byte, 16).ptr == digits + 2) {
      out += static_cast<char>(byte);
      at += 2;
    } else {
      out += text[at];
    }
  }
  return out;
}

}  // namespace

bool IsNamed(const HeaderField& field, std::string_view name) {
  return absl::EqualsIgnoreCase(ToAbsl(field.name), ToAbsl(name));
}

bool AddIfAbsent(std::vector<HeaderField>& fields, std::string_view name, std::string value) {
  if (std::ranges::any_of(fields, [&](const HeaderField& field) { return IsNamed(field, name); })) return false;
  fields.push_back({std::string(name), std::move(value)});
  return true;
}

void AddCookie(std::vector<HeaderField>& fields, std::string_view pair) {
  const auto cookie = std::ranges::find_if(fields, [](const HeaderField& field) { return IsNamed(field, "Cookie"); });
  if (cookie == fields.end()) {
    fields.push_back({"Cookie", std::string(pair)});
    return;
  }
  if (!cookie->value.empty()) cookie->value += "; ";
  cookie->value += pair;
}

void RemoveQuery(std::string& target, std::string_view name) {
  const std::size_t question = target.find('?');
  if (question == std::string::npos) return;
  std::string_view left = std::string_view(target).substr(question + 1);
  std::string kept;
  while (!left.empty()) {
    const std::string_view parameter = left.substr(0, left.find('&'));
    left.remove_prefix(std::min(left.size(), parameter.size() + 1));
    if (PercentDecode(parameter.substr(0, parameter.find('='))) == name) continue;
    kept += kept.empty() ? '?' : '&';
    kept += parameter;
  }
  target.replace(question, std::string::npos, kept);
}

}  // namespace wsfleet::engine
''')
    sub(P,'#include "agent/engine/session.h"\n','#include "agent/engine/request_parts.h"\n#include "agent/engine/session.h"\n')
    sub(A+H,'#include "agent/engine/session.h"\n','#include "agent/engine/request_parts.h"\n#include "agent/engine/session.h"\n')
    c=open(A+'CMakeLists.txt').read()
    assert 'proxy.cc\n' in c
    import re
    c=re.sub(r'(\n\s*)proxy\.cc\n', r'\1proxy.cc\1request_parts.cc\n', c); open(A+'CMakeLists.txt','w').write(c)
    sub('CHANGELOG.md','''- `validate` refuses an opcode''','''- A request has each header once: the author's own goes over ours (a credential that yields to it is warned of), cookies share one line.
- `validate` refuses an opcode''')
def f8():
    P='core/verdict/summary.cc'
    sub(P,'''struct RegionTally {''','''// "suite: agents chose different targets: local in us, stage in eu", for each suite of which that is so. The address of
// one target may be another in each region; one that has no name is what it is an address of.
std::vector<std::string> DifferentTargets(std::span<const RegionResult> regions) {
  std::map<std::string, std::map<std::string, std::set<std::string>>> chosen;  // by suite and target: in which regions
  for (const RegionResult& region : regions) {
    for (const CaseResult& result : region.cases) {
      const std::string& target = result.target_name.empty() ? result.target : result.target_name;
      if (result.outcome == Outcome::kSkipped || target.empty()) continue;
      chosen[result.suite][target].insert(region.region.value());
    }
  }
  std::vector<std::string> out;
  for (const auto& [suite, targets] : chosen) {
    if (targets.size() < 2) continue;
    std::string list;
    for (const auto& [target, where] : targets) {
      list += fmt::format("{}{} in {}", list.empty() ? "" : ", ", target, fmt::join(where, " and "));
    }
    out.push_back(fmt::format("{}: agents chose different targets: {}", suite, list));
  }
  return out;
}

struct RegionTally {''')
    sub(P,'''  summary.failures = Attribute(regions);
''','''  // Passes of two targets are a pass of neither; a failure is one wherever it happened.
  for (std::string& reason : DifferentTargets(regions)) {
    if (summary.verdict == JobVerdict::kPassed) summary.verdict = JobVerdict::kInconclusive;
    summary.reasons.push_back(std::move(reason));
  }
  summary.failures = Attribute(regions);
''')
    sub(P,'#include "fmt/format.h"\n','#include "fmt/format.h"\n#include "fmt/ranges.h"\n')
    sub('core/verdict/summary.h','''// few regions passed → kInconclusive; nothing passed at all → kInconclusive; else kPassed.''','''// few regions passed → kInconclusive; nothing passed at all → kInconclusive; agents chose different targets for one
// suite → kInconclusive; else kPassed.''')
    sub('CHANGELOG.md','''- `validate` refuses an opcode''','''- A run whose agents chose different targets for one suite is inconclusive, and says which in which region.
- `validate` refuses an opcode''')
def f19():
    P=A+'session_connect.cc'
    sub(P,'''    const auto value = seen.find(name);
    if (value == seen.end()) return fail(Phase::kTls, fmt::format("tls {}: there is none", name));
    if (!Holds(*predicate, value->second)) {
      return fail(Phase::kTls, fmt::format("tls {}: {}", name, ExplainMismatch(*predicate, value->second)));
    }
  }''','''    const auto value = seen.find(name);
    std::vector<const boost::json::value*> selection;
    if (value != seen.end()) selection.push_back(&value->second);
    if (HoldsForSelection(*predicate, selection)) continue;
    const std::string why = selection.empty() ? fmt::format("expected {}, found none", Describe(*predicate))
                                              : ExplainMismatch(*predicate, value->second);
    return fail(Phase::kTls, fmt::format("tls {}: {}", name, why));
  }''')
def f17():
    P=A+'shard_target.cc'
    sub(P,'''    if (known && (Holds(predicate, json) || (number.is_number() && Holds(predicate, number)))) continue;
''','''    const auto holds = [&](const boost::json::value& label) {
      std::vector<const boost::json::value*> selection;
      if (known) selection.push_back(&label);
      return HoldsForSelection(predicate, selection);
    };
    if (holds(json) || (number.is_number() && holds(number))) continue;
''')
    sub(P,'''    boost::json::value json(value);
''','''    const boost::json::value json(value);
''')
def f22():
    P=A+'dialer.cc'
    sub(P,'''                            fmt::format("{} does not resolve: {}", host, resolution.reason)};''','''                            fmt::format("{}{} does not resolve: {}", Whose(*options_), host, resolution.reason)};''')
    sub(P,'''    co_return WireFailure{Phase::kConnect, FailureClass::kTcp, cancelled_ ? "connecting was cancelled" : last};''','''    if (cancelled_) co_return WireFailure{Phase::kConnect, FailureClass::kTcp, "connecting was cancelled"};
    const FailureClass missing = options_->proxy.empty() ? FailureClass::kTcp : FailureClass::kProxy;
    co_return WireFailure{Phase::kConnect, missing, fmt::format("{}{}", Whose(*options_), last)};''')
    sub(P,'''WireFailure GuardFailure(''','''// Before an address in a message: whose it is.
std::string_view Whose(const DialOptions& options) { return options.proxy.empty() ? "" : "the proxy "; }

WireFailure GuardFailure(''')
    sub('CHANGELOG.md','''- `validate` refuses an opcode''','''- A proxy that cannot be reached is class `proxy`, and the message says that the address is the proxy's.
- `validate` refuses an opcode''')
def f21():
    P=A+'session.cc'
    sub(P,'''  if (!failure.range.known()) failure.range = step.range;
  if (failure.step.empty())''','''  if (!failure.range.known()) failure.range = step.range;
  const bool complete = !failure.step.empty();  // by a step of the loop that `step` is
  if (failure.step.empty())''')
    sub(P,'''    if (current_->messages_in == 0 && (*code == 1008''','''    const bool about_close =
        std::holds_alternative<ExpectCloseStep>(step.action) || std::holds_alternative<CloseStep>(step.action);
    if (!complete && !about_close && current_->messages_in == 0 &&
        (*code == 1008''')
def f25():
    P=A+'session_connect.cc'
    sub(P,'''    if (absl::Status status = add_query(again->query); !status.ok()) return status;
''','''    for (const auto& [name, text] : again->query) RemoveQuery(placed.url.target, name);
    if (absl::Status status = add_query(again->query); !status.ok()) return status;
''')
    P='core/session/expect_close.cc'
    sub(P,'''    const boost::json::value code(end.code);
''','''    if (!anchor().whole_inbox && end.at < anchor().frames_after) {
      Failure failure = CloseFailure(end, fmt::format("before `{}`", since_));
      failure.phase = Phase::kClose;
      return Fail(std::move(failure), {});
    }
    const boost::json::value code(end.code);
''')
    sub('CHANGELOG.md','''- `validate` refuses an opcode''','''- `reconnect.query` replaces parameters of the same name; `expect_close` with `since` takes no close from before it.
- `validate` refuses an opcode''')
for name in sys.argv[1:]: globals()['f'+name]()
