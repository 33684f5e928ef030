#include "monitoring/http_server.h"

#include <future>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/raw_http.h"

namespace wsfleet::monitoring {
namespace {

using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

HttpServer::Late Never() {
  return [] { return HttpReply{503, "text/plain", "late\n"}; };
}

HttpServer::Late Echo(std::string_view path, const HttpServer::Answer& answer) {
  HttpReply reply;
  reply.body = std::string(path) + "\n";
  answer(std::move(reply));
  return Never();
}

std::unique_ptr<HttpServer> Serve(HttpServer::Handler handler = Echo, HttpLimits limits = {}) {
  auto server = HttpServer::Start("127.0.0.1:0", std::move(handler), limits);
  EXPECT_TRUE(server.ok()) << server.status();
  return *std::move(server);
}

TEST(HttpServer, AnswersTheRequestOfAConnectionAndClosesIt) {
  const auto server = Serve();
  EXPECT_THAT(testing::HttpGet(server->address(), "/one?two=three"),
              AllOf(StartsWith("HTTP/1.1 200 OK\r\n"), HasSubstr("Content-Length: 5\r\n"),
                    HasSubstr("Connection: close\r\n"), EndsWith("\r\n\r\n/one\n")));
  EXPECT_THAT(testing::HttpExchange(server->address(), "GET /old HTTP/1.0\r\n\r\n"), EndsWith("/old\n"));
}

TEST(HttpServer, AnswersHeadWithoutABody) {
  const auto server = Serve();
  EXPECT_THAT(testing::HttpExchange(server->address(), "HEAD /path HTTP/1.1\r\nHost: a\r\n\r\n"),
              AllOf(StartsWith("HTTP/1.1 200"), HasSubstr("Content-Length: 6\r\n"), EndsWith("\r\n\r\n")));
}

TEST(HttpServer, RefusesOtherMethodsAndBodies) {
  const auto server = Serve();
  for (const std::string method : {"POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PATCH"}) {
    EXPECT_THAT(testing::HttpExchange(server->address(), method + " / HTTP/1.1\r\nHost: a\r\n\r\n"),
                AllOf(StartsWith("HTTP/1.1 405 "), HasSubstr("Allow: GET, HEAD\r\n")));
  }
  EXPECT_THAT(testing::HttpExchange(server->address(), "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc"),
              StartsWith("HTTP/1.1 413 "));
  EXPECT_THAT(
      testing::HttpExchange(server->address(), "GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"),
      StartsWith("HTTP/1.1 413 "));
}

TEST(HttpServer, RefusesWhatIsNoRequest) {
  const auto server = Serve();
  EXPECT_THAT(testing::HttpExchange(server->address(), "\x16\x03\x01 this is TLS, or the like\r\n\r\n"),
              StartsWith("HTTP/1.1 400 "));
  EXPECT_THAT(testing::HttpExchange(server->address(), "GET\r\n\r\n"), StartsWith("HTTP/1.1 400 "));
  EXPECT_THAT(testing::HttpExchange(server->address(), "GET ?v/metrics HTTP/1.1\r\nHost: a\r\n\r\n"),
              StartsWith("HTTP/1.1 400 "));
}

TEST(HttpServer, RefusesARequestThatIsTooLarge) {
  const auto server = Serve();
  const std::string large(20'000, 'a');
  EXPECT_THAT(testing::HttpExchange(server->address(), "GET / HTTP/1.1\r\nHost: a\r\nX: " + large + "\r\n\r\n"),
              StartsWith("HTTP/1.1 431 "));
  EXPECT_THAT(testing::HttpExchange(server->address(), "GET /" + large + " HTTP/1.1\r\n\r\n"),
              StartsWith("HTTP/1.1 431 "));
  EXPECT_THAT(testing::HttpGet(server->address(), "/still-there"), EndsWith("/still-there\n"));
}

TEST(HttpServer, EndsAConnectionWhoseRequestDoesNotComeInTime) {
  HttpLimits limits;
  limits.request = absl::Milliseconds(50);
  const auto server = Serve(Echo, limits);
  testing::RawClient slow(server->address());
  slow.Send("GET / HTTP/1.1\r\nHo");
  EXPECT_THAT(slow.ReadToEnd(), IsEmpty());
}

TEST(HttpServer, EndsAConnectionThatDoesNotTakeItsReply) {
  HttpLimits limits;
  limits.reply = absl::Milliseconds(100);
  const HttpServer::Handler large = [](std::string_view, const HttpServer::Answer& answer) {
    HttpReply reply;
    reply.body = std::string(64 << 20, 'a');
    answer(std::move(reply));
    return Never();
  };
  const auto server = Serve(large, limits);
  testing::RawClient deaf(server->address());
  deaf.Send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  // It reads nothing; once it is ended, a further write finds that out.
  while (deaf.Send("x")) {
  }
}

TEST(HttpServer, EndsTheOldestConnectionForOneTooMany) {
  HttpLimits limits;
  limits.connections = 2;
  limits.request = absl::Minutes(10);
  const auto server = Serve(Echo, limits);
  testing::RawClient oldest(server->address());
  const std::string part = "GET / HTTP/1.1\r\n";
  oldest.Send(part);
  testing::RawClient second(server->address());
  second.Send(part);
  EXPECT_THAT(testing::HttpGet(server->address(), "/probe"), EndsWith("/probe\n"));
  EXPECT_THAT(oldest.ReadToEnd(), IsEmpty());
  second.Send("Host: a\r\n\r\n");
  EXPECT_THAT(second.ReadToEnd(), StartsWith("HTTP/1.1 200 "));
}

TEST(HttpServer, SaysSoWhenTheAnswerDoesNotComeInTime) {
  HttpLimits limits;
  limits.answer = absl::Milliseconds(50);
  HttpServer::Answer kept;
  const HttpServer::Handler silent = [&](std::string_view, HttpServer::Answer answer) {
    kept = std::move(answer);
    return Never();
  };
  auto server = Serve(silent, limits);
  EXPECT_THAT(testing::HttpGet(server->address(), "/"), AllOf(StartsWith("HTTP/1.1 503 "), EndsWith("late\n")));
  kept({});  // too late: for a connection that is gone
  server.reset();
  kept({});  // and for a server
}

TEST(HttpServer, TakesAnAnswerOfAnotherThread) {
  std::vector<std::future<void>> answers;
  const HttpServer::Handler handler = [&](std::string_view, const HttpServer::Answer& answer) {
    answers.push_back(std::async(std::launch::async, [answer] { answer({200, "text/plain", "from afar\n"}); }));
    return Never();
  };
  const auto server = Serve(handler);
  EXPECT_THAT(testing::HttpGet(server->address(), "/"), EndsWith("from afar\n"));
}

TEST(HttpServer, EndsWhileConnectionsAreOpen) {
  auto server = Serve();
  testing::RawClient silent(server->address());
  testing::RawClient half(server->address());
  half.Send("GET / HT");
  EXPECT_THAT(testing::HttpGet(server->address(), "/"), Not(IsEmpty()));  // both were accepted
  server.reset();
  EXPECT_THAT(silent.ReadToEnd(), IsEmpty());
  EXPECT_THAT(half.ReadToEnd(), IsEmpty());
}

TEST(HttpServer, SaysWhyItCannotListen) {
  const auto server = Serve();
  const auto second = HttpServer::Start(server->address(), Echo);
  EXPECT_EQ(second.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(second.status().message()),
              HasSubstr("cannot listen on " + server->address() + " (--http-listen): Address already in use"));
  for (const char* wrong : {"", "7480", ":7480", "host", "host:", "host:port", "host:70000", "::1:7480", "host:1x"}) {
    EXPECT_THAT(CheckListenAddress(wrong), StartsWith("expected host:port")) << wrong;
  }
  for (const char* right : {"0.0.0.0:7480", "localhost:0", "[::]:7480"}) EXPECT_EQ(CheckListenAddress(right), "");
}

}  // namespace
}  // namespace wsfleet::monitoring
