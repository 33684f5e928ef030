#include "cli/connection.h"

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "fmt/format.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/security/credentials.h"

namespace wsfleet::cli {
namespace {

std::string Variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string() : value;
}

std::string ReadFile(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream content;
  content << in.rdbuf();
  return std::move(content).str();
}

}  // namespace

Endpoint EndpointFromEnvironment() {
  Endpoint endpoint;
  endpoint.address = Variable("WSFLEET_COORDINATOR");
  endpoint.ca_file = Variable("WSFLEET_CA");
  endpoint.token_file = Variable("WSFLEET_TOKEN_FILE");
  if (const std::string fleet = Variable("WSFLEET_FLEET"); !fleet.empty()) endpoint.fleet = fleet;
  return endpoint;
}

CoordinatorClient::CoordinatorClient(Endpoint endpoint) : endpoint_(std::move(endpoint)) {
  if (!endpoint_.token_file.empty()) token_ = ReadFile(endpoint_.token_file);
  while (!token_.empty() && (token_.back() == '\n' || token_.back() == ' ')) token_.pop_back();
  grpc::SslCredentialsOptions tls;
  if (!endpoint_.ca_file.empty()) tls.pem_root_certs = ReadFile(endpoint_.ca_file);
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 1000);
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 1000);
  channel_ = grpc::CreateCustomChannel(endpoint_.address, grpc::SslCredentials(tls), arguments);
  jobs_ = v1::Jobs::NewStub(channel_);
  fleets_ = v1::Fleets::NewStub(channel_);
}

void CoordinatorClient::Authorize(grpc::ClientContext& context) const {
  if (!token_.empty()) context.AddMetadata("authorization", "Bearer " + token_);
}

bool CoordinatorClient::WaitForConnection() {
  return channel_->WaitForConnected(std::chrono::system_clock::now() + std::chrono::seconds(10));
}

std::string CoordinatorClient::Unreachable(const std::string& found) const {
  return fmt::format(
      "the coordinator at {} cannot be reached: {}\n"
      "  check: does it run and listen there (wsfleet-coordinator --client-listen)? is WSFLEET_CA ({}) the authority "
      "of its\n"
      "  certificate? gRPC shows a wrong certificate, none, and plain text alike as \"Socket closed\".",
      endpoint_.address, found.empty() ? "no answer within 10s" : found,
      endpoint_.ca_file.empty() ? "not set" : endpoint_.ca_file);
}

}  // namespace wsfleet::cli
