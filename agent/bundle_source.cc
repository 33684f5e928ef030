#include "agent/bundle_source.h"

#include <algorithm>
#include <chrono>

#include "boost/asio/post.hpp"
#include "core/base/text.h"
#include "fmt/format.h"
#include "grpcpp/client_context.h"
#include "grpcpp/support/client_callback.h"
#include "proto/wire/bundle.h"
#include "proto/wire/convert.h"

namespace wsfleet::agent {
namespace {

constexpr std::chrono::seconds kFetchLimit{30};
// Paths and lengths of the canonical form come on top of the files.
constexpr std::size_t kMaxCanonicalBytes = kMaxBundleBytes + (1 << 20);

absl::StatusOr<std::shared_ptr<const Bundle>> Check(const BundleDigest& digest, const std::string& canonical) {
  if (const BundleDigest found = wire::Digest(canonical); found != digest) {
    return absl::DataLossError(fmt::format("the bundle's SHA-256 is {}, expected {}", found.value(), digest.value()));
  }
  auto bundle = wire::ParseCanonicalForm(canonical);
  if (!bundle.ok()) return bundle.status();
  return std::make_shared<const Bundle>(*std::move(bundle));
}

}  // namespace

// One RPC. gRPC runs its reactions one after the other, so its members need no strand until it reports its end. Kept by
// fetches_ until that has reached the strand.
class BundleSource::Fetch : public grpc::ClientReadReactor<v1::BundleChunk> {
 public:
  Fetch(v1::AgentSession::Stub& stub, v1::FetchBundleRequest request,
        std::function<void(absl::StatusOr<std::string>)> done)
      : done_(std::move(done)), request_(std::move(request)) {
    context_.set_deadline(std::chrono::system_clock::now() + kFetchLimit);
    stub.async()->FetchBundle(&context_, &request_, this);
  }
  void Begin() {
    StartRead(&chunk_);
    StartCall();
  }
  void Cancel() { context_.TryCancel(); }

 private:
  void OnReadDone(bool ok) override {
    if (!ok) return;
    if (canonical_.size() + chunk_.data().size() > kMaxCanonicalBytes) {
      too_large_ = true;
      context_.TryCancel();
      return;
    }
    canonical_ += chunk_.data();
    StartRead(&chunk_);
  }

  void OnDone(const grpc::Status& status) override {
    if (too_large_) {
      done_(absl::InvalidArgumentError(fmt::format("the bundle is larger than {} bytes", kMaxCanonicalBytes)));
    } else if (!status.ok()) {
      done_(wire::FromGrpc(status));
    } else {
      done_(std::move(canonical_));
    }
  }

  std::function<void(absl::StatusOr<std::string>)> done_;
  grpc::ClientContext context_;
  v1::FetchBundleRequest request_;
  v1::BundleChunk chunk_;
  std::string canonical_;
  bool too_large_ = false;
};

BundleSource::BundleSource(boost::asio::io_context& strand, Endpoints& endpoints, FleetName fleet, AgentId agent,
                           std::function<void()> on_idle)
    : strand_(strand),
      endpoints_(endpoints),
      fleet_(std::move(fleet)),
      agent_(std::move(agent)),
      on_idle_(std::move(on_idle)) {}

BundleSource::~BundleSource() = default;

void BundleSource::Get(const BundleDigest& digest, Callback callback) {
  const auto kept = std::ranges::find(kept_, digest, &decltype(kept_)::value_type::first);
  if (kept != kept_.end()) {
    boost::asio::post(strand_, [callback = std::move(callback), bundle = kept->second] { callback(bundle); });
    return;
  }
  auto& callbacks = waiting_[digest];
  callbacks.push_back(std::move(callback));
  if (callbacks.size() > 1) return;
  v1::FetchBundleRequest request;
  request.set_fleet(fleet_.value());
  request.set_agent(agent_.value());
  request.set_digest(digest.value());
  auto fetch = std::make_shared<Fetch>(
      endpoints_.stub(), std::move(request), [this, digest](absl::StatusOr<std::string> canonical) {
        boost::asio::post(strand_, [this, digest, canonical = std::move(canonical)] { Finish(digest, canonical); });
      });
  fetches_.emplace(digest, fetch);
  fetch->Begin();
}

void BundleSource::Offer(const BundleDigest& digest, const std::string& canonical) {
  if (std::ranges::find(kept_, digest, &decltype(kept_)::value_type::first) != kept_.end()) return;
  auto bundle = Check(digest, canonical);
  if (bundle.ok()) Keep(digest, *std::move(bundle));
}

void BundleSource::Keep(const BundleDigest& digest, std::shared_ptr<const Bundle> bundle) {
  kept_.emplace_front(digest, std::move(bundle));
  if (kept_.size() > kKept) kept_.pop_back();
}

void BundleSource::CancelAll() {
  for (const auto& [digest, fetch] : fetches_) fetch->Cancel();
}

void BundleSource::Finish(const BundleDigest& digest, const absl::StatusOr<std::string>& canonical) {
  fetches_.erase(digest);
  absl::StatusOr<std::shared_ptr<const Bundle>> bundle = absl::UnknownError("not fetched");
  if (canonical.ok()) {
    bundle = Check(digest, *canonical);
  } else {
    bundle = canonical.status();
  }
  if (bundle.ok()) Keep(digest, *bundle);
  const auto callbacks = std::move(waiting_.extract(digest).mapped());
  for (const Callback& callback : callbacks) callback(bundle);
  if (fetches_.empty()) on_idle_();
}

}  // namespace wsfleet::agent
