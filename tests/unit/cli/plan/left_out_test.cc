#include "cli/plan/left_out.h"

#include <filesystem>

#include "fmt/format.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/temporary_directory.h"

namespace wsfleet::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::TemporaryDirectory;

TEST(SuitesLeftOut, AreThoseBesideTheSuiteOfTheFolderThatItDoesNotList) {
  TemporaryDirectory directory;
  for (const char* name : {"suite.wsfleet.yaml", "a.wsfleet.yaml", "b.wsfleet.yaml", "notes.yaml"}) {
    directory.Write(name, "");
  }
  EXPECT_THAT(SuitesLeftOut(directory.path().string(), {"suite.wsfleet.yaml", "a.wsfleet.yaml"}),
              ElementsAre(HasSubstr(": b.wsfleet.yaml is not run: suite.wsfleet.yaml stands for its folder")));
  EXPECT_THAT(SuitesLeftOut(directory.path().string(), {"suite.wsfleet.yaml", "a.wsfleet.yaml", "b.wsfleet.yaml"}),
              IsEmpty());
}

TEST(SuitesLeftOut, AreThoseInFoldersBelowButNotInHiddenOnesNorBehindLinks) {
  TemporaryDirectory directory, elsewhere;
  directory.Write("a.wsfleet.yaml", "");
  directory.Write("eu/b.wsfleet.yaml", "");
  directory.Write(".cache/c.wsfleet.yaml", "");
  elsewhere.Write("d.wsfleet.yaml", "");
  std::filesystem::create_directory_symlink(elsewhere.path(), directory.path() / "linked");
  EXPECT_THAT(SuitesLeftOut(directory.path().string(), {"a.wsfleet.yaml"}),
              ElementsAre(HasSubstr(": eu/b.wsfleet.yaml is not run: folders below one that is given")));
}

TEST(SuitesLeftOut, AreCountedWhereTheyAreMany) {
  TemporaryDirectory directory;
  for (int i = 1; i <= 7; ++i) directory.Write(fmt::format("{}.wsfleet.yaml", i), "");
  EXPECT_THAT(SuitesLeftOut(directory.path().string(), {}),
              ElementsAre(HasSubstr("4.wsfleet.yaml, 5.wsfleet.yaml and 2 more are not run")));
}

}  // namespace
}  // namespace wsfleet::cli
