#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agent/engine/named_connection.h"
#include "agent/engine/placed_request.h"
#include "agent/engine/session_outcome.h"
#include "agent/engine/session_scope.h"
#include "boost/asio/awaitable.hpp"
#include "boost/asio/steady_timer.hpp"
#include "core/session/expectation.h"
#include "core/session/reach.h"
#include "core/verdict/redactor.h"

namespace wsfleet::engine {

// One session of a scenario: its steps one after the other, on one or several WebSocket connections. Lives on the
// engine's thread; must outlive Run().
class Session {
 public:
  // `facts` as for SessionScope; `base`: the target's URL, resolved.
  Session(boost::asio::any_io_executor executor, SessionFacts facts, Url base);
  ~Session();

  boost::asio::awaitable<SessionOutcome> Run();
  // Runs one http request outside of a scenario: a requirement, or the revision. `value` is what `from` reads.
  boost::asio::awaitable<std::optional<Failure>> Probe(const HttpRequest& http, const CaptureSource* from,
                                                       std::string* value);
  // Asks the target's own log after a failure of another session, again until something names an error or `until`.
  boost::asio::awaitable<LogExcerpt> FetchLog(const HttpRequest& http, const LogWindow& window, SteadyTime until);
  // Called with the name of each step that begins; set before Run().
  void OnStep(std::function<void(std::string_view)> handler) { on_step_ = std::move(handler); }
  // Ends it: a close frame (1001) if it can be written at once, then TCP is cut.
  void Cancel();

 private:
  using Result = std::optional<Failure>;  // nothing: the step holds

  boost::asio::awaitable<Result> RunSteps(const std::vector<Step>& steps, bool loops);
  boost::asio::awaitable<Result> RunStep(const Step& step);
  boost::asio::awaitable<Result> Do(const HttpRequest& step);
  boost::asio::awaitable<Result> Do(const ConnectStep& step);
  boost::asio::awaitable<Result> Do(const SendStep& step);
  boost::asio::awaitable<Result> Do(const ExpectStep& step);
  boost::asio::awaitable<Result> Do(const ExpectManyStep& step);
  boost::asio::awaitable<Result> Do(const ExpectNoneStep& step);
  boost::asio::awaitable<Result> Do(const ExpectCloseStep& step);
  boost::asio::awaitable<Result> Do(const PingStep& step);
  boost::asio::awaitable<Result> Do(const CloseStep& step);
  boost::asio::awaitable<Result> Do(const WaitStep& step);
  boost::asio::awaitable<Result> Do(const RepeatStep& step);
  boost::asio::awaitable<Result> Do(const ReconnectStep& step);
  boost::asio::awaitable<Result> Do(const DropStep& step);

  // session_request.cc
  using Placed = PlacedRequest;
  using Headers = std::vector<std::pair<std::string, Template>>;
  absl::Status Place(const Template& auth, Placed& request);
  // A later field of one name goes over an earlier one.
  absl::Status AddHeaders(const Headers& headers, Placed& placed);
  // What a reconnect adds to the connect that it repeats; null for the connect itself.
  absl::StatusOr<Placed> Prepare(const ConnectionSpec& spec, const ReconnectStep* again);
  // URL, the target's headers and these, and the trace context.
  absl::StatusOr<Placed> Address(const Template& reference, const Headers& headers, const Template& auth);
  // Their own settings, over those of the target where it is its origin.
  absl::StatusOr<TlsOptions> PrepareTls(const TlsSpec& spec, bool own_origin);
  absl::Status PrepareRoute(const ConnectionSpec& spec, Placed& placed);
  // session_connect.cc
  // Before its name is given to another connection.
  Result Leave(NamedConnection& before);
  // Dials and upgrades `connection`, and makes it that of its name. Nothing if a template gave no value: see `failure`.
  boost::asio::awaitable<std::optional<HttpAnswer>> Open(std::shared_ptr<NamedConnection> connection,
                                                         const ReconnectStep* again, SteadyTime until, Result& failure);
  Result JudgeExpect(const ConnectExpect& expect, const HttpAnswer& answer);
  Result JudgeConnect(const ConnectStep& step, const HttpAnswer& answer, absl::Duration elapsed);
  boost::asio::awaitable<Result> JudgeRefusal(const ConnectStep& step, HttpAnswer answer, SteadyTime until);

