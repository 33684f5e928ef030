#pragma once

#include <string>

#include "absl/status/status.h"
#include "boost/json/value.hpp"
#include "core/verdict/result.h"

// JSON of the parts of a case result; result_json.cc puts them together.
namespace wsfleet {

boost::json::object FailureToJson(const Failure& failure);
absl::Status ReadFailure(const boost::json::value& json, std::string path, Failure& failure);
boost::json::object ProofToJson(const ProofOfExecution& proof);
absl::Status ReadProof(const boost::json::value& json, std::string path, ProofOfExecution& proof);

}  // namespace wsfleet
