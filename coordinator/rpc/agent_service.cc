#include "coordinator/rpc/agent_service.h"

#include <memory>
#include <utility>

#include "coordinator/rpc/agent_session.h"
#include "coordinator/rpc/list_stream.h"
#include "proto/wire/bundle.h"
#include "proto/wire/convert.h"

namespace wsfleet::coordinator {

grpc::ServerBidiReactor<v1::AgentMessage, v1::CoordinatorMessage>* AgentService::Session(
    grpc::CallbackServerContext* context) {
  const auto session = std::make_shared<AgentSession>(backend_.fleets, *context, silence_limit_);
  session->Begin();
  return session.get();
}

grpc::ServerWriteReactor<v1::BundleChunk>* AgentService::FetchBundle(grpc::CallbackServerContext*,
                                                                     const v1::FetchBundleRequest* request) {
  return ListStream<v1::BundleChunk>::Start(
      backend_, wire::ToGrpc(backend_.fleets.Find(request->fleet()).status()),
      [this, digest = BundleDigest(request->digest())] { return ReadBundle(backend_.bundles, digest); });
}

absl::StatusOr<std::deque<v1::BundleChunk>> ReadBundle(store::BundleStore& bundles, const BundleDigest& digest) {
  const auto canonical = bundles.GetBundle(digest);
  if (!canonical.ok()) return canonical.status();
  std::deque<v1::BundleChunk> chunks;
  for (std::string& data : wire::Chunks(*canonical)) chunks.emplace_back().set_data(std::move(data));
  return chunks;
}

}  // namespace wsfleet::coordinator
