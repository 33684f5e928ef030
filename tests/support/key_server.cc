#include "tests/support/key_server.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <signal.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <stdexcept>
#include <string_view>

namespace wsfleet::testing {
namespace {

// FILE CERTIFICATE KEY PORT PORT_FILE LOG
constexpr char kProgram[] = R"(
import http.server, os, ssl, sys
file, certificate, key, port, port_file, log = sys.argv[1:]
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        with open(log, "a") as lines:
            lines.write(self.path + "\n")
        with open(file, "rb") as content:
            body = content.read()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *arguments):
        pass
server = http.server.ThreadingHTTPServer(("127.0.0.1", int(port)), Handler)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(certificate, key)
server.socket = context.wrap_socket(server.socket, server_side=True)
with open(port_file + ".new", "w") as out:
    out.write(str(server.server_address[1]))
os.rename(port_file + ".new", port_file)
server.serve_forever()
)";

void AddExtension(X509* certificate, int kind, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, kind, value);
  if (extension == nullptr) throw std::runtime_error("no certificate extension");
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

// Signed by itself, for 127.0.0.1, for an hour.
void WriteCertificate(const std::string& certificate_file, const std::string& key_file) {
  EVP_PKEY* key = EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256");
  X509* certificate = X509_new();
  X509_set_version(certificate, X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate), -60);
  X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
  X509_set_pubkey(certificate, key);
  X509_NAME* name = X509_get_subject_name(certificate);
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>("key server"), -1, -1, 0);
  X509_set_issuer_name(certificate, name);
  AddExtension(certificate, NID_basic_constraints, "critical,CA:TRUE");
  AddExtension(certificate, NID_subject_alt_name, "IP:127.0.0.1");
  X509_sign(certificate, key, EVP_sha256());
  const auto write = [](const std::string& path, const auto& put) {
    BIO* out = BIO_new_file(path.c_str(), "w");
    if (out == nullptr || put(out) != 1) throw std::runtime_error("cannot write " + path);
    BIO_free(out);
  };
  write(certificate_file, [&](BIO* out) { return PEM_write_bio_X509(out, certificate); });
  write(key_file, [&](BIO* out) { return PEM_write_bio_PrivateKey(out, key, nullptr, nullptr, 0, nullptr, nullptr); });
  X509_free(certificate);
  EVP_PKEY_free(key);
}

}  // namespace

KeyServer::KeyServer(const std::string& keys) {
  WriteCertificate(File("server.pem"), File("server.key"));
  Serve(keys);
  Start();
}

void KeyServer::Serve(const std::string& keys) const {
  directory_.Write("keys.new", keys);
  std::filesystem::rename(File("keys.new"), File("keys.json"));
}

std::size_t KeyServer::requests() const {
  const std::string log = ReadWholeFile(File("requests.log"));
  return static_cast<std::size_t>(std::ranges::count(log, '\n'));
}

void KeyServer::Stop() {
  process_->Signal(SIGKILL);
  process_->Wait(absl::Seconds(10));
}

void KeyServer::Start() {
  std::filesystem::remove(File("port"));
  process_ = std::make_unique<ChildProcess>(
      Command{{"/usr/bin/python3", "-c", kProgram, File("keys.json"), File("server.pem"), File("server.key"),
               std::to_string(port_), File("port"), File("requests.log")},
              {},
              {}});
  if (!WaitUntil([&] { return std::filesystem::exists(File("port")) || !process_->running(); }) ||
      !process_->running()) {
    throw std::runtime_error("the key server does not serve:\n" + process_->err());
  }
  const std::string port = ReadWholeFile(File("port"));
  std::from_chars(port.data(), port.data() + port.size(), port_);
}

}  // namespace wsfleet::testing
