#include "coordinator/logs/server_logs.h"

#include <fstream>
#include <future>
#include <string>
#include <thread>

#include "boost/asio/io_context.hpp"
#include "boost/asio/ip/tcp.hpp"
#include "boost/asio/read_until.hpp"
#include "boost/asio/streambuf.hpp"
#include "boost/asio/write.hpp"
#include "coordinator/logs/log_file.h"
#include "coordinator/logs/loki.h"
#include "coordinator/store/sqlite/sqlite_store.h"
#include "fmt/format.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "proto/wire/bundle.h"
#include "tests/support/temporary_directory.h"
#include "tests/unit/coordinator/given_secrets.h"

namespace wsfleet::coordinator {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr char kTraceId[] = "4bf92f3577b34da6a3ce929d0e0e4736";

// Answers one request with this body.
class OneAnswer {
 public:
  explicit OneAnswer(std::string body) : acceptor_(context_, {boost::asio::ip::address_v4::loopback(), 0}) {
    thread_ = std::thread([this, body = std::move(body)] {
      boost::asio::ip::tcp::socket socket(context_);
      acceptor_.accept(socket);
      boost::asio::streambuf head;
      boost::asio::read_until(socket, head, "\r\n\r\n");
      request_ = std::string(boost::asio::buffers_begin(head.data()), boost::asio::buffers_end(head.data()));
      boost::asio::write(socket, boost::asio::buffer(fmt::format("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{}",
                                                                 body.size(), body)));
    });
  }
  ~OneAnswer() {
    if (thread_.joinable()) thread_.join();
  }
  std::string url() const { return fmt::format("http://127.0.0.1:{}", acceptor_.local_endpoint().port()); }
  const std::string& request() {
    thread_.join();
    return request_;
  }

 private:
  boost::asio::io_context context_;
  boost::asio::ip::tcp::acceptor acceptor_;
  std::string request_;
  std::thread thread_;
};

class ServerLogsTest : public ::testing::Test {
 protected:
  std::string Path(const std::string& name) const { return (directory_.path() / name).string(); }
  void Append(const std::string& name, const std::string& text) const {
    std::ofstream(Path(name), std::ios::app) << text << std::flush;
  }

  // A run whose suite names these sources of logs.
  JobSpec SpecOf(const std::string& logs) {
    Bundle bundle;
    bundle.suites = {"a.wsfleet.yaml"};
    bundle.files["a.wsfleet.yaml"] = fmt::format(
        "version: wsfleet/v1\nname: gate\ntarget: ws://127.0.0.1:1\nvars: {{app: chat}}\nevidence: {{redact: "
        "['order-[0-9]+'], "
        "logs: {}}}\nscenarios: [{{name: one, steps: [{{connect: {{path: /}}}}, {{ping: {{}}}}]}}]\n",
        logs);
    const std::string canonical = wire::CanonicalForm(bundle);
    JobSpec spec;
    spec.bundle = wire::Digest(canonical);
    spec.server_logs = true;
    EXPECT_TRUE(store_->PutBundle(spec.bundle, canonical, absl::Now()).ok());
    spec.sealed_secrets = *box_.Seal(SecretOwner::OfJob(JobId("r-1")), Given({{"KEY", "s3cr3t-value"}}));
    spec.secrets_of_fleet = secrets_of_fleet_;
    WriteBatch batch;
    batch.jobs.emplace_back().id = JobId("r-1");
    batch.jobs.back().spec = spec;
    EXPECT_TRUE(store_->Commit({FleetName("default")}, {batch}).ok());
    return spec;
  }

  static fleet::ResultsReceived Failed() {
    fleet::ResultsReceived event;
    event.shard.job = JobId("r-1");
    CaseResult& result = event.results.emplace_back();
    result.case_id = CaseId("gate/one");
    result.suite = "gate";
    result.scenario = "one";
    result.outcome = Outcome::kFailed;
    result.started = absl::Now() - absl::Milliseconds(50);
    result.duration = absl::Milliseconds(50);
    result.failure.emplace().evidence.trace_id = kTraceId;
    return event;
  }

  static std::vector<LogExcerpt> LogsOf(ServerLogs& logs, fleet::ResultsReceived event) {
    std::promise<fleet::ResultsReceived> done;
    logs.AddTo(std::move(event), [&](fleet::ResultsReceived complete) { done.set_value(std::move(complete)); });
    return done.get_future().get().results.front().failure->evidence.logs;
  }

  // A failure of a suite that names no logs is handed on when the run is known.
  static void AwaitReading(ServerLogs& logs) {
    fleet::ResultsReceived other = Failed();
    other.results[0].suite = "other";
    EXPECT_THAT(LogsOf(logs, other), IsEmpty());
  }

