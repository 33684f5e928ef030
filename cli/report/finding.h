#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "cli/report/run_record.h"

// What a run found, said once however many regions saw it.
namespace wsfleet::cli {

struct Finding {
  const CaseResult* result = nullptr;  // of the first region; lives in the record
  std::vector<std::string> regions;    // that saw the same, in the order of the shards
  struct Seen {
    const ShardRecord* shard = nullptr;
    const CaseResult* result = nullptr;
  };
  std::vector<Seen> seen;  // every one of these results; a region may have several shards
};

// In the order of the plan: all results with the same case, outcome, class and message are one finding; of what passed
// after a failed try, those of that try. Times that were measured make no difference; values that were found do.
std::vector<Finding> Findings(const RunRecord& record);

// "eu-west-1, us-east-1".
std::string RegionList(const Finding& finding);

// "connecting took …, expected at most 300ms": what is the same of two messages whose measured times differ.
std::string WithoutTimes(std::string_view message);

// Of a case with concurrent sessions how many failed: "3 of 10 failed (eu-west-1 1 of 5, us-east-1 2 of 5)". Empty if
// it has one session.
std::string SessionsText(const Finding& finding);

// What was observed, a line each: status, headers, body, close, certificates, notes, trace, logs; and what is inferred.
std::string EvidenceText(const Failure& failure);

// "log file /var/log/chat.log (same time)".
std::string LogHeading(const LogExcerpt& log);

// The author's line with a mark under it, as the terminal shows it; empty if there is none.
std::string SourceExcerpt(const RunRecord& record, const Failure& failure);

// Who the failure of this result is attributed to; null if nobody is.
const AttributedFailure* AttributionOf(const RunRecord& record, const CaseResult& result);

// "target"; "undetermined (all 3 agents stand on one host, vm)".
std::string AttributionText(const AttributedFailure& failure);

// Headers of an answer that say who gave it and where it leads: not its date and size, nor those of the upgrade itself.
std::vector<HeaderField> TellingHeaders(const Evidence& evidence);

// The author's line alone, without what it is indented by; empty if there is none.
std::string SourceLine(const RunRecord& record, const Failure& failure);

// What results warn of, passes too, with the number of results: "insecure: …".
std::map<std::string, std::size_t> Warnings(const RunRecord& record);

// URLs that were taken, without credentials.
std::set<std::string> Targets(const RunRecord& record);

// Of the target, as the agents read them.
std::set<std::string> Revisions(const RunRecord& record);
std::set<std::string> Regions(const RunRecord& record);

}  // namespace wsfleet::cli
