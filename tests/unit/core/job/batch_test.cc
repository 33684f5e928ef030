#include "core/job/batch.h"

#include <string>

#include "gtest/gtest.h"

namespace wsfleet {
namespace {

TEST(Batch, CountsTheBytesOfAllFailuresOfAResult) {
  WriteBatch batch;
  CaseResult& result = batch.results.emplace_back().result;
  const std::size_t empty = ApproximateBytes(batch);
  Failure failure;
  failure.message = std::string(5000, 'm');
  failure.evidence.body_excerpt = std::string(2000, 'b');
  result.failure = failure;
  EXPECT_GE(ApproximateBytes(batch), empty + 7000);
  result.earlier_failures.assign(2, failure);
  EXPECT_GE(ApproximateBytes(batch), empty + 3 * 7000);
}

}  // namespace
}  // namespace wsfleet
