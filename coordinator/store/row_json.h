#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "core/job/records.h"

// The columns that hold JSON text: what no query looks into. FromText accepts what ToText wrote, of this and earlier
// versions; members that it does not know are ignored. DATA_LOSS: anything else, with what was expected.
namespace wsfleet::store {

// Without sealed_secrets: they have a column of their own, which is emptied when the job ends.
std::string SpecToText(const JobSpec& spec);
absl::StatusOr<JobSpec> SpecFromText(std::string_view text);

std::string ListToText(const std::vector<std::string>& list);
absl::StatusOr<std::vector<std::string>> ListFromText(std::string_view text);

std::string MapToText(const std::map<std::string, std::string>& map);
absl::StatusOr<std::map<std::string, std::string>> MapFromText(std::string_view text);

std::string PastLeasesToText(const std::vector<PastLease>& leases);
absl::StatusOr<std::vector<PastLease>> PastLeasesFromText(std::string_view text);

std::string ResultToText(const CaseResult& result);
absl::StatusOr<CaseResult> ResultFromText(std::string_view text);

}  // namespace wsfleet::store
