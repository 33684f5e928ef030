#include "agent/channel.h"

#include "grpcpp/create_channel.h"
#include "grpcpp/security/credentials.h"

namespace wsfleet::agent {

std::shared_ptr<grpc::Channel> OpenChannel(const std::string& address, const ChannelSecurity& security,
                                           grpc::ChannelArguments arguments) {
  // The agent has a back-off and a patience of its own; the channel's must be neither slower nor shorter.
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 2000);
  // How long one attempt to connect may take, in spite of its name.
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 60'000);
  // A coordinator that is gone without a word is noticed within half a minute, whatever waits for it; it allows a ping
  // every 5 s.
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, 20'000);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 10'000);
  arguments.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  // A new channel is a new connection.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  if (security.plaintext) {
    return grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments);
  }
  if (!security.server_name.empty()) arguments.SetSslTargetNameOverride(security.server_name);
  grpc::SslCredentialsOptions tls;
  tls.pem_root_certs = security.authority;
  tls.pem_cert_chain = security.certificate;
  tls.pem_private_key = security.key;
  return grpc::CreateCustomChannel(address, grpc::SslCredentials(tls), arguments);
}

}  // namespace wsfleet::agent
