#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <memory>
#include <string>
#include <thread>

#include "agent/engine/beast_random.h"
#include "boost/asio/io_context.hpp"
#include "boost/asio/ip/tcp.hpp"
#include "boost/asio/ssl/context.hpp"
#include "boost/asio/ssl/stream.hpp"
#include "boost/beast/core/flat_buffer.hpp"
#include "boost/beast/websocket.hpp"
#include "boost/beast/websocket/ssl.hpp"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/unit/engine/suite_run.h"

namespace wsfleet::testing {
namespace {

// (The macro for this casts const away.)
EVP_PKEY* NewP256Key() {
  std::string curve = "P-256";
  return EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", curve.data());
}

namespace asio = boost::asio;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

struct Certificate {
  std::string key_pem, certificate_pem;
};

std::string Text(const std::function<void(BIO*)>& write) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> bio(BIO_new(BIO_s_mem()), BIO_free);
  write(bio.get());
  char* data = nullptr;
  const long length = BIO_get_mem_data(bio.get(), &data);
  return std::string(data, static_cast<std::size_t>(length));
}

// Signed by itself, for the address 127.0.0.1 or for a name.
Certificate SelfSigned(const std::string& alternative_name) {
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(NewP256Key(), EVP_PKEY_free);
  const std::unique_ptr<X509, decltype(&X509_free)> certificate(X509_new(), X509_free);
  X509_set_version(certificate.get(), 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -3600);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 3600);
  X509_set_pubkey(certificate.get(), key.get());
  X509_NAME* name = X509_get_subject_name(certificate.get());
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>("test"), -1, -1, 0);
  X509_set_issuer_name(certificate.get(), name);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, alternative_name.c_str());
  X509_add_ext(certificate.get(), extension, -1);
  X509_EXTENSION_free(extension);
  X509_sign(certificate.get(), key.get(), EVP_sha256());
  return {Text([&](BIO* bio) { PEM_write_bio_PrivateKey(bio, key.get(), nullptr, nullptr, 0, nullptr, nullptr); }),
          Text([&](BIO* bio) { PEM_write_bio_X509(bio, certificate.get()); })};
}

// Accepts one wss connection, and answers what comes on it.
class TlsServer {
 public:
  // `asks`: it lets nobody in without a certificate that it knows, and it knows none.
  explicit TlsServer(const Certificate& certificate, bool asks = false)
      : tls_(asio::ssl::context::tls_server),
        acceptor_(context_, asio::ip::tcp::endpoint(asio::ip::make_address("127.0.0.1"), 0)) {
    tls_.use_private_key(asio::buffer(certificate.key_pem), asio::ssl::context::pem);
    tls_.use_certificate_chain(asio::buffer(certificate.certificate_pem));
    if (asks) tls_.set_verify_mode(asio::ssl::verify_peer | asio::ssl::verify_fail_if_no_peer_cert);
    port_ = acceptor_.local_endpoint().port();
    thread_ = std::thread([this] { Serve(); });
  }
  ~TlsServer() {
    // Wakes an accept that nobody came to.
    ::shutdown(acceptor_.native_handle(), SHUT_RDWR);
    thread_.join();
  }

  std::string url() const { return "wss://127.0.0.1:" + std::to_string(port_); }

 private:
  void Serve() {
    boost::beast::websocket::stream<asio::ssl::stream<asio::ip::tcp::socket>> stream(context_, tls_);
    boost::system::error_code error;
    acceptor_.accept(stream.next_layer().next_layer(), error);
    if (!error) stream.next_layer().handshake(asio::ssl::stream_base::server, error);
    if (!error) stream.accept(error);
    boost::beast::flat_buffer buffer;
    while (!error) stream.read(buffer, error);
  }

  asio::io_context context_;
  asio::ssl::context tls_;
  asio::ip::tcp::acceptor acceptor_;
  std::uint16_t port_ = 0;
  std::thread thread_;
};

// `target` with these TLS settings.
std::string TlsSuite(const std::string& url, const std::string& tls) {
  return "version: wsfleet/v1\nname: test\nvars: {ca: \"\"}\ntargets: {here: {url: \"" + url + "\", tls: " + tls +
         "}}\ntarget: here\nscenarios:\n  - name: one\n    steps: [{connect: {path: /ws}}, {ping: {}}]\n";
}

