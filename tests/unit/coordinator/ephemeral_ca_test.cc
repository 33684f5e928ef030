#include "coordinator/tls/ephemeral_ca.h"

#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <filesystem>
#include <memory>

#include "gtest/gtest.h"
#include "tests/support/temporary_directory.h"

namespace wsfleet::coordinator {
namespace {

using testing::ReadWholeFile;

using Certificate = std::shared_ptr<X509>;

Certificate Read(const std::string& path) {
  const std::string pem = ReadWholeFile(path);
  BIO* memory = BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()));
  Certificate certificate(PEM_read_bio_X509(memory, nullptr, nullptr, nullptr), X509_free);
  BIO_free(memory);
  return certificate;
}

// As a peer would judge it.
bool Verifies(const Certificate& certificate, const Certificate& ca, int purpose, absl::Time now) {
  const std::shared_ptr<X509_STORE> store(X509_STORE_new(), X509_STORE_free);
  X509_STORE_add_cert(store.get(), ca.get());
  const std::shared_ptr<X509_STORE_CTX> context(X509_STORE_CTX_new(), X509_STORE_CTX_free);
  X509_STORE_CTX_init(context.get(), store.get(), certificate.get(), nullptr);
  X509_STORE_CTX_set_purpose(context.get(), purpose);
  X509_STORE_CTX_set_time(context.get(), 0, absl::ToTimeT(now));
  return X509_verify_cert(context.get()) == 1;
}

class EphemeralCa : public ::testing::Test {
 protected:
  testing::TemporaryDirectory directory_;
  std::string path_ = (directory_.path() / "ca").string();
  EphemeralCaFiles files_{path_};
  absl::Time now_ = absl::Now();
};

TEST_F(EphemeralCa, SignsAServerForLoopbackAndAnAgent) {
  ASSERT_TRUE(MakeEphemeralCa(path_, now_).ok());
  const Certificate ca = Read(files_.ca), server = Read(files_.server_certificate),
                    agent = Read(files_.agent_certificate);
  ASSERT_TRUE(ca && server && agent);
  EXPECT_TRUE(Verifies(server, ca, X509_PURPOSE_SSL_SERVER, now_));
  EXPECT_TRUE(Verifies(agent, ca, X509_PURPOSE_SSL_CLIENT, now_));
  EXPECT_FALSE(Verifies(agent, ca, X509_PURPOSE_SSL_SERVER, now_)) << "an agent must not pass for the coordinator";
  EXPECT_EQ(X509_check_host(server.get(), "localhost", 0, 0, nullptr), 1);
  EXPECT_EQ(X509_check_ip_asc(server.get(), "127.0.0.1", 0), 1);
  EXPECT_EQ(X509_check_ip_asc(server.get(), "::1", 0), 1);
  EXPECT_FALSE(Verifies(server, ca, X509_PURPOSE_SSL_SERVER, now_ + absl::Hours(31 * 24)));
}

TEST_F(EphemeralCa, ShowsKeysAndTokenToTheirOwnerOnly) {
  ASSERT_TRUE(MakeEphemeralCa(path_, now_).ok());
  namespace fs = std::filesystem;
  EXPECT_EQ(fs::status(path_).permissions(), fs::perms::owner_all);
  for (const std::string& secret : {files_.server_key, files_.agent_key, files_.client_token}) {
    EXPECT_EQ(fs::status(secret).permissions(), fs::perms::owner_read | fs::perms::owner_write) << secret;
  }
  EXPECT_EQ(ReadWholeFile(files_.client_token).size(), 64U);
}

TEST_F(EphemeralCa, StaysTheSameOverARestart) {
  ASSERT_TRUE(MakeEphemeralCa(path_, now_).ok());
  const std::string ca = ReadWholeFile(files_.ca), token = ReadWholeFile(files_.client_token);
  ASSERT_TRUE(MakeEphemeralCa(path_, now_ + absl::Hours(1)).ok());
  EXPECT_EQ(ReadWholeFile(files_.ca), ca);
  EXPECT_EQ(ReadWholeFile(files_.client_token), token);
}

TEST_F(EphemeralCa, IsMadeAgainBeforeItExpires) {
  ASSERT_TRUE(MakeEphemeralCa(path_, now_).ok());
  const std::string ca = ReadWholeFile(files_.ca);
  ASSERT_TRUE(MakeEphemeralCa(path_, now_ + absl::Hours(29 * 24 + 12)).ok());
  EXPECT_NE(ReadWholeFile(files_.ca), ca);
}

TEST_F(EphemeralCa, IsMadeAgainIfAFileIsMissing) {
  ASSERT_TRUE(MakeEphemeralCa(path_, now_).ok());
  std::filesystem::remove(files_.agent_key);
  ASSERT_TRUE(MakeEphemeralCa(path_, now_).ok());
  const Certificate ca = Read(files_.ca);
  EXPECT_TRUE(Verifies(Read(files_.agent_certificate), ca, X509_PURPOSE_SSL_CLIENT, now_));
  EXPECT_FALSE(ReadWholeFile(files_.agent_key).empty());
}

}  // namespace
}  // namespace wsfleet::coordinator
