#pragma once

#include <optional>
#include <string_view>

#include "core/job/records.h"

// The words of job_event.kind. They never change their meaning.
namespace wsfleet::store {

inline std::string_view EventKindName(JobEventRecord::Kind kind) {
  switch (kind) {
    case JobEventRecord::Kind::kJobChanged:
      return "job";
    case JobEventRecord::Kind::kResult:
      return "result";
    case JobEventRecord::Kind::kNote:
      return "note";
  }
  return "";
}

inline std::optional<JobEventRecord::Kind> ParseEventKind(std::string_view name) {
  for (const auto kind :
       {JobEventRecord::Kind::kJobChanged, JobEventRecord::Kind::kResult, JobEventRecord::Kind::kNote}) {
    if (EventKindName(kind) == name) return kind;
  }
  return std::nullopt;
}

}  // namespace wsfleet::store
