#include "secrets/process_memory.h"

#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "gtest/gtest.h"
#include "tests/support/sanitized.h"

namespace wsfleet {
namespace {

// In a child: it is for good.
TEST(ProcessMemory, IsNotDumped) {
  const pid_t child = fork();
  if (child == 0) {
    KeepMemoryToItself();
    rlimit core{1, 1};
    getrlimit(RLIMIT_CORE, &core);
    // What finds leaks has to look into the process.
    _exit(core.rlim_max == 0 && (testing::kSanitized || prctl(PR_GET_DUMPABLE) == 0) ? 0 : 1);
  }
  int status = -1;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}

}  // namespace
}  // namespace wsfleet
