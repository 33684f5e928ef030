// The agents' protocol with nothing behind it, for comparison: a gRPC server that answers each message at once, from
// the reaction in which it came. No strand, no machine, no store. What fleet_bench measures of the coordinator it
// measures of this too, with the same simulated agents in the same run.
//
//   bare_session_server READY-FILE [DIRECTORY-OF-AN-EPHEMERAL-CA]     until it is killed

#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>

#include "absl/synchronization/mutex.h"
#include "boost/json/serialize.hpp"
#include "boost/json/value.hpp"
#include "coordinator/listener.h"
#include "coordinator/private_file.h"
#include "coordinator/tls/ephemeral_ca.h"
#include "coordinator/tls/listener_credentials.h"
#include "core/base/text.h"
#include "fmt/format.h"
#include "grpcpp/support/server_callback.h"
#include "proto/wire/bundle.h"
#include "proto/wire/convert.h"
#include "proto/wire/limits.h"
#include "wsfleet/v1/agent_session.grpc.pb.h"
#include "wsfleet/v1/job.grpc.pb.h"

namespace wsfleet::testing {
namespace {

class BareFleet;

class BareSession : public grpc::ServerBidiReactor<v1::AgentMessage, v1::CoordinatorMessage> {
 public:
  explicit BareSession(BareFleet& fleet) : fleet_(fleet) { StartRead(&incoming_); }

  void Push(v1::CoordinatorMessage message) {
    const std::lock_guard lock(mutex_);
    queue_.push_back(std::move(message));
    if (queue_.size() == 1) StartWrite(&queue_.front());
  }

 private:
  void OnReadDone(bool ok) override;
  void OnWriteDone(bool) override {
    const std::lock_guard lock(mutex_);
    queue_.pop_front();
    if (!queue_.empty()) StartWrite(&queue_.front());
  }
  void OnDone() override;

  BareFleet& fleet_;
  v1::AgentMessage incoming_;
  std::mutex mutex_;
  std::deque<v1::CoordinatorMessage> queue_;  // front: being written
};

// Who is there, and the one bundle that was submitted last.
class BareFleet {
 public:
  void Add(BareSession* session) {
    const std::lock_guard lock(mutex_);
    sessions_.insert(session);
  }
  void Remove(BareSession* session) {
    const std::lock_guard lock(mutex_);
    sessions_.erase(session);
  }

  // The same to every session.
  std::string Assign(std::string canonical) {
    const std::lock_guard lock(mutex_);
    canonical_ = std::move(canonical);
    const std::string job = fmt::format("job-{}", ++jobs_);
    v1::CoordinatorMessage message;
    v1::Assignment* assignment = message.mutable_assignment();
    assignment->set_job(job);
    assignment->set_shard(1);
    assignment->set_attempt(1);
    assignment->mutable_bundle()->set_digest(wire::Digest(canonical_).value());
    if (canonical_.size() <= wire::kMaxInlineBundleBytes) assignment->set_bundle_content(canonical_);
    for (BareSession* session : sessions_) {
      assignment->set_lease(++leases_);
      session->Push(message);
    }
    return job;
  }
  std::string bundle() {
    const std::lock_guard lock(mutex_);
    return canonical_;
  }

 private:
  std::mutex mutex_;
  std::set<BareSession*> sessions_;
  std::string canonical_;
  std::uint64_t jobs_ = 0, leases_ = 0;
};

v1::CoordinatorMessage AnswerTo(const v1::AgentMessage& message) {
  v1::CoordinatorMessage answer;
  if (message.has_hello()) {
    v1::Welcome* welcome = answer.mutable_welcome();
    *welcome->mutable_lease_time() = wire::ToWire(absl::Seconds(90));
    *welcome->mutable_heartbeat_interval() = wire::ToWire(absl::Seconds(10));
    for (const v1::HeldLease& held : message.hello().held()) welcome->add_current_leases(held.lease());
  } else if (message.has_heartbeat()) {
    answer.mutable_heartbeat_reply()->set_number(message.heartbeat().number());
  } else if (message.has_results()) {
    v1::ResultAcks::Ack* ack = answer.mutable_result_acks()->add_acks();
    ack->set_lease(message.results().lease());
    ack->set_seq(message.results().seq());
    ack->set_disposition(v1::DISPOSITION_COUNTED);
  } else if (message.has_shard_done()) {
    answer.mutable_shard_done_ack()->set_lease(message.shard_done().lease());
  }
  return answer;
}

void BareSession::OnReadDone(bool ok) {
  if (!ok) return Finish(grpc::Status::OK);
  if (incoming_.has_hello()) fleet_.Add(this);
  Push(AnswerTo(incoming_));
  StartRead(&incoming_);
}

void BareSession::OnDone() {
  fleet_.Remove(this);
  delete this;
}

class BareBundle : public grpc::ServerWriteReactor<v1::BundleChunk> {
 public:
  explicit BareBundle(std::string canonical) {
    chunk_.set_data(std::move(canonical));
    StartWriteAndFinish(&chunk_, {}, grpc::Status::OK);
  }

