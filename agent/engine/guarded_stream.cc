#include "agent/engine/guarded_stream.h"

#include <algorithm>

namespace wsfleet::engine {

namespace {

int VersionOf(const std::string& name, int otherwise) {
  if (name == "tls1.0") return TLS1_VERSION;
  if (name == "tls1.1") return TLS1_1_VERSION;
  if (name == "tls1.2") return TLS1_2_VERSION;
  if (name == "tls1.3") return TLS1_3_VERSION;
  return otherwise;
}

}  // namespace

void GuardedStream::CloseSocket() {
  boost::system::error_code ignored;
  socket_.close(ignored);
  held_.reset();
}

void GuardedStream::ForgetRecord() {
  gate_.Forget();
  first_byte_.reset();
}

std::size_t GuardedStream::waiting_bytes() const {
  boost::system::error_code closed;
  return socket_.available(closed);
}

std::string GuardedStream::PrepareTls(const std::string& server_name, const TlsOptions& options) {
  boost::system::error_code error;
  context_.emplace(boost::asio::ssl::context::tls_client);
  const int highest = VersionOf(options.max_version, TLS1_3_VERSION);
  const int lowest = VersionOf(options.min_version, std::min(TLS1_2_VERSION, highest));
  SSL_CTX_set_min_proto_version(context_->native_handle(), lowest);
  SSL_CTX_set_max_proto_version(context_->native_handle(), highest);
  // OpenSSL 3 takes the signatures of TLS 1.0 and 1.1 at no higher level. Only who asks for these versions gets it.
  if (lowest < TLS1_2_VERSION) SSL_CTX_set_security_level(context_->native_handle(), 0);
  SSL_CTX_set_mode(context_->native_handle(), SSL_MODE_RELEASE_BUFFERS);
  if (options.ca_pem.empty()) {
    context_->set_default_verify_paths(error);
  } else {
    context_->add_certificate_authority(boost::asio::buffer(options.ca_pem), error);
  }
  if (error) return "tls: ca is no PEM certificate: " + error.message();
  if (!options.certificate_pem.empty()) {
    context_->use_certificate_chain(boost::asio::buffer(options.certificate_pem), error);
    if (error) return "tls: cert is no PEM certificate: " + error.message();
    context_->use_private_key(boost::asio::buffer(options.key_pem), boost::asio::ssl::context::pem, error);
    if (error) return "tls: key is no PEM key of this certificate: " + error.message();
  }
  tls_.emplace(socket_, *context_);
  before_tls_in_ = bytes_in_;
  before_tls_out_ = bytes_out_;
  // RFC 6066, 3: the name without a port; addresses are not sent.
  boost::system::error_code is_name;
  boost::asio::ip::make_address(server_name, is_name);
  if (is_name) SSL_set_tlsext_host_name(tls_->native_handle(), server_name.c_str());
  constexpr unsigned char kHttp11[] = "\x08http/1.1";
  SSL_set_alpn_protos(tls_->native_handle(), kHttp11, sizeof(kHttp11) - 1);
  if (options.insecure) {
    tls_->set_verify_mode(boost::asio::ssl::verify_none);
  } else {
    tls_->set_verify_mode(boost::asio::ssl::verify_peer);
    SSL_set_hostflags(tls_->native_handle(), X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    if (is_name) {
      SSL_set1_host(tls_->native_handle(), server_name.c_str());
    } else {
      X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(tls_->native_handle()), server_name.c_str());
    }
  }
  return {};
}

std::size_t GuardedStream::OnReceived(std::string_view part) {
  if (!first_byte_) first_byte_ = SteadyNow();
  bytes_in_ += part.size();
  if (watch_) return Admit(part);
  gate_.Take(part);
  return 0;
}

std::size_t GuardedStream::Admit(std::string_view part) {
  if (cut_) return 0;
  if (!watch_) return part.size();
  const std::size_t good = watch_->Take(part, SteadyNow());
  cut_ = watch_->problem() != FrameWatch::Problem::kNone;
  return good;
}

// What comes before a problem is still passed on.
boost::system::error_code GuardedStream::ErrorOf(std::size_t passed) const {
  const bool too_much = cap_ != 0 && bytes_in_ > cap_;
  if (too_much || (cut_ && passed == 0)) return boost::asio::error::message_size;
  return {};
}

// What went through before TLS began is a proxy's tunnel.
std::uint64_t GuardedStream::bytes_in() const {
  if (!tls_) return bytes_in_;
  return before_tls_in_ + BIO_number_read(SSL_get_rbio(const_cast<Tls&>(*tls_).native_handle()));
}

std::uint64_t GuardedStream::bytes_out() const {
  if (!tls_) return bytes_out_;
  return before_tls_out_ + BIO_number_written(SSL_get_wbio(const_cast<Tls&>(*tls_).native_handle()));
}

}  // namespace wsfleet::engine
