#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "proto/wire/bundle.h"
#include "tests/faults/rogue/raw_call.h"
#include "tests/faults/rogue/rogue_fleet.h"
#include "wsfleet/v1/fleet.pb.h"
#include "wsfleet/v1/job.grpc.pb.h"

// What a client can do to a coordinator, with a token or without: the table says what, and how its call ends. Whatever
// it is, the coordinator goes on, within its memory, and an honest client's run beside it passes.
namespace wsfleet::testing {
namespace {

using ::testing::HasSubstr;

constexpr char kSubmit[] = "/wsfleet.v1.Jobs/Submit";
constexpr char kWatch[] = "/wsfleet.v1.Jobs/Watch";
constexpr char kListAgents[] = "/wsfleet.v1.Fleets/ListAgents";
constexpr char kListJobs[] = "/wsfleet.v1.Jobs/List";
constexpr char kStopFleet[] = "/wsfleet.v1.Fleets/StopFleet";

using Calls = std::vector<std::unique_ptr<RawCall>>;

struct Trick {
  std::string name;
  // How the call ended. What is put into the list stays open while the honest client works.
  std::function<grpc::Status(const RogueFleet&, Calls&)> commit;
  grpc::StatusCode ends_with;
  std::string says = {};
};
void PrintTo(const Trick& trick, std::ostream* out) { *out << trick.name; }

// One message, to the end.
grpc::Status CallOnce(const RogueFleet& fleet, const std::string& method, const std::string& bytes,
                      const std::string& token) {
  RawCall call(fleet.ClientChannel(), method, token);
  call.Write(bytes);
  call.WritesDone();
  return call.Finish();
}

auto CallWith(const std::string& method, const google::protobuf::MessageLite& message) {
  return [method, bytes = message.SerializeAsString()](const RogueFleet& fleet, Calls&) {
    return CallOnce(fleet, method, bytes, fleet.token());
  };
}

// --- who it is ------------------------------------------------------------------------------------------------------

auto CallAs(const std::string& token) {
  return [token](const RogueFleet& fleet, Calls&) { return CallOnce(fleet, kListJobs, "", token); };
}

grpc::Status SendHugeMetadata(const RogueFleet& fleet, Calls&) {
  RawCall call(fleet.ClientChannel(), kListJobs, fleet.token(), std::string(1 << 20, 'm'));
  call.Write("");
  call.WritesDone();
  return call.Finish();
}

// A kilobyte that would become a megabyte.
grpc::Status SendWhatIsCompressed(const RogueFleet& fleet, Calls&) {
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(30));
  context.AddMetadata("authorization", "Bearer " + fleet.token());
  context.set_compression_algorithm(GRPC_COMPRESS_GZIP);
  v1::ListJobsRequest request;
  request.set_page_token(std::string(1'000'000, 'x'));
  v1::ListJobsReply reply;
  return v1::Jobs::NewStub(fleet.ClientChannel())->List(&context, request, &reply);
}

// --- bundles --------------------------------------------------------------------------------------------------------

Bundle BundleNamed(const std::string& path) {
  Bundle bundle;
  bundle.files[path] = "version: wsfleet/v1\nname: x\ntarget: ws://127.0.0.1:1\n";
  bundle.suites.push_back(path);
  return bundle;
}

v1::SubmitRequest HeaderOf(const std::string& canonical) {
  v1::SubmitRequest part;
  part.mutable_header()->mutable_bundle()->set_digest(wire::Digest(canonical).value());
  part.mutable_header()->mutable_bundle()->set_bytes(canonical.size());
  part.mutable_header()->set_detached(true);
  return part;
}

grpc::Status Upload(const RogueFleet& fleet, const v1::SubmitRequest& header, const std::string& canonical) {
  RawCall call(fleet.ClientChannel(), kSubmit, fleet.token());
  call.Write(header);
  for (std::string& data : wire::Chunks(canonical)) {
    v1::SubmitRequest part;
    part.mutable_chunk()->set_data(std::move(data));
    if (!call.Write(part)) break;
  }
  call.WritesDone();
  return call.Finish();
}

auto UploadNamed(const std::string& path) {
  return [path](const RogueFleet& fleet, Calls&) {
    const std::string canonical = wire::CanonicalForm(BundleNamed(path));
    return Upload(fleet, HeaderOf(canonical), canonical);
  };
}

grpc::Status LieAboutTheDigest(const RogueFleet& fleet, Calls&) {
  const std::string canonical = wire::CanonicalForm(BundleNamed("a.wsfleet.yaml"));
  return Upload(fleet, HeaderOf(canonical + "x"), canonical);
}

grpc::Status UploadMoreThanAllowed(const RogueFleet& fleet, Calls&) {
  const std::string canonical(32 << 20, 'x');
  return Upload(fleet, HeaderOf(canonical), canonical);
}

grpc::Status UploadWhatIsNoBundle(const RogueFleet& fleet, Calls&) {
  const std::string canonical(1000, '\xff');
  return Upload(fleet, HeaderOf(canonical), canonical);
}

grpc::Status UploadAHugeChunk(const RogueFleet& fleet, Calls&) {
  RawCall call(fleet.ClientChannel(), kSubmit, fleet.token());
  call.Write(HeaderOf("x"));
  v1::SubmitRequest part;
  part.mutable_chunk()->set_data(std::string(130 << 10, 'x'));
  call.Write(part);
  return call.Finish();
}

// As many as are taken at once; each has to be given up before the honest client has its turn.
grpc::Status LeaveUploadsUnfinished(const RogueFleet& fleet, Calls& open) {
  const std::string canonical = wire::CanonicalForm(BundleNamed("a.wsfleet.yaml"));
  for (int i = 0; i < 16; ++i) {
    open.push_back(std::make_unique<RawCall>(fleet.ClientChannel(), kSubmit, fleet.token()));
    open.back()->Write(HeaderOf(canonical));
  }
  return grpc::Status::OK;
}

grpc::Status SubmitManyVariables(const RogueFleet& fleet, Calls&) {
  const std::string canonical = wire::CanonicalForm(BundleNamed("a.wsfleet.yaml"));
  v1::SubmitRequest header = HeaderOf(canonical);
  for (int i = 0; i < 257; ++i) (*header.mutable_header()->mutable_variables()->mutable_vars())[std::to_string(i)];
  return Upload(fleet, header, canonical);
}

// --- cursors and watches --------------------------------------------------------------------------------------------

grpc::Status WatchManyRuns(const RogueFleet& fleet, Calls& open) {
  v1::WatchJobRequest request;
  request.set_job(fleet.SubmitDetached("nowhere"));
  for (int i = 0; i < 2000; ++i) {
    // Several connections: one may have a hundred calls.
    static std::shared_ptr<grpc::Channel> channel;
    if (i % 100 == 0) channel = fleet.ClientChannel();
    open.push_back(std::make_unique<RawCall>(channel, kWatch, fleet.token()));
    open.back()->Write(request);
  }
  return grpc::Status::OK;
}

v1::WatchJobRequest WatchOf(const std::string& job, std::uint64_t after) {
  v1::WatchJobRequest request;
  request.set_job(job);
  request.set_after(after);
  return request;
}

v1::ListAgentsRequest AgentsAfter(const std::string& token) {
  v1::ListAgentsRequest request;
  request.set_page_token(token);
  return request;
}

v1::ListJobsRequest JobsAfter(const std::string& token) {
  v1::ListJobsRequest request;
  request.set_page_token(token);
  return request;
}

v1::StopFleetRequest StopOf(const std::string& fleet, const std::string& reason) {
  v1::StopFleetRequest request;
  request.set_fleet(fleet);
  request.set_reason(reason);
  return request;
}

auto SendRaw(const std::string& method, const std::string& bytes) {
  return [method, bytes](const RogueFleet& fleet, Calls&) { return CallOnce(fleet, method, bytes, fleet.token()); };
}

std::vector<Trick> Tricks() {
  using enum grpc::StatusCode;
  const std::string terminal("\x1b[2J\x00\r\n", 7);
  return {
      {"HasNoToken", CallAs(""), UNAUTHENTICATED},
      {"HasAWrongToken", CallAs("wsf_0000000000000000_" + std::string(64, 'a')), UNAUTHENTICATED},
      {"HasALongToken", CallAs(std::string(4000, 't')), UNAUTHENTICATED},
      {"SendsHugeMetadata", SendHugeMetadata, RESOURCE_EXHAUSTED},
      {"AsksForNoMethod", SendRaw("/wsfleet.v1.Jobs/Destroy", ""), UNIMPLEMENTED},
      // gRPC's word for what is no message of the method.
      {"SendsGarbage", SendRaw(kListJobs, std::string(1000, '\xff')), UNIMPLEMENTED},
      {"SendsMegabytes", SendRaw(kListJobs, std::string(8 << 20, 'x')), RESOURCE_EXHAUSTED},
      {"SendsWhatIsCompressed", SendWhatIsCompressed, UNIMPLEMENTED, "gzip"},
      {"AsksForAnotherFleet", CallWith(kStopFleet, StopOf(terminal + "blue", "x")), NOT_FOUND, "no fleet "},
      {"GivesALongReason", CallWith(kStopFleet, StopOf("", std::string(100'000, 'x'))), INVALID_ARGUMENT,
       "reason: expected at most 256 bytes"},
      {"UploadsMoreThanAllowed", UploadMoreThanAllowed, RESOURCE_EXHAUSTED, "the bundle is larger than 8 MiB"},
      {"UploadsAHugeChunk", UploadAHugeChunk, INVALID_ARGUMENT, "a chunk is larger than 128 KiB"},
      {"LiesAboutTheDigest", LieAboutTheDigest, INVALID_ARGUMENT, "digest"},
      {"UploadsWhatIsNoBundle", UploadWhatIsNoBundle, INVALID_ARGUMENT},
      {"NamesAFileAboveTheBundle", UploadNamed("../../etc/cron.d/x.wsfleet.yaml"), INVALID_ARGUMENT},
      {"NamesAFileOfTheRoot", UploadNamed("/etc/cron.d/x.wsfleet.yaml"), INVALID_ARGUMENT},
      {"NamesAFileThatControlsATerminal", UploadNamed(terminal + ".wsfleet.yaml"), INVALID_ARGUMENT},
      {"SubmitsManyVariables", SubmitManyVariables, INVALID_ARGUMENT, "expected at most 256, found 257"},
      {"LeavesUploadsUnfinished", LeaveUploadsUnfinished, OK},
      {"WatchesManyRuns", WatchManyRuns, OK},
      {"WatchesARunThatIsNone", CallWith(kWatch, WatchOf(terminal, 0)), NOT_FOUND},
      {"WatchesFromFarAhead", CallWith(kWatch, WatchOf("r-NOBODY", UINT64_MAX)), NOT_FOUND},
      {"InventsAPageOfAgents", CallWith(kListAgents, AgentsAfter(std::string(100'000, '/') + terminal)), OK},
      {"InventsAPageOfRuns", CallWith(kListJobs, JobsAfter(terminal + std::string(100'000, 'r'))), NOT_FOUND},
  };
}

class RogueClients : public ::testing::TestWithParam<Trick> {
 protected:
  static void SetUpTestSuite() { fleet_ = new RogueFleet(); }
  static void TearDownTestSuite() { delete std::exchange(fleet_, nullptr); }

  static inline RogueFleet* fleet_ = nullptr;
};

TEST_P(RogueClients, AreRefusedAndDisturbNobody) {
  const Trick& trick = GetParam();
  {
    Calls open;
    const grpc::Status status = trick.commit(*fleet_, open);
    EXPECT_EQ(status.error_code(), trick.ends_with) << status.error_message();
    EXPECT_THAT(status.error_message(), HasSubstr(trick.says));
    fleet_->ExpectHonestRunPasses();
  }
  fleet_->ExpectWell();
}

INSTANTIATE_TEST_SUITE_P(Table, RogueClients, ::testing::ValuesIn(Tricks()),
                         [](const auto& entry) { return entry.param.name; });

}  // namespace
}  // namespace wsfleet::testing