TEST(Tls, OfAnUnknownAuthorityIsRefusedInItsPhase) {
  TlsServer server(SelfSigned("IP:127.0.0.1"));
  SuiteRun run(OneScenario(server.url(), {"- connect: {path: /ws}", "- ping: {}"}));
  ASSERT_TRUE(run.Result().failure.has_value());
  EXPECT_EQ(run.Result().failure->failure_class, FailureClass::kTls);
  EXPECT_EQ(run.Result().failure->phase, Phase::kTls);
  EXPECT_THAT(run.Result().failure->message, HasSubstr("self-signed certificate"));
  EXPECT_THAT(run.Result().failure->evidence.certificates,
              ElementsAre(AllOf(StartsWith("/CN=test issuer=/CN=test from=20"), HasSubstr(" until=20"),
                                EndsWith(" names=127.0.0.1"))));
  EXPECT_THAT(run.Result().failure->evidence.transcript, IsEmpty()) << "no request was written";
}

TEST(Tls, OfAnotherNameSaysWhichItIsForAndWhichWasAsked) {
  const Certificate certificate = SelfSigned("DNS:chat.example.com,DNS:*.chat.example.com");
  TlsServer server(certificate);
  SuiteRun::Options options;
  options.vars["ca"] = certificate.certificate_pem;
  SuiteRun run(TlsSuite(server.url(), "{ca: \"${ca}\", server_name: localhost}"), options);
  ASSERT_TRUE(run.Result().failure.has_value());
  EXPECT_THAT(run.Result().failure->message,
              EndsWith("the certificate is for chat.example.com, *.chat.example.com, asked for localhost"));
  EXPECT_THAT(run.Result().failure->evidence.certificates,
              ElementsAre(EndsWith(" names=chat.example.com,*.chat.example.com")));
}

TEST(Tls, ThatIsNotToBeVerifiedIsShownInTheProof) {
  TlsServer server(SelfSigned("IP:127.0.0.1"));
  SuiteRun run(TlsSuite(server.url(), "{insecure: true}"));
  EXPECT_EQ(run.Result().outcome, Outcome::kPassed) << run.Result().failure->message;
  EXPECT_THAT(run.Result().proof.tls_version, StartsWith("TLSv1."));
  EXPECT_FALSE(run.Result().proof.tls_cipher.empty());
  EXPECT_TRUE(run.Result().proof.timings.tls.has_value());
}

// In TLS 1.3 the handshake is over for us before the target has judged our certificate (RFC 8446, 4.4.2.4).
TEST(Tls, ThatTheTargetEndsForWantOfACertificateIsNamedInEachVersion) {
  for (const std::string version : {"tls1.2", "tls1.3"}) {
    for (const std::string step : {"connect: {path: /ws}", "http: {get: /, expect: {status: 200}}",
                                   "connect: {path: /ws, refused: {class: tls}}"}) {
      SCOPED_TRACE(version + " " + step);
      TlsServer server(SelfSigned("IP:127.0.0.1"), true);
      SuiteRun run("version: wsfleet/v1\nname: test\ntargets: {here: {url: \"" + server.url() +
                   "\", tls: {insecure: true, max_version: " + version +
                   "}}}\ntarget: here\nscenarios:\n  - name: one\n    steps: [{" + step + "}" +
                   (step.find("path: /ws}") == std::string::npos ? "]\n" : ", {ping: {}}]\n"));
      if (step.find("refused") != std::string::npos) {
        EXPECT_EQ(run.Result().outcome, Outcome::kPassed);
        continue;
      }
      ASSERT_TRUE(run.Result().failure.has_value());
      EXPECT_EQ(run.Result().failure->failure_class, FailureClass::kTls) << run.Result().failure->message;
      EXPECT_EQ(run.Result().failure->phase, Phase::kTls);
      if (version == "tls1.3") {
        EXPECT_THAT(run.Result().failure->hint, HasSubstr("client certificate"));
      }
    }
  }
}

TEST(Tls, OfAPeerThatSpeaksNoneFailsInItsPhase) {
  asio::io_context context;
  asio::ip::tcp::acceptor acceptor(context, asio::ip::tcp::endpoint(asio::ip::make_address("127.0.0.1"), 0));
  std::thread plain([&] {
    asio::ip::tcp::socket socket(context);
    boost::system::error_code error;
    acceptor.accept(socket, error);
    asio::write(socket, asio::buffer(std::string("HTTP/1.1 400 Bad Request\r\n\r\n")), error);
    std::string sink(4096, '\0');
    while (!error) socket.read_some(asio::buffer(sink), error);
  });
  {
    SuiteRun run(OneScenario("wss://127.0.0.1:" + std::to_string(acceptor.local_endpoint().port()),
                             {"- connect: {path: /ws}", "- ping: {}"}));
    ASSERT_TRUE(run.Result().failure.has_value());
    EXPECT_EQ(run.Result().failure->failure_class, FailureClass::kTls);
    EXPECT_EQ(run.Result().failure->phase, Phase::kTls);
    EXPECT_EQ(run.Result().proof.tls_version + run.Result().proof.tls_cipher, "") << "none was agreed";
  }
  plain.join();
}

}  // namespace
}  // namespace wsfleet::testing