 private:
  void OnDone() override { delete this; }
  v1::BundleChunk chunk_;
};

class BareAgents : public v1::AgentSession::CallbackService {
 public:
  explicit BareAgents(BareFleet& fleet) : fleet_(fleet) {}
  grpc::ServerBidiReactor<v1::AgentMessage, v1::CoordinatorMessage>* Session(grpc::CallbackServerContext*) override {
    return new BareSession(fleet_);
  }
  grpc::ServerWriteReactor<v1::BundleChunk>* FetchBundle(grpc::CallbackServerContext*,
                                                         const v1::FetchBundleRequest*) override {
    return new BareBundle(fleet_.bundle());
  }

 private:
  BareFleet& fleet_;
};

class BareSubmit : public grpc::ServerReadReactor<v1::SubmitRequest> {
 public:
  BareSubmit(BareFleet& fleet, v1::SubmitReply& reply) : fleet_(fleet), reply_(reply) { StartRead(&part_); }

 private:
  void OnReadDone(bool ok) override {
    if (ok) {
      canonical_ += part_.chunk().data();
      return StartRead(&part_);
    }
    reply_.set_job(fleet_.Assign(std::move(canonical_)));
    Finish(grpc::Status::OK);
  }
  void OnDone() override { delete this; }

  BareFleet& fleet_;
  v1::SubmitReply& reply_;
  v1::SubmitRequest part_;
  std::string canonical_;
};

class BareJobs : public v1::Jobs::CallbackService {
 public:
  explicit BareJobs(BareFleet& fleet) : fleet_(fleet) {}
  grpc::ServerReadReactor<v1::SubmitRequest>* Submit(grpc::CallbackServerContext*, v1::SubmitReply* reply) override {
    return new BareSubmit(fleet_, *reply);
  }

 private:
  BareFleet& fleet_;
};

absl::StatusOr<std::shared_ptr<grpc::ServerCredentials>> CredentialsFor(const std::string& directory, bool agents) {
  if (directory.empty()) return grpc::InsecureServerCredentials();
  const coordinator::EphemeralCaFiles files(directory);
  return coordinator::TlsCredentials({files.server_certificate, files.server_key, agents ? files.ca : ""},
                                     absl::Minutes(1));
}

absl::Status Serve(const std::string& ready_file, const std::string& directory) {
  BareFleet fleet;
  BareAgents agents(fleet);
  BareJobs jobs(fleet);
  std::map<std::string, std::unique_ptr<coordinator::Listener>> listeners;
  for (const auto& [name, service] :
       {std::pair<std::string, grpc::Service*>{"agent", &agents}, {"client", static_cast<grpc::Service*>(&jobs)}}) {
    auto credentials = CredentialsFor(directory, name == "agent");
    if (!credentials.ok()) return credentials.status();
    auto listener = coordinator::Listener::Start({"127.0.0.1:0", *credentials, 1 << 20, {service}, "the address"});
    if (!listener.ok()) return listener.status();
    listeners[name] = *std::move(listener);
  }
  const boost::json::value ready{{"agent", listeners["agent"]->address()}, {"client", listeners["client"]->address()}};
  const std::string text = boost::json::serialize(ready);
  if (auto status = coordinator::WriteFileAtomically(ready_file, text, coordinator::Access::kEveryoneReads);
      !status.ok()) {
    return status;
  }
  while (true) pause();
}

}  // namespace
}  // namespace wsfleet::testing

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  // As the coordinator does.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  const absl::Status status = wsfleet::testing::Serve(argv[1], argc > 2 ? argv[2] : "");
  fmt::print(stderr, "bare_session_server: {}\n", wsfleet::ToStd(status.message()));
  return 1;
}
