#include "coordinator/open_store.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/status_message.h"

namespace wsfleet::coordinator {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(StoreName, IsAFileMemoryOrAUrlOfPostgres) {
  for (const char* name : {"wsfleet.db", "/var/lib/wsfleet/a=b.db", "./host=a dbname=b", ":memory:", "hosts.db",
                           "postgres://ada@db.example/fleet", "postgresql://db.example/fleet", "host"}) {
    EXPECT_TRUE(CheckStoreName(name).ok()) << name;
  }
}

TEST(StoreName, IsRefusedWithWhatIsExpectedAndWithoutThePasswordsInIt) {
  for (const char* name :
       {"host=127.0.0.1 port=6544 dbname=fleet password=s3cret", "dbname=fleet", "user = ada password = s3cret",
        "mysql://ada:s3cret@db.example/fleet", "postgre://ada:s3cret@db.example/fleet"}) {
    const absl::Status status = CheckStoreName(name);
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << name;
    EXPECT_THAT(testing::Message(status), AllOf(HasSubstr("postgres://USER@HOST"), Not(HasSubstr("s3cret")))) << name;
  }
  EXPECT_THAT(testing::Message(CheckStoreName("mysql://ada@db.example")), HasSubstr("found \"mysql://…\""));
  EXPECT_THAT(testing::Message(CheckStoreName("postgres://ada:s3%cret@db.example/fleet")),
              AllOf(HasSubstr("a % is written %25"), Not(HasSubstr("cret"))));
}

}  // namespace
}  // namespace wsfleet::coordinator
