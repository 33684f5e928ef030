#pragma once

#include <memory>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "coordinator/tls/followed_files.h"
#include "grpcpp/security/server_credentials.h"

namespace wsfleet::coordinator {

// Credentials that follow the files when they are replaced, as long as they live: new connections, within `reload`,
// which is rounded up to seconds, and half a second. While certificate and key do not belong together, or a file is
// none, what was there before is shown. FAILED_PRECONDITION: as FollowedFiles.
absl::StatusOr<std::shared_ptr<grpc::ServerCredentials>> TlsCredentials(const TlsFiles& files, absl::Duration reload);

}  // namespace wsfleet::coordinator
