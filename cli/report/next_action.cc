#include "cli/report/next_action.h"

#include "absl/strings/str_replace.h"
#include "fmt/format.h"

namespace wsfleet::cli {
namespace {

// Of the target, or of the path to it, before a message.
std::string_view OfConnection(FailureClass failure) {
  switch (failure) {
    case FailureClass::kDns:
      return "look the name up on the agent's host (dig NAME): misspelt, a record that is gone, or a resolver that "
             "fails";
    case FailureClass::kTcp:
      return "look at the listener, its firewall and the balancer's healthy backends, and at the server's log of that "
             "second";
    case FailureClass::kTls:
      return "compare the names, dates and issuer in the evidence with what was asked for (openssl s_client -connect "
             "HOST:PORT -servername NAME -showcerts); a private authority goes into tls: {ca: …}";
    case FailureClass::kProxy:
      return "make the same request through the proxy by hand, and look at its log";
    case FailureClass::kUpgradeRefused4xx:
      return "look whether server and via name your server or one before it: the path, a rule of the balancer, or a "
             "proxy that drops Upgrade";
    case FailureClass::kUpgradeRefused5xx:
      return "read the server's log for the trace id, or for that second: its handler raised, or a proxy has no "
             "healthy "
             "backend";
    case FailureClass::kNotAWebSocket:
      return "look at location, server and content-type in the evidence: the path belongs to a page, a login or a CDN";
    case FailureClass::kAuth:
      return "look at issuer, audience, key and times of the token, and at the target's clock";
    case FailureClass::kNotRefused:
      return "treat it as an incident: see which credential was let in, and whether the other negative cases were "
             "refused";
    default:
      return {};
  }
}

std::string_view OfMessages(FailureClass failure) {
  switch (failure) {
    case FailureClass::kProtocol:
      return "the message names the rule that was broken; look at the frames before it (wsfleet runs trace)";
    case FailureClass::kClose:
      return "look at the last frames (wsfleet runs trace) and how long after them the close came: a deploy, a crash, "
             "or "
             "an idle time-out";
    case FailureClass::kHttpStatus:
      return "read the body of the answer, and the server's log of that second";
    case FailureClass::kEventMissing:
      return "look at what came instead (wsfleet runs trace); if the nearest frame differs in one value, move that "
             "from "
             "match to assert";
    case FailureClass::kEventOrder:
      return "if the order means nothing, use expect_all; else look at what orders the producers";
    case FailureClass::kEventDuplicate:
      return "compare the ids of both frames (wsfleet runs trace): delivered again, subscribed twice, or replayed";
    case FailureClass::kEventForbidden:
      return "read the frame in the message: a fault, or a new kind of message that the suite should know";
    case FailureClass::kAssertion:
      return "compare what was expected and found in the message; \"1\" and 1 are different values";
    case FailureClass::kLatency:
    case FailureClass::kDeadline:
      return "look at which phase took the time: resolve, connect and tls are the path, the rest is the server";
    case FailureClass::kInboxOverflow:
      return "read frames with an expectation, or raise defaults.inbox if the target may send so much";
    case FailureClass::kVacuous:
      return "give the case a step that needs an answer of the target";
    default:
      return {};
  }
}

std::string_view OfOurs(FailureClass failure) {
  switch (failure) {
    case FailureClass::kAgent:
      return "look at the agents (wsfleet agents list) and run it again";
    case FailureClass::kGenerator:
      return "the agent could not make the load: give it more of the machine, or use more agents";
    case FailureClass::kCoordinator:
      return "read the coordinator's log, and run it again";
    case FailureClass::kConfig:
      return "mend the suite or what it is run with, as the message says; nothing is known of the target";
    case FailureClass::kGuard:
      return "the fleet does not allow this target: ask its operator, or correct the URL";
    default:
      return {};
  }
}

std::string WhatWouldDetermine(const AttributedFailure& failure) {
  if (!IsSilence(failure.failure_class) || failure.vantages > 1) {
    return failure.undetermined_for.empty() ? "nothing tells the target from the way to it" : failure.undetermined_for;
  }
  // Other regions of agents that stand together see nothing else.
  return failure.agents > 1
             ? fmt::format("{}: agents elsewhere would tell the target from the way to it", failure.undetermined_for)
             : "one agent cannot tell the target from the way to it: run it from more regions (--from)";
}

}  // namespace

std::string WhatToLookAt(FailureClass failure, bool local) {
  for (const auto found : {OfConnection(failure), OfMessages(failure), OfOurs(failure)}) {
    if (found.empty()) continue;
    const std::string advice(found);
    if (!local) return advice;
    // Neither the run nor its agents are there any more.
    return absl::StrReplaceAll(advice,
                               {{"(wsfleet runs trace)", "(--report html=FILE has them, and so has wsfleet dev)"},
                                {" (wsfleet agents list)", ""}});
  }
  return {};
}

std::string WhereToBegin(const AttributedFailure& failure) {
  switch (failure.attribution) {
    case Attribution::kTarget:
      return failure.vantages > 1 ? "every vantage saw the same, so begin at the target"
                                  : "it answered so itself, so begin there";
    case Attribution::kRegionPath:
      return "other regions got through, so begin at the way from this one";
    case Attribution::kSingleAgent:
      return "other agents of its region got through, so begin at this one's host";
    case Attribution::kConfiguration:
      return "begin at credentials and settings, not at the service";
    case Attribution::kIntermittent:
      return "it comes and goes: --repeat gives its rate";
    case Attribution::kUndetermined:
      return WhatWouldDetermine(failure);
    case Attribution::kNone:
      break;
  }
  return {};
}

}  // namespace wsfleet::cli
