#include "cli/command_line/program.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "cli/command_line/completion.h"
#include "cli/command_line/reference.h"
#include "cli/command_line/tree.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/child_process.h"
#include "tests/support/real_fleet.h"
#include "tests/support/temporary_directory.h"
#include "tests/unit/cli/wsfleet.h"

namespace wsfleet::cli {
namespace {

using testing::Binary;
using testing::Finished;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::ReadWholeFile;

class ProgramTest : public ::testing::Test {
 protected:
  Interrupt interrupt_;
  Program program_{interrupt_};
};

TEST_F(ProgramTest, CompletesEveryCommandAndFlagOfThisVersion) {
  for (const char* shell : {"bash", "zsh", "fish"}) {
    const std::string script = RenderCompletion(program_.tree(), shell);
    for (const char* word :
         {"run", "probe",      "validate", "explain", "new",    "schema", "fmt",         "import",  "runs",  "agents",
          "dev", "completion", "watch",    "wait",    "cancel", "logs",   "agents-wait", "run-key", "rerun", "trace"}) {
      EXPECT_THAT(script, HasSubstr(word)) << shell;
    }
    EXPECT_THAT(script, Not(HasSubstr("baseline"))) << shell;
  }
}

// What bash offers for a line with the cursor at its end, a word each.
std::string Completed(const std::string& script, const std::vector<std::string>& words) {
  std::string line;
  for (const std::string& word : words) line += " '" + word + "'";
  const std::string program = script + "COMP_WORDS=(wsfleet" + line + ")\nCOMP_CWORD=" + std::to_string(words.size()) +
                              "\n_wsfleet\necho \"${COMPREPLY[*]}\"\n";
  testing::TemporaryDirectory directory;
  return testing::RunCommand({{"/bin/bash", directory.Write("complete.bash", program)}, {}, {}}, absl::Seconds(60)).out;
}

TEST_F(ProgramTest, CompletesBehindFlagsAndTheirValues) {
  const std::string bash = RenderCompletion(program_.tree(), "bash");
  EXPECT_EQ(Completed(bash, {"ru"}), "run runs\n");
  EXPECT_EQ(Completed(bash, {"--context", "dev", "ru"}), "run runs\n");
  EXPECT_EQ(Completed(bash, {"--context", "runs", "va"}), "validate\n") << "a value is no command";
  EXPECT_EQ(Completed(bash, {"--context", "=", "dev", "runs", "tr"}), "trace\n");
  EXPECT_EQ(Completed(bash, {"-q", "runs", "tr"}), "trace\n");
  EXPECT_EQ(Completed(bash, {"runs", "rerun", "--fa"}), "--failed\n");
}

TEST_F(ProgramTest, CompletesTheValuesThatAFlagOrArgumentMayHave) {
  const std::string bash = RenderCompletion(program_.tree(), "bash");
  EXPECT_EQ(Completed(bash, {"-o", "js"}), "json\n");
  EXPECT_EQ(Completed(bash, {"runs", "list", "--output", ""}), "table wide json yaml name\n");
  EXPECT_EQ(Completed(bash, {"--output", "="}), "table wide json yaml name\n");
  EXPECT_EQ(Completed(bash, {"--output", "=", "y"}), "yaml\n");
  EXPECT_EQ(Completed(bash, {"run", "--summary", "co"}), "compact\n");
  EXPECT_EQ(Completed(bash, {"completion", "ba"}), "bash\n");
  EXPECT_EQ(Completed(bash, {"--context", "ru"}), "\n") << "a name of the user's";
  for (const char* shell : {"zsh", "fish"}) {
    const std::string script = RenderCompletion(program_.tree(), shell);
    EXPECT_THAT(script, HasSubstr("table wide json yaml name")) << shell;
    EXPECT_THAT(script, HasSubstr("compact full none")) << shell;
    EXPECT_THAT(script, HasSubstr("bash zsh fish")) << shell;
  }
}

TEST_F(ProgramTest, IsWhatTheReferenceSays) {
  const std::string path = std::string(WSFLEET_SOURCE_DIR) + "/docs/reference/cli.md";
  const std::string rendered = RenderReference(program_.tree());
  if (std::getenv("WSFLEET_UPDATE_REFERENCE") != nullptr) std::ofstream(path) << rendered;
  EXPECT_EQ(ReadWholeFile(path), rendered) << "WSFLEET_UPDATE_REFERENCE=1 cli_test writes it anew";
}

TEST_F(ProgramTest, ExplainsEveryCommandAndFlag) {
  for (const TreeCommand& command : FlattenTree(program_.tree())) {
    EXPECT_FALSE(command.description.empty()) << ::testing::PrintToString(command.path);
    for (const TreeFlag& flag : command.flags) {
      EXPECT_FALSE(flag.description.empty()) << flag.names.front();
    }
  }
}

TEST(CommandLine, SuggestsCommandsAndFlagsThatAreNear) {
  const Finished command = Wsfleet({"rnu", "x"});
  EXPECT_EQ(command.exit_code, 2);
  EXPECT_THAT(command.err, HasSubstr("did you mean \"run\"?"));
  const Finished below = Wsfleet({"runs", "lst"});
  EXPECT_EQ(below.exit_code, 2);
  EXPECT_THAT(below.err, HasSubstr("did you mean \"list\"?"));
  const Finished value = Wsfleet({"-o", "csv", "version"});
  EXPECT_EQ(value.exit_code, 2);
  EXPECT_THAT(value.err, HasSubstr("--output"));
  const Finished flag = Wsfleet({"run", "--reprot", "md=-", "x.yaml"});
  EXPECT_EQ(flag.exit_code, 2);
  EXPECT_THAT(flag.err, HasSubstr("did you mean \"--report\"?"));
}

// A suite that a flag swallowed would not run, and its failure go unnoticed.
TEST(CommandLine, TakesWhatFollowsTheValueOfAFlagAsSuites) {
  for (const char* flag : {"--tag", "--var", "--secret", "--report", "--from"}) {
    const Finished run = Wsfleet({"run", "--local", flag, "md=-", "a.wsfleet.yaml", "b.wsfleet.yaml"});
    EXPECT_EQ(run.exit_code, 2) << flag;
    EXPECT_THAT(run.err, HasSubstr("a.wsfleet.yaml")) << flag;
  }
}

TEST(CommandLine, SaysInItsOwnWordsWhatWasExpectedAndFound) {
  const std::pair<std::vector<std::string>, const char*> kLines[] = {
      {{}, "expected a command of wsfleet, found none: run, probe, new, "},
      {{"runs"}, "expected a command of wsfleet runs, found none: list, get, "},
      {{"run"}, "expected suites (Suites or folders), found none\nsee `wsfleet run --help`"},
      {{"-o", "xml", "version"}, "--output: expected table, wide, json, yaml or name, found \"xml\"\nsee"},
      {{"run", "x", "--summary", "long"}, "--summary: expected compact, full or none, found \"long\""},
      {{"run", "x", "--priority", "10"}, "--priority: expected a number from 1 to 9, found \"10\""},
      {{"run", "x", "--repeat", "often"}, "--repeat: expected a number from 1 to 1000, found \"often\""},
      {{"runs", "list", "--limit", "0"}, "--limit: expected a number from 1 to 10000, found \"0\""},
      {{"run", "x", "--report"}, "--report: expected a value, found none"},
      {{"--ca", "a", "login", "x", "--ca", "b"}, "--ca: expected it once, found it 2 times"},
      {{"runs", "get", "r-1", "r-2"}, "expected nothing more, found \"r-2\"\nsee `wsfleet runs get --help`"},
  };
  for (const auto& [line, words] : kLines) {
    EXPECT_THAT(Wsfleet(line).err, HasSubstr(words)) << ::testing::PrintToString(line);
  }
  EXPECT_THAT(Wsfleet({"run", "--help"}).out, Not(HasSubstr("UINT")));
}

TEST(CommandLine, EndsWith2WhenItIsIncomplete) {
  for (const auto& arguments : {std::vector<std::string>{},
                                {"run"},
                                {"runs"},
                                {"runs", "get"},
                                {"runs", "report", "r-1"},
                                {"runs", "report", "--report", "md=-"},
                                {"runs", "report", "r-1", "--from", "run.json", "--report", "md=-"},
                                {"runs", "trace"},
                                {"runs", "rerun", "r-1", "--report", "pdf=x"},
                                {"probe"},
                                {"completion", "tcsh"},
                                {"runs", "list", "-o", "xml"},
                                {"agents", "drain"},
                                {"agents", "drain", "eu-1", "--undo", "--wait"},
                                {"fleet"},
                                {"fleet", "create"},
                                {"context", "add", "x"},
                                {"context", "add", "no spaces", "--coordinator", "x:1"},
                                {"context", "add", "x", "--coordinator", "x:1", "--ca", "/nowhere/ca.pem"},
                                {"probe", "not-a-url"}}) {
    const Finished run = Wsfleet(arguments);
    EXPECT_EQ(run.exit_code, 2) << ::testing::PrintToString(arguments);
    EXPECT_THAT(run.err, HasSubstr("wsfleet: ")) << ::testing::PrintToString(arguments);
    EXPECT_EQ(run.out, "") << ::testing::PrintToString(arguments);
  }
}

TEST(CommandLine, SaysOfLaterCommandsThatTheyAreNotInThisVersionWhateverFollows) {
  for (const auto& arguments : {std::vector<std::string>{"runs", "diff", "a", "b"},
                                {"baseline", "set", "x", "--run", "y"},
                                {"gate", "--await-revision", "x"}}) {
    const Finished run = Wsfleet(arguments);
    EXPECT_EQ(run.exit_code, 2) << ::testing::PrintToString(arguments);
    EXPECT_THAT(run.err, HasSubstr("is not in this version")) << ::testing::PrintToString(arguments);
  }
}

TEST(CommandLine, LetsNoSuiteGiveOrdersToATerminal) {
  const testing::TemporaryDirectory directory;
  const std::string steps = R"(steps: [{connect: {path: /}}, {ping: {}}]}])";
  const std::string head = "version: wsfleet/v1\ntarget: ws://127.0.0.1:9\n";
  const std::string good = directory.Write(
      "good.wsfleet.yaml", head + "name: \"s\\e[31m\"\nscenarios: [{name: \"n\\e]0;x\\a\\u009b\", " + steps);
  const std::string bad =
      directory.Write("bad.wsfleet.yaml", head + "name: b\nscenarios: [{name: n, tags: [\"\\e[31mRED\"], " + steps);
  for (const Finished& run : {Wsfleet({"validate", bad}), Wsfleet({"validate", good}), Wsfleet({"explain", good}),
                              Wsfleet({"explain", good, "-o", "name"})}) {
    EXPECT_EQ((run.out + run.err).find_first_of("\x1b\x07"), std::string::npos) << run.out << run.err;
    EXPECT_EQ((run.out + run.err).find("\u009b"), std::string::npos);
  }
  EXPECT_THAT(Wsfleet({"validate", bad}).err, HasSubstr("?[31mRED"));
  EXPECT_THAT(Wsfleet({"explain", good}).out, HasSubstr("n?]0;x??"));
}

TEST(CommandLine, DoesNotEndWellWhenItsDataGoNowhere) {
  const Finished run =
      testing::RunCommand({{"/bin/sh", "-c", Binary("wsfleet") + " schema > /dev/full"}, {}, {}}, absl::Seconds(60));
  EXPECT_EQ(run.exit_code, 3);
  EXPECT_THAT(run.err, HasSubstr("wsfleet: "));
}

TEST(CommandLine, HasHelpAndVersionOnStdout) {
  EXPECT_THAT(Wsfleet({"--help"}).out, HasSubstr("run"));
  EXPECT_EQ(Wsfleet({"--help"}).exit_code, 0);
  EXPECT_THAT(Wsfleet({"run", "--help"}).out, HasSubstr("--agents-wait"));
  EXPECT_THAT(Wsfleet({"version"}).out, HasSubstr("wsfleet "));
  EXPECT_THAT(Wsfleet({"version", "-o", "json"}).out, HasSubstr("{\"version\":"));
}

TEST(CommandLine, HasTheSameHelpBehindTheWordHelp) {
  for (const std::vector<std::string>& command :
       {std::vector<std::string>{}, {"run"}, {"runs"}, {"runs", "list"}, {"help"}}) {
    std::vector<std::string> first{"help"}, last(command);
    first.insert(first.end(), command.begin(), command.end());
    last.emplace_back("--help");
    const Finished help = Wsfleet(first);
    EXPECT_EQ(help.exit_code, 0) << ::testing::PrintToString(command);
    EXPECT_EQ(help.out, Wsfleet(last).out) << ::testing::PrintToString(command);
  }
  const Finished unknown = Wsfleet({"help", "runs", "lst"});
  EXPECT_EQ(unknown.exit_code, 2);
  EXPECT_THAT(unknown.err, HasSubstr("\"lst\" is not a command of wsfleet runs; did you mean \"list\"?"));
  EXPECT_THAT(Wsfleet({"help", "run", "x"}).err, HasSubstr("expected nothing more, found \"x\""));
  EXPECT_THAT(Wsfleet({"-q", "help", "gate"}).out, HasSubstr("not in this version"));
}

TEST(CommandLine, EndsEachHelpWithTheFlagsOfEveryCommand) {
  for (const std::vector<std::string>& command : {std::vector<std::string>{"login"}, {"runs", "list"}}) {
    std::vector<std::string> line(command);
    line.emplace_back("--help");
    EXPECT_THAT(Wsfleet(line).out,
                ::testing::EndsWith("Of every command: -o, --context, --coordinator, --ca, --token-file, --fleet, -q, "
                                    "-v, --no-color (`wsfleet --help` explains them)\n"));
  }
  EXPECT_THAT(Wsfleet({"--help"}).out, Not(HasSubstr("Of every command")));
}

TEST(CommandLine, OffersForOneUrlOnlyWhatMeansSomethingForOne) {
  const std::string help = Wsfleet({"probe", "--help"}).out;
  EXPECT_THAT(help, HasSubstr("--from"));
  for (const char* flag : {"--tag", "--grep", "--priority", "--var", "--secret", "--env-file", "--baseline"}) {
    EXPECT_THAT(help, Not(HasSubstr(flag)));
  }
}

TEST(CommandLine, NeedsACoordinatorForRunsAndSaysHowToNameOne) {
  testing::TemporaryDirectory directory;
  const Finished run =
      testing::RunCommand({{Binary("wsfleet"), "runs", "list"},
                           {{"WSFLEET_COORDINATOR", ""}, {"XDG_CONFIG_HOME", directory.path().string()}},
                           directory.path().string()},
                          absl::Seconds(60));
  EXPECT_EQ(run.exit_code, 2);
  EXPECT_THAT(run.err, HasSubstr("WSFLEET_COORDINATOR"));
}

// As a shell would start it, with a folder of its own for temporary files.
Finished InAShell(const std::string& line, const testing::TemporaryDirectory& temporary) {
  const std::map<std::string, std::string> environment{
      {"WSFLEET_COORDINATOR", ""}, {"WSFLEET", Binary("wsfleet")}, {"TMPDIR", temporary.path().string()}};
  return testing::RunCommand({{"/bin/bash", "-c", line}, environment, {}}, absl::Seconds(60));
}

TEST(Stdout, ThatNobodyReadsEndsARunWithoutLeavingItsFleetBehind) {
  testing::TemporaryDirectory directory, temporary;
  const std::string suite = directory.Write(
      "skipped.wsfleet.yaml",
      "version: wsfleet/v1\nname: s\ntarget: ws://127.0.0.1:9\nscenarios:\n  - name: one\n    skip: not today\n"
      "    steps: [{connect: {path: /ws}}, {ping: {}}]\n");
  const std::string pipe = (directory.path() / "pipe").string();
  const std::string to_nobody =
      "rm -f " + pipe + "; mkfifo " + pipe + "; exec 3<>" + pipe + " 4>" + pipe + " 3<&-; \"$WSFLEET\" ";
  const Finished run = InAShell(to_nobody + "run " + suite + " --local -q >&4", temporary);
  EXPECT_EQ(run.exit_code, 3) << "the verdict";
  EXPECT_EQ(run.err, "");
  EXPECT_TRUE(std::filesystem::is_empty(temporary.path()));
  EXPECT_EQ(InAShell(to_nobody + "schema >&4", temporary).exit_code, 141);
}

TEST(Stdout, ThatIsFullIsAnErrorWithItsReason) {
  testing::TemporaryDirectory temporary;
  for (const char* arguments : {"--help", "schema", "version"}) {
    const Finished full = InAShell("\"$WSFLEET\" " + std::string(arguments) + " > /dev/full", temporary);
    EXPECT_EQ(full.exit_code, 3) << arguments;
    EXPECT_EQ(full.err, "wsfleet: stdout could not be written: No space left on device\n") << arguments;
  }
}

TEST(New, WritesASuiteThatIsValidAndOverwritesNothing) {
  testing::TemporaryDirectory directory;
  const std::string path = (directory.path() / "first.wsfleet.yaml").string();
  EXPECT_EQ(Wsfleet({"new", path}).exit_code, 0);
  EXPECT_EQ(Wsfleet({"validate", path}).exit_code, 0);
  const std::string before = ReadWholeFile(path);
  EXPECT_EQ(Wsfleet({"new", path}).exit_code, 2);
  EXPECT_EQ(ReadWholeFile(path), before);
}

TEST(HowToWriteASuite, HasASuiteThatIsValidAndInItsCanonicalForm) {
  const std::string guide = ReadWholeFile(std::string(WSFLEET_SOURCE_DIR) + "/docs/how-to/write-a-suite.md");
  const std::size_t begin = guide.find("```yaml\n") + 8;
  testing::TemporaryDirectory directory;
  const std::string suite = directory.Write("chat.wsfleet.yaml", guide.substr(begin, guide.find("```", begin) - begin));
  EXPECT_EQ(Wsfleet({"validate", suite}).err, "");
  EXPECT_EQ(Wsfleet({"fmt", "--check", suite}).exit_code, 0);
}

TEST(Schema, IsTheOneOfTheReference) {
  EXPECT_EQ(Wsfleet({"schema"}).out,
            ReadWholeFile(std::string(WSFLEET_SOURCE_DIR) + "/docs/reference/scenario-v1.schema.json"));
}

}  // namespace
}  // namespace wsfleet::cli
