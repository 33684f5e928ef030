#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "coordinator/agent_messages.h"
#include "coordinator/fleet/fleet.h"
#include "fmt/format.h"
#include "google/protobuf/stubs/logging.h"
#include "tests/sim/memory_store.h"
#include "wsfleet/v1/agent_session.pb.h"

// A fleet with an honest agent and a rogue one, whose messages are the input: some in bytes, as they come from the
// wire, some built from numbers near those that mean something. Whatever it sends, no rule of the tables and no
// invariant is broken, and nothing counts of an agent but what it had a lease for.
namespace {

using namespace wsfleet;
using namespace wsfleet::fleet;

constexpr char kRogue[] = "rogue";
constexpr char kHonest[] = "honest";

class Input {
 public:
  Input(const std::uint8_t* data, std::size_t size) : rest_(reinterpret_cast<const char*>(data), size) {}
  bool empty() const { return rest_.empty(); }
  std::uint8_t Byte() {
    if (rest_.empty()) return 0;
    const auto byte = static_cast<std::uint8_t>(rest_.front());
    rest_.remove_prefix(1);
    return byte;
  }
  std::string_view Bytes() {
    const std::string_view bytes = rest_.substr(0, Byte() * 2U);
    rest_.remove_prefix(std::min(rest_.size(), bytes.size()));
    return bytes;
  }

 private:
  std::string_view rest_;
};

[[noreturn]] void Broken(const std::string& what) {
  fmt::print(stderr, "{}\n", what);
  std::abort();
}

class World {
 public:
  explicit World(Input input) : input_(input) {}

  void Run() {
    Connect(kHonest);
    Connect(kRogue);
    for (int step = 0; step < 300 && !input_.empty(); ++step) Step();
    // Whatever happened, in the end everything ends by its deadlines.
    Apply(SetStopped{RequestId(1), false, "fuzz", ""});
    for (int i = 0; i < 400; ++i) Pass(absl::Minutes(1));
    for (const auto& [id, job] : store_.jobs()) {
      if (!IsTerminal(job.state)) Broken(fmt::format("job {} never ends", id.value()));
    }
  }

 private:
  void Step() {
    switch (input_.Byte() % 14) {
      case 0:
        return Submit();
      case 1:
        return Pass(absl::Milliseconds(input_.Byte() * 100));
      case 2:
        return Pass(absl::Seconds(95));
      case 3:
        return WorkHonestly();
      case 4:
        return SendBytes();
      case 5:
      case 6:
      case 7:
        return Apply(RogueResults());
      case 8:
        return Apply(ShardFinished{streams_[kRogue], Lease(), Shard(), Attempt(),
                                   static_cast<ShardEnd>(input_.Byte() % 5), input_.Byte()});
      case 9:
        return Apply(AssignmentRefused{streams_[kRogue], Lease(), "no"});
      case 10:
        return Apply(HeartbeatReceived{streams_[kRogue], input_.Byte(), {Lease(), Lease()}});
      case 11:
        return input_.Byte() % 2 == 0 ? Connect(kRogue) : Connect(kHonest);
      case 12:
        return Apply(SetStopped{RequestId(1), input_.Byte() % 2 == 0, "fuzz", "why"});
      default:
        return Restart();
    }
  }

  void Submit() {
    JobSpec spec;
    spec.bundle = BundleDigest("one");
    spec.detached = true;
    spec.from = {input_.Byte() % 2 == 0 ? "eu-west-1" : "*"};
    spec.agents_wait = absl::Seconds(30);
    spec.deadline = absl::Minutes(10);
    for (int i = 0; i <= input_.Byte() % 3; ++i) spec.cases.push_back(CaseId(fmt::format("suite/{}", i)));
    Apply(SubmitRequested{RequestId(1), JobId(fmt::format("r-{}", ++jobs_)), std::move(spec)});
  }

  void Connect(const std::string& agent) {
    AgentConnected event;
    event.stream = streams_[agent] = StreamId(++last_stream_);
    event.agent.id = AgentId(agent);
    event.agent.region = RegionName("eu-west-1");
    event.agent.boot = BootId(fmt::format("boot-{}", input_.Byte() % 3));
    event.max_shards = 2;
    if (agent == kRogue) {
      for (int i = input_.Byte() % 3; i > 0; --i) event.held.push_back({Lease(), Shard(), input_.Byte() % 2 == 0});
    }
    Apply(event);
  }

