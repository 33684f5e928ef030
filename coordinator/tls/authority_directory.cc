#include "coordinator/tls/authority_directory.h"

#include <fcntl.h>
#include <openssl/obj_mac.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/random/random.h"
#include "coordinator/private_file.h"
#include "core/base/text.h"
#include "fmt/format.h"

namespace wsfleet::coordinator {
namespace {

constexpr absl::Duration kRootLife = absl::Hours(24 * 3650);

// The certificate of a file that may hold a key too; null if there is no such file.
absl::StatusOr<x509::Certificate> ReadRoot(const std::string& path) {
  const auto pem = ReadSmallFile(path);
  if (absl::IsNotFound(pem.status())) return x509::Certificate();
  if (!pem.ok()) return pem.status();
  x509::Certificate certificate = x509::ReadCertificate(*pem);
  if (!certificate) return absl::FailedPreconditionError(fmt::format("{}: expected a certificate in PEM", path));
  return certificate;
}

absl::Status Remove(const std::string& path) {
  if (unlink(path.c_str()) == 0 || errno == ENOENT) return absl::OkStatus();
  return absl::FailedPreconditionError(fmt::format("cannot remove {}: {}", path, std::strerror(errno)));
}

// Which of the files there are.
struct Stage {
  bool has_next = false;
  bool has_previous = false;
};

absl::StatusOr<Stage> StageOf(const AuthorityFiles& files) {
  const auto current = ReadRoot(files.current);
  if (!current.ok()) return current.status();
  if (*current == nullptr) {
    return absl::NotFoundError(fmt::format(
        "{} does not exist: no coordinator has made an authority there; expected the --state-dir of one that "
        "was started with --own-ca",
        files.current));
  }
  return Stage{access(files.next.c_str(), F_OK) == 0, access(files.previous.c_str(), F_OK) == 0};
}

}  // namespace

AuthorityFiles::AuthorityFiles(const std::string& directory)
    : current(directory + "/current.pem"),
      next(directory + "/next.pem"),
      previous(directory + "/previous.pem"),
      trusted(directory + "/trust.pem"),
      lock(directory + "/lock") {}

absl::StatusOr<std::unique_ptr<DirectoryLock>> DirectoryLock::Take(const std::string& path) {
  const int file = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (file < 0) return absl::FailedPreconditionError(fmt::format("cannot open {}: {}", path, std::strerror(errno)));
  auto lock = std::make_unique<DirectoryLock>(file);
  while (flock(file, LOCK_EX) != 0) {
    if (errno != EINTR)
      return absl::FailedPreconditionError(fmt::format("cannot lock {}: {}", path, std::strerror(errno)));
  }
  return lock;
}

DirectoryLock::~DirectoryLock() { close(file_); }

absl::StatusOr<x509::Identity> ReadIssuer(const std::string& path) {
  const auto pem = ReadPrivateFile(path);
  if (!pem.ok()) return pem.status();
  x509::Identity root{x509::ReadKey(*pem), x509::ReadCertificate(*pem)};
  if (!root.key || !root.certificate || X509_check_private_key(root.certificate.get(), root.key.get()) != 1) {
    return absl::FailedPreconditionError(
        fmt::format("{}: expected a private key and the certificate of that key, in PEM", path));
  }
  return root;
}

absl::Status WriteNewRoot(const std::string& path, absl::Time now) {
  absl::BitGen random;
  // A name of its own, so that whoever holds two knows which one signed.
  const x509::Profile profile{fmt::format("wsfleet authority {:08x}", absl::Uniform<std::uint32_t>(random)),
                              {{NID_basic_constraints, "critical,CA:TRUE,pathlen:0"},
                               {NID_key_usage, "critical,keyCertSign,cRLSign"},
                               {NID_subject_key_identifier, "hash"}}};
  const x509::Key key = x509::NewKey();
  const x509::Certificate certificate =
      x509::Issue(key.get(), profile, nullptr, {now - x509::kClocksMayDiffer, now + kRootLife});
  if (!certificate) return absl::InternalError("OpenSSL could not make a root certificate");
  return WriteFileAtomically(path, x509::Pem(key.get()) + x509::Pem(certificate.get()), Access::kOwnerOnly);
}

namespace {

absl::Status WriteCertificates(const std::string& path, const std::string& all) {
  const auto known = ReadSmallFile(path);
  if (known.ok() && *known == all) return absl::OkStatus();
  return WriteFileAtomically(path, all, Access::kEveryoneReads);
}

}  // namespace

absl::Status WriteTrusted(const AuthorityFiles& files) {
  std::string all;
  for (const std::string& path : {files.current, files.next, files.previous}) {
    const auto root = ReadRoot(path);
    if (!root.ok()) return root.status();
    if (*root != nullptr) all += x509::Pem(root->get());
  }
  return WriteCertificates(files.trusted, all);
}

namespace {

// A step of a rotation, alone in the directory while it lasts.
struct Step {
  std::unique_ptr<DirectoryLock> lock;
  Stage stage;
};

absl::StatusOr<Step> BeginStep(const AuthorityFiles& files) {
  // Before a lock file is made in a directory that is none of ours.
  if (const auto stage = StageOf(files); !stage.ok()) return stage.status();
  auto lock = DirectoryLock::Take(files.lock);
  if (!lock.ok()) return lock.status();
  const auto stage = StageOf(files);
  if (!stage.ok()) return stage.status();
  return Step{*std::move(lock), *stage};
}

absl::Status LetNextIssue(const AuthorityFiles& files) {
  if (rename(files.next.c_str(), files.current.c_str()) == 0) return absl::OkStatus();
  return absl::FailedPreconditionError(
      fmt::format("cannot rename {} to {}: {}", files.next, files.current, std::strerror(errno)));
}

}  // namespace

absl::Status AddRoot(const std::string& directory, absl::Time now) {
  const AuthorityFiles files(directory);
  const auto step = BeginStep(files);
  if (!step.ok()) return step.status();
  if (step->stage.has_previous) {
    return absl::FailedPreconditionError("a rotation is under way: next is `ca drop`, of the old root");
  }
  if (step->stage.has_next) {
    return absl::FailedPreconditionError(
        "a new root was added already: next is `ca issue` (or `ca drop`, to give it up)");
  }
  if (auto status = WriteNewRoot(files.next, now); !status.ok()) return status;
  return WriteTrusted(files);
}

absl::Status IssueFromNewRoot(const std::string& directory) {
  const AuthorityFiles files(directory);
  const auto step = BeginStep(files);
  if (!step.ok()) return step.status();
  if (!step->stage.has_next) return absl::FailedPreconditionError("there is no new root yet: first comes `ca add`");
  const auto old = ReadRoot(files.current);
  if (!old.ok()) return old.status();
  // In this order it is trusted throughout: a step that was cut short is done again.
  if (auto status = WriteCertificates(files.previous, x509::Pem(old->get())); !status.ok()) return status;
  if (auto status = LetNextIssue(files); !status.ok()) return status;
  return WriteTrusted(files);
}

absl::Status DropRoot(const std::string& directory) {
  const AuthorityFiles files(directory);
  const auto step = BeginStep(files);
  if (!step.ok()) return step.status();
  if (!step->stage.has_next && !step->stage.has_previous) {
    return absl::FailedPreconditionError("there is one root only, and it issues: first comes `ca add`");
  }
  // Not the one that is to issue while the step before it may be under way.
  if (auto status = Remove(step->stage.has_previous ? files.previous : files.next); !status.ok()) return status;
  return WriteTrusted(files);
}

absl::Status ReplaceRoots(const std::string& directory, absl::Time now) {
  const AuthorityFiles files(directory);
  const auto step = BeginStep(files);
  if (!step.ok()) return step.status();
  if (auto status = Remove(files.previous); !status.ok()) return status;
  // Also if there is one that was to issue: its key lay beside the one that is known.
  if (auto status = WriteNewRoot(files.next, now); !status.ok()) return status;
  const auto root = ReadRoot(files.next);
  if (!root.ok()) return root.status();
  // Before it issues, the others are trusted no more: else it would renew what is theirs.
  if (auto status = WriteCertificates(files.trusted, x509::Pem(root->get())); !status.ok()) return status;
  return LetNextIssue(files);
}

absl::StatusOr<std::vector<RootFacts>> ListRoots(const std::string& directory) {
  const AuthorityFiles files(directory);
  if (const auto stage = StageOf(files); !stage.ok()) return stage.status();
  std::vector<RootFacts> roots;
  for (const auto& [path, role] : {std::pair{&files.current, "issues"},
                                   {&files.next, "trusted, will issue"},
                                   {&files.previous, "trusted, issued before"}}) {
    const auto root = ReadRoot(*path);
    if (!root.ok()) return root.status();
    if (*root == nullptr) continue;
    roots.push_back({role, x509::Fingerprint(root->get()), x509::ValidityOf(root->get()).until});
  }
  return roots;
}

}  // namespace wsfleet::coordinator