  testing::TemporaryDirectory directory_;
  std::unique_ptr<store::SqliteStore> store_ = *store::SqliteStore::Open(":memory:");
  SecretBox box_ = *SecretBox::WithRandomKey();
  std::vector<std::string> secrets_of_fleet_;  // of the run
};

TEST_F(ServerLogsTest, ShowsTheLinesThatCarryTheTraceId) {
  Append("chat.log", "yesterday: RuntimeError: old\n");
  ServerLogs logs(FleetName("default"), {{directory_.path().string()}, {}}, *store_, *store_, box_);
  logs.OnAssigned(JobId("r-1"), SpecOf(fmt::format("[{{file: {}}}]", Path("chat.log"))));
  Append("chat.log", fmt::format("a line\ntrace={} order-17 of s3cr3t-value refused\nRuntimeError: other\n", kTraceId));
  const auto found = LogsOf(logs, Failed());
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_TRUE(found[0].same_request);
  EXPECT_THAT(found[0].lines, ElementsAre(fmt::format("trace={} [redacted] of [redacted] refused", kTraceId)));
  EXPECT_EQ(found[0].source, "file " + Path("chat.log"));
}

TEST_F(ServerLogsTest, ShowsTheLinesOfTheSameTimeAndNoneFromBeforeTheRun) {
  Append("chat.log", "RuntimeError: old\n");
  ServerLogs logs(FleetName("default"), {{Path("chat.log")}, {}}, *store_, *store_, box_);
  logs.OnAssigned(JobId("r-1"), SpecOf(fmt::format("[{{file: {}}}]", Path("chat.log"))));
  AwaitReading(logs);
  Append("chat.log", "Traceback\nAttributeError: new\nINFO: closed\n");
  const auto found = LogsOf(logs, Failed());
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_FALSE(found[0].same_request);
  EXPECT_EQ(found[0].problem, "");
  EXPECT_THAT(found[0].lines, ElementsAre("Traceback", "AttributeError: new"));
}

TEST_F(ServerLogsTest, ShowsNoLineThatSaysThatItIsOfAnotherTime) {
  Append("chat.log", "");
  ServerLogs logs(FleetName("default"), {{Path("chat.log")}, {}}, *store_, *store_, box_);
  logs.OnAssigned(JobId("r-1"), SpecOf(fmt::format("[{{file: {}}}]", Path("chat.log"))));
  AwaitReading(logs);
  Append("chat.log", "2019-01-01T00:00:00Z ERROR ancient\nRuntimeError: ancient\n");
  const auto found = LogsOf(logs, Failed());
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_THAT(found[0].lines, IsEmpty());
  EXPECT_EQ(found[0].problem, "no lines of this time");
}

TEST_F(ServerLogsTest, ReadsNothingThatItsOperatorDoesNotAllow) {
  Append("secret.log", "RuntimeError: x\n");
  std::filesystem::create_directory(Path("open"));
  std::filesystem::create_symlink(Path("secret.log"), Path("open/link.log"));
  ServerLogs logs(FleetName("default"), {{Path("open")}, {"http://loki:3100"}}, *store_, *store_, box_);
  logs.OnAssigned(JobId("r-1"),
                  SpecOf(fmt::format("[{{file: {0}}}, {{file: {1}/../secret.log}}, {{file: {1}/link.log}}, "
                                     "{{loki: \"http://loki:31000\", query: x}}]",
                                     Path("secret.log"), Path("open"))));
  const auto found = LogsOf(logs, Failed());
  ASSERT_THAT(found, SizeIs(4));
  for (const LogExcerpt& excerpt : found) {
    EXPECT_THAT(excerpt.lines, IsEmpty());
    EXPECT_THAT(excerpt.problem, HasSubstr("not allowed by the coordinator's operator")) << excerpt.source;
  }
}

TEST_F(ServerLogsTest, ShowsNothingWhereASecretMayBeThatItDoesNotKnow) {
  secrets_of_fleet_ = {"OF_AN_AGENT"};
  ServerLogs logs(FleetName("default"), {{directory_.path().string()}, {}}, *store_, *store_, box_);
  logs.OnAssigned(JobId("r-1"), SpecOf(fmt::format("[{{file: {}}}]", Path("chat.log"))));
  Append("chat.log", fmt::format("trace={} its-value refused\n", kTraceId));
  const auto found = LogsOf(logs, Failed());
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_THAT(found[0].lines, IsEmpty());
  EXPECT_THAT(found[0].problem, HasSubstr("not shown: the run uses a secret that this coordinator does not know"));
}

TEST_F(ServerLogsTest, LeavesPassesAndRunsWithoutLogsAlone) {
  ServerLogs logs(FleetName("default"), {}, *store_, *store_, box_);
  fleet::ResultsReceived passed = Failed();
  passed.results[0].outcome = Outcome::kPassed;
  EXPECT_THAT(LogsOf(logs, passed), IsEmpty());
  EXPECT_THAT(LogsOf(logs, Failed()), IsEmpty());  // nobody knows this run
  logs.Stop();
  EXPECT_THAT(LogsOf(logs, Failed()), IsEmpty());
}

TEST_F(ServerLogsTest, GivesUpAtTheLimitOfARun) {
  Append("chat.log", "");
  ServerLogs logs(FleetName("default"), {{Path("chat.log")}, {}}, *store_, *store_, box_);
  logs.OnAssigned(JobId("r-1"), SpecOf(fmt::format("[{{file: {}}}]", Path("chat.log"))));
  AwaitReading(logs);
  Append("chat.log", "RuntimeError: x\n");
  for (std::uint32_t i = 0; i < ServerLogs::kMaxCasesPerRun; ++i) EXPECT_THAT(LogsOf(logs, Failed()), SizeIs(1)) << i;
  EXPECT_THAT(LogsOf(logs, Failed()), IsEmpty());
}

TEST_F(ServerLogsTest, AsksLokiForTheTimeOfTheFailure) {
  OneAnswer loki(R"({"status":"success","data":{"resultType":"streams","result":[
      {"stream":{"app":"chat"},"values":[["1700000000000000002","second ERROR 4bf92f3577b34da6a3ce929d0e0e4736"]]},
      {"stream":{"app":"db"},"values":[["1700000000000000001","first 4bf92f3577b34da6a3ce929d0e0e4736 token=abc"]]}]}})");
  ServerLogs logs(FleetName("default"), {{}, {loki.url()}}, *store_, *store_, box_);
  logs.OnAssigned(
      JobId("r-1"),
      SpecOf(fmt::format("[{{loki: \"{}\", query: '{{app=\"${{app}}\"}} |= \"${{trace.id}}\"'}}]", loki.url())));
  const auto found = LogsOf(logs, Failed());
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_EQ(found[0].problem, "");
  EXPECT_TRUE(found[0].same_request);
  EXPECT_THAT(found[0].lines, ElementsAre(fmt::format("first {} token=[redacted]", kTraceId),
                                          fmt::format("second ERROR {}", kTraceId)));
  EXPECT_THAT(loki.request(), HasSubstr("GET /loki/api/v1/query_range?query=%7Bapp%3D%22chat%22%7D"));
}

