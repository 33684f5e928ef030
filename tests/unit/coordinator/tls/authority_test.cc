#include "coordinator/tls/authority.h"

#include <openssl/x509v3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <vector>

#include "coordinator/tls/x509.h"
#include "core/base/text.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/status_message.h"
#include "tests/support/temporary_directory.h"

namespace wsfleet::coordinator {
namespace {

using ::testing::HasSubstr;
using testing::Message;
using testing::ReadWholeFile;

const AgentName kName{FleetName("default"), RegionName("eu-west-1"), PoolName("edge"), "host-0"};

// As a peer would that trusts all of these roots.
bool IsTrusted(const std::string& leaf_pem, const std::string& roots_pem, int purpose, absl::Time now) {
  const std::shared_ptr<X509_STORE> store(X509_STORE_new(), X509_STORE_free);
  const std::string end = "-----END CERTIFICATE-----\n";
  for (std::size_t at = 0, next; (next = roots_pem.find(end, at)) != std::string::npos; at = next + end.size()) {
    const x509::Certificate root = x509::ReadCertificate(roots_pem.substr(at, next + end.size() - at));
    X509_STORE_add_cert(store.get(), root.get());
  }
  const x509::Certificate leaf = x509::ReadCertificate(leaf_pem);
  const std::shared_ptr<X509_STORE_CTX> context(X509_STORE_CTX_new(), X509_STORE_CTX_free);
  X509_STORE_CTX_init(context.get(), store.get(), leaf.get(), nullptr);
  X509_STORE_CTX_set_purpose(context.get(), purpose);
  X509_STORE_CTX_set_time(context.get(), 0, absl::ToTimeT(now));
  return X509_verify_cert(context.get()) == 1;
}

class AuthorityTest : public ::testing::Test {
 protected:
  std::string IssueToAgent(absl::Duration life = absl::Hours(24)) {
    const x509::Key key = x509::NewKey();
    const auto issued = Authority::Open(path_, now_)->IssueToAgent(key.get(), kName, life, now_);
    EXPECT_TRUE(issued.ok()) << issued.status();
    return issued->chain;
  }
  std::string Trusted() { return *Authority::Open(path_, now_)->Trusted(); }

  testing::TemporaryDirectory directory_;
  std::string path_ = (directory_.path() / "ca").string();
  AuthorityFiles files_{path_};
  absl::Time now_ = absl::Now();
};

TEST_F(AuthorityTest, KeepsItsKeyToItselfAndOverRestarts) {
  const std::string leaf = IssueToAgent();
  namespace fs = std::filesystem;
  EXPECT_EQ(fs::status(path_).permissions(), fs::perms::owner_all);
  EXPECT_EQ(fs::status(files_.current).permissions(), fs::perms::owner_read | fs::perms::owner_write);
  EXPECT_THAT(ReadWholeFile(files_.trusted), ::testing::Not(HasSubstr("PRIVATE")));
  EXPECT_TRUE(IsTrusted(leaf, Trusted(), X509_PURPOSE_SSL_CLIENT, now_));
  fs::permissions(files_.current, fs::perms::group_read, fs::perm_options::add);
  EXPECT_THAT(Message(Authority::Open(path_, now_).status()), HasSubstr("chmod 600"));
}

TEST_F(AuthorityTest, TrustsNothingOldOnceItIsReplacedWhateverStepItWasAt) {
  for (const int steps : {0, 1, 2}) {
    std::string leaf = IssueToAgent();
    if (steps > 0) {
      ASSERT_TRUE(AddRoot(path_, now_).ok());
    }
    if (steps > 1) {
      ASSERT_TRUE(IssueFromNewRoot(path_).ok());
    }
    const std::string renewed = IssueToAgent();
    const std::string before = Trusted();
    ASSERT_TRUE(ReplaceRoots(path_, now_).ok());
    EXPECT_THAT(*ListRoots(path_), ::testing::SizeIs(1));
    for (const std::string& old : {leaf, renewed}) {
      EXPECT_TRUE(IsTrusted(old, before, X509_PURPOSE_SSL_CLIENT, now_));
      EXPECT_FALSE(IsTrusted(old, Trusted(), X509_PURPOSE_SSL_CLIENT, now_)) << steps;
      EXPECT_TRUE(absl::IsPermissionDenied(Authority::Open(path_, now_)->CheckTrusted(old)));
    }
    leaf = IssueToAgent();
    EXPECT_TRUE(IsTrusted(leaf, Trusted(), X509_PURPOSE_SSL_CLIENT, now_));
    EXPECT_TRUE(Authority::Open(path_, now_)->CheckTrusted(leaf).ok());
  }
}

TEST_F(AuthorityTest, NamesAnAgentInACertificateThatIsOfNoUseToAServer) {
  const std::string leaf = IssueToAgent();
  EXPECT_FALSE(IsTrusted(leaf, Trusted(), X509_PURPOSE_SSL_SERVER, now_));
  EXPECT_FALSE(IsTrusted(leaf, Trusted(), X509_PURPOSE_SSL_CLIENT, now_ + absl::Hours(25)));
  const x509::Certificate certificate = x509::ReadCertificate(leaf);
  auto* names =
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate.get(), NID_subject_alt_name, nullptr, nullptr));
  ASSERT_EQ(sk_GENERAL_NAME_num(names), 1);
  const ASN1_IA5STRING* uri = sk_GENERAL_NAME_value(names, 0)->d.uniformResourceIdentifier;
  EXPECT_EQ(std::string(reinterpret_cast<const char*>(ASN1_STRING_get0_data(uri)),
                        static_cast<std::size_t>(ASN1_STRING_length(uri))),
            AgentUri(kName));
  GENERAL_NAMES_free(names);
}

