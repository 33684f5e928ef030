#include "monitoring/reference.h"

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "gtest/gtest.h"

namespace wsfleet::monitoring {
namespace {

TEST(MetricsReference, IsWhatTheTableSays) {
  const std::string path = std::string(WSFLEET_SOURCE_DIR) + "/docs/reference/metrics.md";
  if (std::getenv("WSFLEET_UPDATE_REFERENCE") != nullptr) std::ofstream(path) << RenderReference();
  std::ostringstream written;
  written << std::ifstream(path).rdbuf();
  EXPECT_EQ(written.str(), RenderReference()) << "WSFLEET_UPDATE_REFERENCE=1 monitoring_test writes it anew";
}

}  // namespace
}  // namespace wsfleet::monitoring
