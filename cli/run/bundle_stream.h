#pragma once

#include <string>

#include "core/scenario/parser.h"
#include "grpcpp/client_context.h"
#include "proto/wire/bundle.h"
#include "wsfleet/v1/agent_session.pb.h"

// A bundle in its canonical form (wire/bundle.h), as calls carry it: in chunks, on the way there behind a header.
namespace wsfleet::cli {

// Until the other side takes nothing more; why, Finish() says.
template <typename Request, typename Stream, typename Header>
void SendBundle(Stream& stream, const Header& header, const std::string& canonical) {
  Request request;
  *request.mutable_header() = header;
  bool open = stream.Write(request);
  for (std::string& chunk : wire::Chunks(canonical)) {
    request.mutable_chunk()->set_data(std::move(chunk));
    open = open && stream.Write(request);
  }
  if (open) stream.WritesDone();
}

// The call is cancelled if there is more than a bundle may have.
template <typename Stream>
std::string ReceiveBundle(grpc::ClientContext& context, Stream& stream) {
  constexpr std::size_t kMaxBytes = 2 * kMaxBundleBytes;  // the files and their names
  std::string canonical;
  v1::BundleChunk chunk;
  while (canonical.size() <= kMaxBytes && stream.Read(&chunk)) canonical += chunk.data();
  if (canonical.size() > kMaxBytes) context.TryCancel();
  return canonical;
}

}  // namespace wsfleet::cli
