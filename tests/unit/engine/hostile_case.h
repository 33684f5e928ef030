#pragma once

#include <ostream>
#include <string>
#include <vector>

#include "core/verdict/result.h"
#include "gtest/gtest.h"

// What the engine makes of one fault of tests/targets/hostile.
namespace wsfleet::testing {

struct HostileCase {
  std::string fault;
  Phase phase = Phase::kNone;
  FailureClass failure_class = FailureClass::kNone;
  // Each is part of a line of EvidenceText().
  std::vector<std::string> evidence = {};
  // Of defaults.phases; others have those of the language.
  std::string caps = {};
  // More of the first step: ", subprotocols: [chat.v1]".
  std::string connect = {};
  // Those after it. Long, where the fault ends the session by itself.
  std::vector<std::string> steps = {"- expect: {match: {$.type: never}, within: 20s}"};
  // The first step is an http step instead of a connect.
  bool http = false;
};

// "message: …", "status: 403 Forbidden", "header: name: value", "body: …", "close: 1006 reason", "certificate: …",
// "attempt: address error", "note: …", one each line.
std::string EvidenceText(const CaseResult& result);

// Runs a suite against the fault.
CaseResult Meet(const HostileCase& hostile);

// Meets it, and expects phase, class and evidence; and, whatever the fault, a failure of the target that names the
// author's line, one connection at the most, and no more bytes than the caps of the agent allow.
void ExpectVerdict(const HostileCase& hostile);

// The suite that meets the fault at this origin.
std::string SuiteText(const HostileCase& hostile, const std::string& origin);

inline void PrintTo(const HostileCase& hostile, std::ostream* out) { *out << hostile.fault; }
// "tls-1.1-only" → "tls_1_1_only".
std::string TestName(const ::testing::TestParamInfo<HostileCase>& info);

// Every table.
std::vector<HostileCase> AllCases();
std::vector<HostileCase> TcpCases();
std::vector<HostileCase> TlsCases();
std::vector<HostileCase> HttpCases();
std::vector<HostileCase> UpgradeCases();
std::vector<HostileCase> FrameCases();
std::vector<HostileCase> CloseCases();
std::vector<HostileCase> ApplicationCases();

}  // namespace wsfleet::testing
