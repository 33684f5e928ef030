#include "coordinator/coordinator.h"

#include <unistd.h>

#include <array>
#include <filesystem>
#include <future>
#include <utility>

#include "absl/random/random.h"
#include "boost/asio/post.hpp"
#include "coordinator/oidc/jwt.h"
#include "coordinator/private_file.h"
#include "coordinator/tls/ephemeral_ca.h"
#include "coordinator/tls/listener_credentials.h"
#include "core/policy/loopback.h"
#include "fmt/format.h"
#include "proto/wire/bundle.h"
#include "spdlog/spdlog.h"

namespace wsfleet::coordinator {
namespace {

// A submit's header may be larger than a message to an agent; PrepareSubmission says what is too large.
constexpr int kMaxClientMessageBytes = 1 << 20;
// Of the headers of a call, with a token of an issuer among them.
constexpr int kMaxClientMetadataBytes = 2 * static_cast<int>(oidc::kMaxJwtBytes);
// Of listeners without client certificates: calls that anybody can begin and nobody need end.
constexpr int kMaxOpenCalls = 100;
constexpr std::size_t kMaxClientMemory = 256 << 20;
constexpr std::size_t kMaxEnrolmentMemory = 64 << 20;
constexpr std::size_t kGuessableBytes = 16;  // a token of fewer is
constexpr std::size_t kReaders = 2;
constexpr std::size_t kResolvers = 2;

std::string StateDirectory(const CoordinatorOptions& options) {
  if (!options.state_directory.empty()) return options.state_directory;
  return std::filesystem::absolute(options.store).parent_path().string();
}

absl::Status MakeStateDirectory(const std::string& directory) {
  std::error_code error;
  return std::filesystem::exists(directory, error) ? absl::OkStatus() : MakePrivateDirectory(directory);
}

absl::StatusOr<SecretBox> OpenSecretBox(const CoordinatorOptions& options) {
  if (options.store == ":memory:") return SecretBox::WithRandomKey();
  const std::string directory = StateDirectory(options);
  if (auto status = MakeStateDirectory(directory); !status.ok()) return status;
  return SecretBox::WithKeyFile(directory + "/secrets.key");
}

absl::StatusOr<std::string> ReadToken(const std::string& path) {
  if (path.empty()) return std::string();
  auto token = ReadPrivateFile(path);
  if (!token.ok()) return token.status();
  token->erase(token->find_last_not_of(" \r\n\t") + 1);
  if (token->empty()) return absl::FailedPreconditionError(fmt::format("{}: expected a token, found nothing", path));
  if (token->size() < kGuessableBytes) {
    spdlog::warn("client token may be guessed file={} bytes={} expected=\"{} random ones or more\"", path,
                 token->size(), kGuessableBytes);
  }
  return token;
}

// The files of an ephemeral authority stand in for those that were not given.
absl::StatusOr<CoordinatorOptions> WithEphemeralCa(CoordinatorOptions options) {
  if (options.development_ca.empty()) return options;
  // All agents of a machine share one certificate, that of who started them.
  options.unnamed_agents = true;
  if (auto status = MakeEphemeralCa(options.development_ca, absl::Now()); !status.ok()) return status;
  const EphemeralCaFiles files(options.development_ca);
  options.certificate = files.server_certificate;
  options.key = files.server_key;
  options.client_ca = files.ca;
  if (options.client_token_file.empty()) options.client_token_file = files.client_token;
  return options;
}

absl::StatusOr<std::shared_ptr<grpc::ServerCredentials>> CredentialsFor(const CoordinatorOptions& options,
                                                                        const std::string& client_ca) {
  if (options.plaintext) return grpc::InsecureServerCredentials();
  return TlsCredentials({options.certificate, options.key, client_ca}, options.tls_reload);
}

std::vector<std::string> ServerNames(const CoordinatorOptions& options) {
  if (!options.server_names.empty()) return options.server_names;
  std::vector<std::string> names = {"localhost", "127.0.0.1", "::1"};
  std::array<char, 256> host{};
  if (gethostname(host.data(), host.size() - 1) == 0 && host[0] != '\0') names.emplace_back(host.data());
  return names;
}

// The files of the own authority stand in for those that were not given.
absl::StatusOr<IdentitySettings> UseOwnCa(CoordinatorOptions& options) {
  IdentitySettings settings;
  settings.agent_life = options.agent_certificate_life;
  if (!options.own_ca) return settings;
  const std::string directory = StateDirectory(options);
  if (auto status = MakeStateDirectory(directory); !status.ok()) return status;
  auto authority = Authority::Open(AuthorityDirectory(directory), absl::Now());
  if (!authority.ok()) return authority.status();
  options.client_ca = authority->trusted_file();
  if (options.certificate.empty()) {
    settings.server_names = ServerNames(options);
    const auto file = authority->KeepServerCertificate(settings.server_names, absl::Now());
    if (!file.ok()) return file.status();
    options.certificate = *file;
    options.key = *file;
  }
  settings.authority = *std::move(authority);
  return settings;
}

// Who reaches only this machine's own listeners runs with its owner's rights. For others nothing is allowed before
// somebody says what.
FleetPolicy DefaultPolicy(const CoordinatorOptions& options) {
  if (options.policy) return *options.policy;
  const bool is_local = IsLoopback(options.agent_listen) && IsLoopback(options.client_listen) &&
                        (options.enrol_listen.empty() || IsLoopback(options.enrol_listen));
  return {is_local ? AnyTarget() : TargetPolicy(), {}};
}

Fleets::Settings FleetSettingsOf(const CoordinatorOptions& options, FleetSecrets& secrets) {
  Fleets::Settings settings;
  settings.usual = options.fleet;
  settings.logs = options.logs;
  settings.fleet.lease_time = options.lease_time;
  settings.fleet.max_attempts = options.max_attempts;
  settings.fleet.policy = DefaultPolicy(options);
  settings.retention = options.retention;
  settings.metrics = options.metrics;
  settings.secrets = &secrets;
  return settings;
}

// Null: none is wanted.
absl::StatusOr<std::unique_ptr<Issuers>> StartIssuers(const CoordinatorOptions& options) {
  if (options.oidc_file.empty()) return nullptr;
  return Issuers::Start({.file = options.oidc_file});
}

TokenRegistry::Settings TokenSettings(const CoordinatorOptions& options, const Issuers* issuers,
                                      std::string bootstrap) {
  TokenRegistry::Settings settings;
  // On this machine alone, whoever can reach it may be trusted with it, if its owner wants no token.
  settings.anyone_is_admin = bootstrap.empty() && issuers == nullptr && IsLoopback(options.client_listen);
  settings.issuers = issuers;
  settings.bootstrap = std::move(bootstrap);
  return settings;
}

std::string RandomReplica() {
  absl::BitGen random;
  return fmt::format("{:016x}", absl::Uniform<std::uint64_t>(random));
}

OwnershipKeeper::Settings OwnershipSettings(const CoordinatorOptions& options) {
  OwnershipKeeper::Settings settings;
  settings.replica = options.replica.empty() ? RandomReplica() : options.replica;
  settings.addresses = {options.advertise_agents, options.advertise_clients};
  return settings;
}

IdentitySettings Watched(IdentitySettings settings, Fleets& fleets) {
  settings.on_changed = [&fleets] { fleets.CheckAgents(); };
  return settings;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Coordinator>> Coordinator::Start(const CoordinatorOptions& given,
                                                                std::unique_ptr<store::Store> store) {
  auto options = WithEphemeralCa(given);
  if (!options.ok()) return options.status();
  auto identities = UseOwnCa(*options);
  if (!identities.ok()) return identities.status();
  auto token = ReadToken(options->client_token_file);
  if (!token.ok()) return token.status();
  auto secrets = OpenSecretBox(*options);
  if (!secrets.ok()) return secrets.status();
  auto issuers = StartIssuers(*options);
  if (!issuers.ok()) return issuers.status();
  std::unique_ptr<Coordinator> coordinator(new Coordinator(
      *options, std::move(store), *std::move(secrets), *std::move(issuers), *std::move(token), *std::move(identities)));
  if (auto status = coordinator->Own(*options); !status.ok()) return status;
  if (auto status = coordinator->tokens_.Begin(); !status.ok()) return status;
  if (auto status = coordinator->Listen(*options); !status.ok()) return status;
  return coordinator;
}

Coordinator::Coordinator(const CoordinatorOptions& options, std::unique_ptr<store::Store> store, SecretBox secrets,
                         std::unique_ptr<Issuers> issuers, std::string token, IdentitySettings identities)
    : context_(1),
      work_(context_.get_executor()),
      store_(std::move(store)),
      bundles_(*store_),
      secrets_(secrets),
      fleet_secrets_(options.secrets),
      issuers_(std::move(issuers)),
      tokens_(*store_, TokenSettings(options, issuers_.get(), std::move(token))),
      audit_(*store_, *store_, options.audit),
      readers_(kReaders),
      resolvers_(kResolvers),
      fleets_(context_, FleetSettingsOf(options, fleet_secrets_), {*store_, *store_, *store_, bundles_, *store_},
              secrets_),
      ownership_(
          *store_, OwnershipSettings(options),
          {.on_fleet = [this](const FleetName& fleet) { fleets_.Add(fleet); },
           .on_owned = [this](const store::Ownership& ownership, SteadyTime until) { fleets_.Own(ownership, until); },
           .on_other = [this](const FleetName& fleet,
                              const store::OwnerStore::Owner& owner) { fleets_.Add(fleet).Disown(owner); },
           .on_trouble = [this](const absl::Status& status) { fleets_.NoteStore(status); }}),
      identities_(context_, *store_, Watched(std::move(identities), fleets_)),
      gate_(options.plaintext || options.unnamed_agents ? AgentNames::kIfGiven : AgentNames::kDemanded,
            identities_.revocations()),
      backend_{fleets_,  *store_,        *store_, *store_, bundles_, *store_, readers_,          resolvers_,
               secrets_, fleet_secrets_, tokens_, audit_,  *store_,  *store_, options.peer_limit},
      agent_service_(backend_, gate_, options.lease_time),
      jobs_service_(backend_),
      fleets_service_(backend_),
      schedules_service_(backend_),
      tokens_service_(backend_),
      audit_service_(backend_),
      enrolment_service_(backend_, identities_),
      renewal_service_(backend_, identities_, gate_),
      identities_service_(backend_, identities_),
      clock_watch_(context_),
      thread_([this] { context_.run(); }) {}

Coordinator::~Coordinator() { Stop(); }

absl::Status Coordinator::Own(const CoordinatorOptions& options) {
  if (auto status = store_->CreateFleet(options.fleet); !status.ok() && !absl::IsAlreadyExists(status)) return status;
  std::promise<absl::Status> loaded;
  fleets_.Add(options.fleet).NotifyOnceLoaded([&loaded](const absl::Status& status) { loaded.set_value(status); });
  if (auto status = ownership_.Begin(); !status.ok()) return status;
  return loaded.get_future().get();
}

absl::Status Coordinator::Listen(const CoordinatorOptions& options) {
  if (auto status = identities_.Begin(); !status.ok()) return status;
  if (auto status = ListenForAgents(options); !status.ok()) return status;
  auto credentials = CredentialsFor(options, "");
  if (!credentials.ok()) return credentials.status();
  ListenerOptions clients_options{
      options.client_listen,
      *std::move(credentials),
      kMaxClientMessageBytes,
      {&jobs_service_, &fleets_service_, &schedules_service_, &tokens_service_, &audit_service_, &identities_service_},
      "--client-listen",
      kMaxClientMetadataBytes};
  clients_options.max_calls = kMaxOpenCalls;
  clients_options.max_memory_bytes = kMaxClientMemory;
  auto clients = Listener::Start(clients_options);
  if (!clients.ok()) return clients.status();
  client_listener_ = *std::move(clients);
  return absl::OkStatus();
}

absl::Status Coordinator::ListenForAgents(const CoordinatorOptions& options) {
  auto credentials = CredentialsFor(options, options.client_ca);
  if (!credentials.ok()) return credentials.status();
  auto agents = Listener::Start({options.agent_listen,
                                 *std::move(credentials),
                                 static_cast<int>(wire::kMaxMessageBytes),
                                 {&agent_service_, &renewal_service_},
                                 "--agent-listen"});
  if (!agents.ok()) return agents.status();
  agent_listener_ = *std::move(agents);
  if (options.enrol_listen.empty()) return absl::OkStatus();
  // Whoever comes here has no certificate yet.
  auto open_credentials = CredentialsFor(options, "");
  if (!open_credentials.ok()) return open_credentials.status();
  ListenerOptions enrolment_options{options.enrol_listen,
                                    *std::move(open_credentials),
                                    EnrolmentService::kMaxRequestBytes,
                                    {&enrolment_service_},
                                    "--enrol-listen"};
  enrolment_options.max_calls = kMaxOpenCalls;
  enrolment_options.max_memory_bytes = kMaxEnrolmentMemory;
  enrolment_options.max_age = absl::Minutes(1);
  auto enrolment = Listener::Start(enrolment_options);
  if (!enrolment.ok()) return enrolment.status();
  enrol_listener_ = *std::move(enrolment);
  return absl::OkStatus();
}

void Coordinator::Stop() {
  if (std::exchange(stopped_, true)) return;
  // The calls end first, so that nothing refers to what is taken down after them.
  ownership_.Stop();
  fleets_.StopHosts();
  if (enrol_listener_) enrol_listener_->Shutdown();
  if (client_listener_) client_listener_->Shutdown();
  if (agent_listener_) agent_listener_->Shutdown();
  backend_.CloseSlots();
  identities_.Stop();
  resolvers_.Stop();
  readers_.Stop();
  fleet_secrets_.Stop();
  fleets_.StopThreads();
  tokens_.Stop();
  audit_.Stop();
  // Nothing is written any more.
  ownership_.Release();
  // What calls have left on the strand refers to what goes now.
  std::promise<void> done;
  boost::asio::post(fleets_.strand(), [&done] { done.set_value(); });
  done.get_future().wait();
  work_.reset();
  context_.stop();
  thread_.join();
}

}  // namespace wsfleet::coordinator
