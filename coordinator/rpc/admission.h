#pragma once

#include <memory>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "coordinator/access/rules.h"
#include "coordinator/rpc/backend.h"
#include "grpcpp/server_context.h"
#include "grpcpp/support/server_callback.h"
#include "proto/wire/convert.h"

// The one way into a call: who makes it, whether they may, in which fleet; and what became of it, for the audit log.
// All of it from memory, so on any thread.
namespace wsfleet::coordinator {

// What a call that went well has done.
enum class Effect { kChange, kNone };

// A call that may be made. Copies stand for the same call. Outlived by the backend.
class Admission {
 public:
  FleetHost& host() const { return *shared_->host; }
  const Caller& caller() const { return shared_->caller; }

  // What the call is about, if it is known better by now.
  void SetObject(std::string object) const { shared_->object = std::move(object); }
  // It changes nothing, whatever its rule says.
  void ChangesNothing() const { shared_->audited = true; }
  // How it ended: taken down if it is a change. Only the first one counts.
  void Done(const absl::Status& status, std::string detail = "", Effect effect = Effect::kChange) const;

  // The same of one of several things that it does: each is taken down, and the call itself no more.
  void DoneTo(std::string object, const absl::Status& status, std::string detail,
              Effect effect = Effect::kChange) const;

  // Whether the token is still good, and for this call: asked by what goes on for long. UNAUTHENTICATED,
  // PERMISSION_DENIED, UNAVAILABLE.
  absl::Status Recheck() const;

 private:
  friend absl::StatusOr<Admission> Admit(Backend&, const grpc::CallbackServerContext&, Rpc, const Caller&,
                                         const std::string&, std::string);
  struct Shared {
    Backend& backend;
    const Rule& rule;
    Caller caller;
    std::string peer;
    FleetHost* host = nullptr;
    std::string object = {};
    bool audited = false;
  };
  explicit Admission(std::shared_ptr<Shared> shared) : shared_(std::move(shared)) {}

  std::shared_ptr<Shared> shared_;
};

// Who calls. UNAUTHENTICATED, UNAVAILABLE: as TokenRegistry::Find(). For a call whose fleet comes later.
absl::StatusOr<Caller> Identify(Backend& backend, const grpc::CallbackServerContext& context, Rpc rpc);

// Whether the caller may. `fleet`: that the request names, empty for the usual one. `object`: what it is about, for the
// audit log. PERMISSION_DENIED. NOT_FOUND: no such fleet. RESOURCE_EXHAUSTED: a change, and the audit log is full.
absl::StatusOr<Admission> Admit(Backend& backend, const grpc::CallbackServerContext& context, Rpc rpc,
                                const Caller& caller, const std::string& fleet, std::string object);
// Both.
absl::StatusOr<Admission> Admit(Backend& backend, const grpc::CallbackServerContext& context, Rpc rpc,
                                const std::string& fleet, std::string object = "");

// A unary call that was let in.
class UnaryCall {
 public:
  UnaryCall(Admission admission, grpc::ServerUnaryReactor& reactor)
      : admission_(std::move(admission)), reactor_(&reactor) {}

  FleetHost& host() const { return admission_.host(); }
  const FleetName& fleet() const { return host().name(); }
  const Caller& caller() const { return admission_.caller(); }
  void SetObject(std::string object) const { admission_.SetObject(std::move(object)); }
  void ChangesNothing() const { admission_.ChangesNothing(); }

  // The change was made; what follows only fills the reply.
  void Done(const absl::Status& status, std::string detail) const { admission_.Done(status, std::move(detail)); }
  void DoneTo(std::string object, const absl::Status& status, std::string detail) const {
    admission_.DoneTo(std::move(object), status, std::move(detail));
  }
  // Once. The reply is gRPC's from then on.
  void Finish(const absl::Status& status, std::string detail = "", Effect effect = Effect::kChange) const {
    admission_.Done(status, std::move(detail), effect);
    reactor_->Finish(wire::ToGrpc(status));
  }
  void FinishBusy() const { Finish(wire::FromGrpc(Busy())); }

 private:
  Admission admission_;
  grpc::ServerUnaryReactor* reactor_;
};

// Answers a unary call: `body(UnaryCall)` is called if it may be made.
template <typename Body>
grpc::ServerUnaryReactor* Answer(Backend& backend, grpc::CallbackServerContext& context, Rpc rpc,
                                 const std::string& fleet, std::string object, Body body) {
  auto* reactor = context.DefaultReactor();
  auto admission = Admit(backend, context, rpc, fleet, std::move(object));
  if (admission.ok()) {
    body(UnaryCall(*std::move(admission), *reactor));
  } else {
    reactor->Finish(wire::ToGrpc(admission.status()));
  }
  return reactor;
}

}  // namespace wsfleet::coordinator