  // The honest agent runs the newest that it was given, to its end.
  void WorkHonestly() {
    if (assigned_.empty()) return;
    const SendAssignment assignment = assigned_.back();
    assigned_.pop_back();
    const LeaseRecord& lease = assignment.lease;
    std::vector<CaseResult> results;
    for (const CaseId& id : assignment.spec->cases) results.emplace_back().case_id = id;
    Apply(ResultsReceived{streams_[kHonest], lease.id, lease.shard, lease.attempt, BatchSeq(1), results});
    Apply(ShardFinished{streams_[kHonest], lease.id, lease.shard, lease.attempt, ShardEnd::kCompleted,
                        static_cast<std::uint32_t>(results.size())});
  }

  LeaseId Lease() { return LeaseId(input_.Byte() % 24); }
  ShardId Shard() { return {JobId(fmt::format("r-{}", input_.Byte() % 5)), ShardIndex(input_.Byte() % 3)}; }
  std::uint32_t Attempt() { return input_.Byte() % 6; }

  ResultsReceived RogueResults() {
    ResultsReceived event{streams_[kRogue], Lease(), Shard(), Attempt(), BatchSeq(input_.Byte() % 4), {}};
    for (int i = input_.Byte() % 3; i > 0; --i) {
      event.results.emplace_back().case_id = CaseId(fmt::format("suite/{}", input_.Byte() % 4));
      event.results.back().outcome = Outcome::kFailed;
    }
    return event;
  }

  // As the session of an agent reads them.
  void SendBytes() {
    v1::AgentMessage message;
    if (!message.ParseFromString(std::string(input_.Bytes()))) return;
    const auto apply = [this](auto event) {
      if (!event.ok()) return;
      event->stream = streams_[kRogue];
      Apply(*event);
    };
    apply(coordinator::ParseHeartbeat(message.heartbeat()));
    apply(coordinator::ParseResults(message.results()));
    apply(coordinator::ParseShardDone(message.shard_done()));
    (void)coordinator::ParseHello(message.hello(), FleetName("default"));
  }

  void Pass(absl::Duration duration) {
    const Now end{now_.steady + duration, now_.wall + duration};
    while (fleet_.NextWakeup() <= end.steady) {
      const SteadyTime due = std::max(fleet_.NextWakeup(), now_.steady);
      now_.wall += due - now_.steady;
      now_.steady = due;
      Apply(TimePassed{});
    }
    now_ = end;
  }

  void Restart() {
    fleet_ = Fleet::Load({}, store_.Load(now_.steady), now_);
    assigned_.clear();
    Connect(kHonest);
    Connect(kRogue);
  }

  void Apply(const Event& event) { Take(fleet_.Apply(event, now_)); }

  void Take(const std::vector<Effect>& effects) {
    for (const Effect& effect : effects) {
      if (const auto* persist = std::get_if<Persist>(&effect)) {
        Commit(persist->batch);
        Take(fleet_.Apply(Persisted{persist->commit}, now_));
      } else if (const auto* assignment = std::get_if<SendAssignment>(&effect)) {
        if (assignment->stream == streams_[kHonest]) assigned_.push_back(*assignment);
      }
    }
  }

  void Commit(const WriteBatch& batch) {
    for (const LeaseRecord& lease : batch.leases) had_.insert({lease.shard, lease.attempt, lease.agent});
    for (const CaseResultRecord& result : batch.results) {
      if (!had_.contains({result.shard, result.attempt, result.agent})) {
        Broken(fmt::format("a result counts of {}, which had no lease for it", result.agent.value()));
      }
    }
    for (const std::string& wrong : store_.Commit(batch, now_.steady)) Broken(wrong);
  }

  Input input_;
  sim::MemoryStore store_;
  Fleet fleet_{FleetSettings{}};
  Now now_{SteadyTime{}, absl::FromUnixSeconds(1'700'000'000)};
  std::map<std::string, StreamId> streams_;
  std::vector<SendAssignment> assigned_;  // to the honest agent
  std::set<std::tuple<ShardId, std::uint32_t, AgentId>> had_;
  std::uint64_t last_stream_ = 0;
  int jobs_ = 0;
};

}  // namespace

extern "C" int LLVMFuzzerInitialize(int*, char***) {
  google::protobuf::SetLogHandler(nullptr);  // it says a line for each text that is no UTF-8
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  World(Input(data, size)).Run();
  return 0;
}