TEST(Loki, IsAskedBelowWhatIsAllowedAndNowhereElse) {
  const std::vector<std::string> allowed{"http://loki:3100/tenants"};
  for (const char* url : {"http://loki:3100/tenants", "http://loki:3100/tenants/", "http://loki:3100/tenants/a-1/b"}) {
    EXPECT_TRUE(IsAllowedUrl(url, allowed)) << url;
  }
  for (const char* url : {"http://loki:3100/tenantsx", "http://loki:3100/tenants/../admin/delete?x=",
                          "http://loki:3100/tenants/%2e%2e/admin", "http://loki:3100/tenants?x=", "http://loki:3100/",
                          "http://loki:3100/tenants/#", "http://loki:3100/tenants/..\\admin"}) {
    EXPECT_FALSE(IsAllowedUrl(url, allowed)) << url;
  }
}

TEST(Loki, SaysWhatItsAnswerIsNot) {
  for (const char* body :
       {"", "{}", "[]", R"({"data":{"result":{}}})", R"({"data":{"result":[{"values":[["x"]]}]}})"}) {
    EXPECT_FALSE(LinesOfAnswer(body).ok()) << body;
  }
  EXPECT_EQ(LinesOfAnswer(R"({"data":{"result":[]}})").value(), "");
}

TEST(LogFile, GivesWholeLinesOfItsEnd) {
  const testing::TemporaryDirectory directory;
  const std::string path = (directory.path() / "a.log").string();
  std::ofstream(path) << "first line\nsecond line\nthird" << std::flush;
  const auto tail = ReadTail(path, 20);
  ASSERT_TRUE(tail.ok());
  EXPECT_EQ(tail->text, "second line\nthird");
  EXPECT_EQ(tail->offset, 11u);
  EXPECT_EQ(ReadTail(path, 1000)->offset, 0u);
  EXPECT_FALSE(ReadTail("/dev/zero", 10).ok());
  EXPECT_FALSE(ReadTail(directory.path().string(), 10).ok());
  EXPECT_TRUE(absl::IsNotFound(ReadTail(path + "x", 10).status()));
}

}  // namespace
}  // namespace wsfleet::coordinator
