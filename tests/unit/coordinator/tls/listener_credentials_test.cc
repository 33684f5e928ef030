#include "coordinator/tls/listener_credentials.h"

#include <openssl/obj_mac.h>

#include <chrono>
#include <string>

#include "coordinator/listener.h"
#include "coordinator/private_file.h"
#include "coordinator/tls/x509.h"
#include "core/base/text.h"
#include "gmock/gmock.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/security/credentials.h"
#include "gtest/gtest.h"
#include "tests/support/child_process.h"
#include "tests/support/temporary_directory.h"

namespace wsfleet::coordinator {
namespace {

using ::testing::HasSubstr;

struct Pair {
  std::string key;
  std::string certificate;
};

// Its own authority.
Pair NewPair() {
  const x509::Key key = x509::NewKey();
  const x509::Profile profile{"localhost",
                              {{NID_basic_constraints, "critical,CA:TRUE"}, {NID_subject_alt_name, "DNS:localhost"}}};
  const absl::Time now = absl::Now();
  const x509::Certificate certificate =
      x509::Issue(key.get(), profile, nullptr, {now - absl::Hours(1), now + absl::Hours(1)});
  return {x509::Pem(key.get()), x509::Pem(certificate.get())};
}

class ListenerCredentials : public ::testing::Test {
 protected:
  void Write(const std::string& path, const std::string& content) {
    ASSERT_TRUE(WriteFileAtomically(path, content, Access::kOwnerOnly).ok());
  }
  std::string Message(const absl::StatusOr<std::shared_ptr<grpc::ServerCredentials>>& made) {
    EXPECT_TRUE(absl::IsFailedPrecondition(made.status()));
    return std::string(ToStd(made.status().message()));
  }
  // Whether a new connection is shown a certificate of this authority.
  static bool Shows(const Listener& listener, const Pair& pair) {
    grpc::SslCredentialsOptions tls;
    tls.pem_root_certs = pair.certificate;
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    const std::string port = listener.address().substr(listener.address().rfind(':'));
    const auto channel = grpc::CreateCustomChannel("localhost" + port, grpc::SslCredentials(tls), arguments);
    return channel->WaitForConnected(std::chrono::system_clock::now() + std::chrono::milliseconds(500));
  }

  testing::TemporaryDirectory directory_;
  TlsFiles files_{(directory_.path() / "tls.pem").string(), (directory_.path() / "tls.key").string(), ""};
};

TEST_F(ListenerCredentials, FollowFilesThatAreReplacedEvenIfTheyDoNotBelongTogetherForAWhile) {
  const Pair first = NewPair(), second = NewPair();
  Write(files_.certificate, first.certificate);
  Write(files_.key, first.key);
  const auto credentials = TlsCredentials(files_, absl::Seconds(1));
  ASSERT_TRUE(credentials.ok()) << credentials.status();
  const auto listener = Listener::Start({"127.0.0.1:0", *credentials, 1 << 20, {}, "--agent-listen"});
  ASSERT_TRUE(listener.ok()) << listener.status();
  EXPECT_TRUE(Shows(**listener, first));
  EXPECT_FALSE(Shows(**listener, second));
  Write(files_.certificate, second.certificate);
  EXPECT_TRUE(Shows(**listener, first));
  Write(files_.key, second.key);
  EXPECT_TRUE(testing::WaitUntil([&] { return Shows(**listener, second); }));
  EXPECT_FALSE(Shows(**listener, first));
  (*listener)->Shutdown();
}

TEST_F(ListenerCredentials, MayBeOneFileOfKeyAndCertificate) {
  const Pair first = NewPair(), second = NewPair();
  files_.key = files_.certificate;
  Write(files_.certificate, first.key + first.certificate);
  const auto credentials = TlsCredentials(files_, absl::Seconds(1));
  ASSERT_TRUE(credentials.ok()) << credentials.status();
  const auto listener = Listener::Start({"127.0.0.1:0", *credentials, 1 << 20, {}, "--agent-listen"});
  ASSERT_TRUE(listener.ok()) << listener.status();
  EXPECT_TRUE(Shows(**listener, first));
  Write(files_.certificate, second.key + second.certificate);
  EXPECT_TRUE(testing::WaitUntil([&] { return Shows(**listener, second); }));
  (*listener)->Shutdown();
}

TEST_F(ListenerCredentials, AreRefusedAtOnceIfTheFilesAreWrong) {
  const Pair first = NewPair(), second = NewPair();
  EXPECT_THAT(Message(TlsCredentials(files_, absl::Seconds(1))), HasSubstr("cannot read it"));
  Write(files_.certificate, first.certificate);
  Write(files_.key, second.key);
  EXPECT_THAT(Message(TlsCredentials(files_, absl::Seconds(1))), HasSubstr("is not the key of the first certificate"));
  Write(files_.key, "nothing");
  EXPECT_THAT(Message(TlsCredentials(files_, absl::Seconds(1))), HasSubstr("expected a private key"));
  Write(files_.certificate, first.key);
  EXPECT_THAT(Message(TlsCredentials(files_, absl::Seconds(1))), HasSubstr("expected a certificate"));
}

}  // namespace
}  // namespace wsfleet::coordinator