TEST_F(AuthorityTest, MakesTheCertificateOfAListenerOnceForItsNames) {
  const auto authority = Authority::Open(path_, now_);
  const auto file = authority->KeepServerCertificate({"wsfleet.example", "127.0.0.1", "::1"}, now_);
  ASSERT_TRUE(file.ok()) << file.status();
  const std::string first = ReadWholeFile(*file);
  EXPECT_TRUE(IsTrusted(first, Trusted(), X509_PURPOSE_SSL_SERVER, now_));
  const x509::Certificate certificate = x509::ReadCertificate(first);
  EXPECT_EQ(X509_check_host(certificate.get(), "wsfleet.example", 0, 0, nullptr), 1);
  EXPECT_EQ(X509_check_ip_asc(certificate.get(), "::1", 0), 1);
  ASSERT_EQ(*authority->KeepServerCertificate({"wsfleet.example", "127.0.0.1", "::1"}, now_), *file);
  EXPECT_EQ(ReadWholeFile(*file), first);
  EXPECT_NE(*authority->KeepServerCertificate({"other.example"}, now_), *file);
  // Past two thirds of its life.
  ASSERT_TRUE(
      authority->KeepServerCertificate({"wsfleet.example", "127.0.0.1", "::1"}, now_ + absl::Hours(24 * 61)).ok());
  EXPECT_NE(ReadWholeFile(*file), first);
  // Of a clock that was ahead when it was made.
  const std::string early = ReadWholeFile(*file);
  ASSERT_TRUE(authority->KeepServerCertificate({"wsfleet.example", "127.0.0.1", "::1"}, now_).ok());
  EXPECT_NE(ReadWholeFile(*file), early);
  EXPECT_TRUE(IsTrusted(ReadWholeFile(*file), Trusted(), X509_PURPOSE_SSL_SERVER, now_));
  for (const std::string name : {"a,DNS:b", "", "a b", "*", "a.*.b"}) {
    EXPECT_TRUE(absl::IsInvalidArgument(authority->KeepServerCertificate({name}, now_).status())) << name;
  }
}

TEST_F(AuthorityTest, IssuesWhatIsValidForClocksThatAreAnHourOff) {
  for (const absl::Duration ahead : {absl::Hours(1), absl::ZeroDuration(), -absl::Hours(1)}) {
    const auto authority = Authority::Open(path_ + absl::FormatDuration(ahead), now_ + ahead);
    const x509::Key key = x509::NewKey();
    const auto agent = authority->IssueToAgent(key.get(), kName, absl::Hours(24), now_ + ahead);
    const auto server = authority->KeepServerCertificate({"wsfleet.example"}, now_ + ahead);
    ASSERT_TRUE(agent.ok() && server.ok());
    for (const absl::Duration peer : {absl::Hours(1), absl::ZeroDuration(), -absl::Hours(1)}) {
      EXPECT_TRUE(IsTrusted(agent->chain, *authority->Trusted(), X509_PURPOSE_SSL_CLIENT, now_ + peer))
          << ahead << peer;
      EXPECT_TRUE(IsTrusted(ReadWholeFile(*server), *authority->Trusted(), X509_PURPOSE_SSL_SERVER, now_ + peer))
          << ahead << peer;
    }
  }
}