  // session_http.cc
  Result JudgeHttp(const HttpRequest& step, const HttpAnswer& answer, absl::Duration elapsed);
  Result JudgeTests(const HttpExpect& expect, const HttpAnswer& answer, Phase phase);

  // session_messages.cc
  // Hands on how long they took, whatever became of the step.
  void NoteEvents(const std::vector<MatchedMessage>& matched) const;
  boost::asio::awaitable<Result> Await(absl::StatusOr<std::unique_ptr<Expectation>> expectation);
  boost::asio::awaitable<void> ReadFrames(std::shared_ptr<NamedConnection> connection);
  // One frame or the end; false after the end.
  bool Receive(NamedConnection& connection, Incoming incoming);
  boost::asio::awaitable<void> WaitUntil(SteadyTime time);
  Anchor AnchorOf(const std::string& since) const;
  // `defaults.unexpected`: frames that no step to come can look at, and an end that no step asked for.
  Result JudgeReleased(const std::vector<ReceivedFrame>& released);
  Result ReleaseUnreachable();
  void MakeRoom(NamedConnection& connection, const ReceivedFrame& next);
  void EndConnection(NamedConnection& connection, const Incoming& incoming, SteadyTime now);
  Result JudgeLeftovers(NamedConnection& connection);
  boost::asio::awaitable<Result> JudgeEnd();
  // Ends those that are open, politely if so told, and waits until nothing reads any more.
  boost::asio::awaitable<void> CloseAll(bool politely);
  absl::StatusOr<std::string> BytesOf(const SendStep& step) const;

  Failure MakeFailure(Phase phase, FailureClass failure_class, std::string message) const;
  Failure ConfigFailure(const absl::Status& status) const;
  Failure FromWire(const WireFailure& wire, const HttpAnswer* answer) const;
  void AddEvidence(Failure& failure, const HttpAnswer& answer) const;
  void Complete(Failure& failure, const Step& step);
  void NoteCredential(const CredentialUse& use, bool accepted);
  void CountMessage(bool inbound, Opcode opcode);
  void Record(const NamedConnection& on, bool inbound, std::string_view kind, std::string_view payload);
  // Request and answer, as far as they went over the wire. `request`: "GET /ws (upgrade)"; of a connection, or of none.
  void RecordExchange(std::string_view request, const HttpAnswer& answer, const std::string& connection = {});
  // In the order of time: other connections' frames may have come since.
  void Insert(TranscriptEntry entry);
  void AddProof(const WireFacts& facts);
  void AddProof(NamedConnection& connection);
  Result Interrupted();

  boost::asio::any_io_executor executor_;
  SessionFacts facts_;
  Url base_;
  SessionScope scope_;
  Redactor redactor_;
  std::map<std::string, std::string> tokens_;  // by credential: minted once
  std::string trace_id_;
  SteadyTime began_;
  SteadyTime deadline_;
  SteadyTime last_end_;  // of the step before
  std::map<std::string, SteadyTime> anchors_;
  std::vector<StepPosition> path_;  // the lists of steps that are under way
  std::function<void(std::string_view)> on_step_;
  std::uint64_t unexpected_ = 0;  // frames so far
  std::map<std::string, std::shared_ptr<NamedConnection>> connections_;
  std::shared_ptr<NamedConnection> current_;               // that of the step under way; null before the first
  Connection* http_ = nullptr;                             // of the http step that is under way
  const Expectation* waiting_ = nullptr;                   // of the step that waits
  std::optional<Failure> stream_failure_;                  // protocol error or overflow: ends the session
  std::vector<std::shared_ptr<NamedConnection>> reading_;  // those that a coroutine reads
  bool cancelled_ = false;
  bool refused_ = false;  // as a step asked for
  boost::asio::steady_timer wake_;
  SessionOutcome outcome_;
  std::vector<TranscriptEntry> transcript_;
};

}  // namespace wsfleet::engine
