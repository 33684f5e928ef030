#include "agent/engine/guarded_stream.h"

#include "boost/asio/ssl/host_name_verification.hpp"

namespace wsfleet::engine {

std::string GuardedStream::PrepareTls(const std::string& server_name, const std::string& ca_pem, bool insecure) {
  boost::system::error_code error;
  context_.emplace(boost::asio::ssl::context::tls_client);
  SSL_CTX_set_min_proto_version(context_->native_handle(), TLS1_2_VERSION);
  SSL_CTX_set_mode(context_->native_handle(), SSL_MODE_RELEASE_BUFFERS);
  if (ca_pem.empty()) {
    context_->set_default_verify_paths(error);
  } else {
    context_->add_certificate_authority(boost::asio::buffer(ca_pem), error);
  }
  if (error) return "tls: ca is no PEM certificate: " + error.message();
  tls_.emplace(socket_, *context_);
  // RFC 6066, 3: the name without a port; addresses are not sent.
  boost::system::error_code is_address;
  boost::asio::ip::make_address(server_name, is_address);
  if (is_address) SSL_set_tlsext_host_name(tls_->native_handle(), server_name.c_str());
  constexpr unsigned char kHttp11[] = "\x08http/1.1";
  SSL_set_alpn_protos(tls_->native_handle(), kHttp11, sizeof(kHttp11) - 1);
  if (insecure) {
    tls_->set_verify_mode(boost::asio::ssl::verify_none);
  } else {
    tls_->set_verify_mode(boost::asio::ssl::verify_peer);
    tls_->set_verify_callback(boost::asio::ssl::host_name_verification(server_name));
  }
  return {};
}

}  // namespace wsfleet::engine
