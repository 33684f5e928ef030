#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "monitoring/http_server.h"
#include "monitoring/metrics.h"

namespace wsfleet::monitoring {

// The plain HTTP port of a program:
//   /livez    200, unless the thread that decides has not answered for a minute. Whatever the program reaches or does
//             not reach, it lives.
//   /readyz   200 if it serves, else 503 with a line for each reason.
//   /metrics  for Prometheus.
// What they ask of the program is asked once at a time, and not again for a moment, however many ask here.
class Port {
 public:
  // Asks the program how it is: posts to its thread and returns at once. There it brings the gauges up to date, and
  // answers with why it is not ready; nothing: it is. An answer that never comes is what /livez finds.
  using Ask = std::function<void(std::function<void(std::vector<std::string>)>)>;

  struct Settings {
    std::string address;                        // host:port; port 0: any
    absl::Duration stuck = absl::Minutes(1);    // without an answer
    absl::Duration fresh = absl::Seconds(0.2);  // so long an answer is good for others
    HttpLimits http;
  };
  // `metrics` outlives it. Until Attach() the program lives and is not ready. Errors are those of HttpServer::Start().
  static absl::StatusOr<std::unique_ptr<Port>> Start(Settings settings, const Metrics& metrics);
  ~Port();

  // Any thread.
  void Attach(Ask ask);
  // When it returns, the program is not asked any more, and is not ready for this reason.
  void Detach(std::string why);

  const std::string& address() const { return server_->address(); }

 private:
  class Questions;
  explicit Port(std::shared_ptr<Questions> questions) : questions_(std::move(questions)) {}

  std::shared_ptr<Questions> questions_;
  std::unique_ptr<HttpServer> server_;
};

}  // namespace wsfleet::monitoring
