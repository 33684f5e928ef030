#include <fstream>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/child_process.h"
#include "tests/support/real_fleet.h"
#include "tests/support/temporary_directory.h"

// `wsfleet import har`: what it reads, writes and says. What it makes of a recording is core/har/import_suite_test.cc.
namespace wsfleet::cli {
namespace {

using testing::Binary;
using testing::Finished;
using ::testing::HasSubstr;
using testing::ReadWholeFile;

constexpr char kArchive[] = R"({"log": {"entries": [
  {"request": {"url": "wss://a.example/ws", "headers": []}, "response": {"status": 101},
   "_webSocketMessages": [{"type": "send", "time": 1, "opcode": 1, "data": "{\"type\":\"hello\"}"},
                          {"type": "receive", "time": 2, "opcode": 1, "data": "{\"type\":\"hello.ok\"}"}]},
  {"request": {"url": "wss://a.example/no", "headers": []}, "response": {"status": 403}}]}})";

class ImportHarTest : public ::testing::Test {
 protected:
  std::string Write(const std::string& name, const std::string& text) {
    std::ofstream(directory_.path() / name) << text;
    return (directory_.path() / name).string();
  }
  static Finished Wsfleet(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), Binary("wsfleet"));
    return testing::RunCommand({arguments, {}, {}}, absl::Seconds(60));
  }

  testing::TemporaryDirectory directory_;
};

TEST_F(ImportHarTest, WritesASuiteThatIsValidAndFormattedAndOverwritesNothing) {
  const std::string har = Write("a.har", kArchive), suite = (directory_.path() / "a.wsfleet.yaml").string();
  const Finished run = Wsfleet({"import", "har", har, "--output", suite});
  EXPECT_EQ(run.exit_code, 0);
  EXPECT_EQ(run.out, "");
  EXPECT_THAT(run.err, HasSubstr("entry 2: left out: the connection was not made (status 403)"));
  EXPECT_EQ(Wsfleet({"validate", suite}).exit_code, 0);
  EXPECT_EQ(Wsfleet({"fmt", "--check", suite}).exit_code, 0);
  EXPECT_EQ(Wsfleet({"import", "har", har}).out, ReadWholeFile(suite));
  EXPECT_EQ(Wsfleet({"import", "har", har, "--output", suite}).exit_code, 2);
}

TEST_F(ImportHarTest, SaysWhatIsWrongWithTheFile) {
  const Finished text = Wsfleet({"import", "har", Write("a.har", "no json")});
  EXPECT_EQ(text.exit_code, 2);
  EXPECT_THAT(text.err, HasSubstr("a.har:1:1: not JSON"));
  const Finished empty = Wsfleet({"import", "har", Write("b.har", R"({"log": {"entries": []}})")});
  EXPECT_EQ(empty.exit_code, 2);
  EXPECT_THAT(empty.err, HasSubstr("Save all as HAR with content"));
  EXPECT_EQ(Wsfleet({"import", "har", (directory_.path() / "none").string()}).exit_code, 2);
  EXPECT_EQ(Wsfleet({"import", "postman", "x"}).exit_code, 2);
}

}  // namespace
}  // namespace wsfleet::cli
