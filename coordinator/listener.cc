#include "coordinator/listener.h"

#include <cerrno>
#include <chrono>
#include <cstring>
#include <utility>

#include "fmt/format.h"
#include "grpc/support/log.h"
#include "grpcpp/ext/proto_server_reflection_plugin.h"
#include "grpcpp/health_check_service_interface.h"
#include "grpcpp/resource_quota.h"
#include "grpcpp/server_builder.h"

namespace wsfleet::coordinator {
namespace {

constexpr std::chrono::seconds kShutdownGrace{2};

// Both are switches of the process in gRPC, and must be thrown before the first server is built.
void EnableHealthAndReflection() {
  static const bool done = [] {
    grpc::EnableDefaultHealthCheckService(true);
    grpc::reflection::InitProtoReflectionServerBuilderPlugin();
    return true;
  }();
  static_cast<void>(done);
}

void SetConnectionLimits(grpc::ServerBuilder& builder) {
  // Half-open connections are noticed within half a minute; clients may ping as often.
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, 20'000);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 10'000);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 5'000);
  // Who says nothing makes room for others.
  builder.AddChannelArgument(GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS, 20'000);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_IDLE_MS, 60'000);
  // Nobody of ours compresses; what others send would be inflated before its size is looked at.
  builder.AddChannelArgument(GRPC_ARG_ENABLE_PER_MESSAGE_DECOMPRESSION, 0);
  for (const auto algorithm : {GRPC_COMPRESS_DEFLATE, GRPC_COMPRESS_GZIP}) {
    builder.SetCompressionAlgorithmSupportStatus(algorithm, false);
  }
  // Otherwise a second coordinator would share the port instead of being told that it is taken.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
}

// While it lives, what gRPC logs is not written; that of this thread is kept.
class KeptLog {
 public:
  KeptLog() {
    text_.clear();
    gpr_set_log_function(+[](gpr_log_func_args* entry) { text_ += entry->message; });
  }
  ~KeptLog() { gpr_set_log_function(nullptr); }
  KeptLog(const KeptLog&) = delete;
  KeptLog& operator=(const KeptLog&) = delete;

  // By the words of the system for it, which gRPC quotes; empty: none of them.
  static std::string Reason() {
    for (const int reason : {EADDRINUSE, EACCES, EADDRNOTAVAIL}) {
      const std::string words = std::strerror(reason);
      if (text_.find(words) != std::string::npos) return words;
    }
    return {};
  }

 private:
  static thread_local std::string text_;
};

thread_local std::string KeptLog::text_;

}  // namespace

absl::StatusOr<std::unique_ptr<Listener>> Listener::Start(const ListenerOptions& options) {
  EnableHealthAndReflection();
  grpc::ServerBuilder builder;
  int port = 0;
  builder.AddListeningPort(options.address, options.credentials, &port);
  builder.SetMaxReceiveMessageSize(options.max_message_bytes);
  builder.AddChannelArgument(GRPC_ARG_MAX_METADATA_SIZE, options.max_metadata_bytes);
  SetConnectionLimits(builder);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, options.max_calls);
  if (options.max_memory_bytes > 0) {
    builder.SetResourceQuota(grpc::ResourceQuota(options.address).Resize(options.max_memory_bytes));
  }
  if (options.max_age < absl::InfiniteDuration()) {
    builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_AGE_MS,
                               static_cast<int>(absl::ToInt64Milliseconds(options.max_age)));
    builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_AGE_GRACE_MS, 20'000);
  }
  for (grpc::Service* service : options.services) builder.RegisterService(service);
  const KeptLog log;
  std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  if (server == nullptr || port == 0) {
    const std::string reason = KeptLog::Reason();
    return absl::FailedPreconditionError(
        fmt::format("cannot listen on {} ({}): {}expected a free address of this machine as host:port", options.address,
                    options.flag, reason.empty() ? "" : reason + "; "));
  }
  const std::string host = options.address.substr(0, options.address.rfind(':'));
  return std::unique_ptr<Listener>(
      new Listener(options.credentials, std::move(server), fmt::format("{}:{}", host, port)));
}

void Listener::Shutdown() {
  server_->Shutdown(std::chrono::system_clock::now() + kShutdownGrace);
  server_->Wait();
}

}  // namespace wsfleet::coordinator
