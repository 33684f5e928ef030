#include "coordinator/rpc/agent_service.h"

#include <memory>
#include <utility>

#include "absl/time/clock.h"
#include "coordinator/rpc/agent_session.h"
#include "coordinator/rpc/paged_stream.h"
#include "proto/wire/bundle.h"
#include "proto/wire/convert.h"

namespace wsfleet::coordinator {

grpc::ServerBidiReactor<v1::AgentMessage, v1::CoordinatorMessage>* AgentService::Session(
    grpc::CallbackServerContext* context) {
  const auto session = std::make_shared<AgentSession>(backend_, gate_, *context,
                                                      AgentSession::Limits{silence_limit_, backend_.peer_limit});
  session->Begin();
  return session.get();
}

grpc::ServerWriteReactor<v1::BundleChunk>* AgentService::FetchBundle(grpc::CallbackServerContext* context,
                                                                     const v1::FetchBundleRequest* request) {
  const BundleDigest digest(request->digest());
  return PagedStream<v1::BundleChunk>::StartIf(
      backend_, *context, backend_.fetches,
      [&](StatusAnswer answer) {
        const auto host = backend_.fleets.Find(request->fleet());
        if (!host.ok()) return answer(host.status());
        const auto proof = gate_.ProofOf(*context);
        if (!proof.ok()) return answer(proof.status());
        const absl::Status refusal = gate_.Check(*proof, (*host)->name(), AgentId(request->agent()), absl::Now());
        if (!refusal.ok()) return answer(refusal);
        (*host)->CheckFetch(AgentId(request->agent()), digest, std::move(answer));
      },
      PagesOfBundle(backend_.bundles, [digest] { return digest; }));
}

std::function<absl::StatusOr<std::vector<v1::BundleChunk>>()> PagesOfBundle(
    Bundles& bundles, std::function<absl::StatusOr<BundleDigest>()> find) {
  return [&bundles, find = std::move(find), canonical = Bundles::Canonical(),
          sent = std::size_t{0}]() mutable -> absl::StatusOr<std::vector<v1::BundleChunk>> {
    if (canonical == nullptr) {
      const auto digest = find();
      if (!digest.ok()) return digest.status();
      auto found = bundles.Get(*digest);
      if (!found.ok()) return found.status();
      canonical = *std::move(found);
    }
    std::vector<v1::BundleChunk> page;
    if (sent < canonical->size()) page.emplace_back().set_data(canonical->substr(sent, wire::kChunkBytes));
    sent += wire::kChunkBytes;
    return page;
  };
}

}  // namespace wsfleet::coordinator
