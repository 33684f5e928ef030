#pragma once

#include <cstddef>
#include <string>
#include <utility>

#include "core/scenario/parser.h"
#include "grpcpp/support/status.h"
#include "proto/wire/bundle.h"
#include "wsfleet/v1/agent_session.pb.h"

namespace wsfleet::coordinator {

// A bundle as it comes in chunks, bounded.
class BundleUpload {
 public:
  grpc::Status Add(const v1::BundleChunk& chunk) {
    if (chunk.data().size() > wire::kChunkBytes) {
      return {grpc::StatusCode::INVALID_ARGUMENT, "a chunk is larger than 128 KiB"};
    }
    if (canonical_.size() + chunk.data().size() > kMaxCanonicalBytes) {
      return {grpc::StatusCode::RESOURCE_EXHAUSTED, "the bundle is larger than 8 MiB"};
    }
    canonical_ += chunk.data();
    return grpc::Status::OK;
  }

  const std::string& canonical() const { return canonical_; }
  std::string Release() { return std::move(canonical_); }

 private:
  // Paths and lengths of the canonical form come on top of the files.
  static constexpr std::size_t kMaxCanonicalBytes = kMaxBundleBytes + (1 << 20);

  std::string canonical_;
};

}  // namespace wsfleet::coordinator