TEST_F(AuthorityTest, RotatesInThreeStepsDuringWhichWhatWasIssuedBeforeIsTrusted) {
  const std::string old_leaf = IssueToAgent();
  const std::string old_roots = Trusted();
  ASSERT_TRUE(AddRoot(path_, now_).ok());
  EXPECT_TRUE(IsTrusted(IssueToAgent(), old_roots, X509_PURPOSE_SSL_CLIENT, now_)) << "it does not issue yet";
  const std::string both = Trusted();
  EXPECT_THAT(*ListRoots(path_), ::testing::SizeIs(2));

  const auto file = Authority::Open(path_, now_)->KeepServerCertificate({"localhost"}, now_);
  ASSERT_TRUE(IssueFromNewRoot(path_).ok());
  EXPECT_THAT(ReadWholeFile(files_.previous), ::testing::Not(HasSubstr("PRIVATE"))) << "its key is gone";
  const std::string new_leaf = IssueToAgent();
  EXPECT_FALSE(IsTrusted(new_leaf, old_roots, X509_PURPOSE_SSL_CLIENT, now_));
  for (const std::string& leaf : {old_leaf, new_leaf}) {
    EXPECT_TRUE(IsTrusted(leaf, both, X509_PURPOSE_SSL_CLIENT, now_));
    EXPECT_TRUE(IsTrusted(leaf, Trusted(), X509_PURPOSE_SSL_CLIENT, now_));
  }
  ASSERT_TRUE(Authority::Open(path_, now_)->KeepServerCertificate({"localhost"}, now_).ok());
  EXPECT_FALSE(IsTrusted(ReadWholeFile(*file), old_roots, X509_PURPOSE_SSL_SERVER, now_));

  ASSERT_TRUE(DropRoot(path_).ok());
  EXPECT_FALSE(IsTrusted(old_leaf, Trusted(), X509_PURPOSE_SSL_CLIENT, now_));
  EXPECT_TRUE(IsTrusted(new_leaf, Trusted(), X509_PURPOSE_SSL_CLIENT, now_));
  EXPECT_THAT(*ListRoots(path_), ::testing::SizeIs(1));
}

TEST_F(AuthorityTest, TakesNoStepOutOfTurnAndSaysWhichIsNext) {
  EXPECT_TRUE(absl::IsNotFound(AddRoot(path_, now_)));
  EXPECT_FALSE(std::filesystem::exists(path_));
  ASSERT_TRUE(Authority::Open(path_, now_).ok());
  EXPECT_THAT(Message(IssueFromNewRoot(path_)), HasSubstr("first comes `ca add`"));
  EXPECT_THAT(Message(DropRoot(path_)), HasSubstr("first comes `ca add`"));
  ASSERT_TRUE(AddRoot(path_, now_).ok());
  EXPECT_THAT(Message(AddRoot(path_, now_)), HasSubstr("next is `ca issue`"));
  // Given up.
  const std::string old_roots = ReadWholeFile(files_.current);
  ASSERT_TRUE(DropRoot(path_).ok());
  EXPECT_EQ(ReadWholeFile(files_.current), old_roots);
  ASSERT_TRUE(AddRoot(path_, now_).ok());
  ASSERT_TRUE(IssueFromNewRoot(path_).ok());
  EXPECT_THAT(Message(AddRoot(path_, now_)), HasSubstr("next is `ca drop`"));
}

TEST_F(AuthorityTest, OutlivesAStepThatWasCutShort) {
  ASSERT_TRUE(Authority::Open(path_, now_).ok());
  ASSERT_TRUE(AddRoot(path_, now_).ok());
  const std::string old_leaf = IssueToAgent();
  // The old certificate was put aside, and then the power went.
  std::filesystem::copy_file(files_.current, files_.previous);
  EXPECT_TRUE(IsTrusted(old_leaf, Trusted(), X509_PURPOSE_SSL_CLIENT, now_));
  ASSERT_TRUE(IssueFromNewRoot(path_).ok());
  EXPECT_TRUE(IsTrusted(old_leaf, Trusted(), X509_PURPOSE_SSL_CLIENT, now_));
  EXPECT_THAT(ReadWholeFile(files_.previous), ::testing::Not(HasSubstr("PRIVATE")));
}

}  // namespace
}  // namespace wsfleet::coordinator
