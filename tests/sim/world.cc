#include "tests/sim/world.h"

#include <algorithm>
#include <map>

#include "fmt/format.h"

namespace wsfleet::sim {
namespace {

constexpr absl::Duration kFaultyTime = absl::Seconds(90);
constexpr absl::Duration kPeacefulTime = absl::Minutes(10);

Budget ChatBudget() { return {BudgetName("chat"), 5, 4}; }

fleet::FleetSettings Settings() {
  fleet::FleetSettings settings;
  settings.lease_time = absl::Seconds(6);
  settings.unwatched_limit = absl::Seconds(10);
  settings.lost_agents_listed = absl::Seconds(25);
  settings.drained_agents_listed = absl::Hours(1);
  settings.quarantine = absl::Seconds(10);
  settings.policy.targets = {false, {{"chat.example", {443}, {}, ChatBudget()}, {"free.example"}}};
  return settings;
}

const std::vector<std::string>& Regions() {
  static const std::vector<std::string> kRegions{"eu-west-1", "us-east-1", "ap-south-1"};
  return kRegions;
}

AgentRecord Identity(const std::string& region, int number) {
  AgentRecord agent;
  agent.id = AgentId(fmt::format("{}-{}", region.substr(0, 2), number));
  agent.region = RegionName(region);
  agent.vantage = agent.id.value();
  return agent;
}

}  // namespace

World::World(std::uint64_t seed)
    : dice_(seed),
      check_dice_(seed ^ 0x5eed),
      network_(queue_, dice_),
      shell_(queue_, dice_, network_, Settings()),
      operator_(queue_, dice_, shell_) {
  AddAgents();
  AddClients();
  operator_.Start();
  ScheduleFault();
  ReserveElsewhere();
  keep_ = dice_.Between(absl::Seconds(2), absl::Seconds(40));
  RemoveEnded();
  queue_.After(kFaultyTime, [this] { MakePeace(); });
}

void World::AddAgents() {
  for (const std::string& region : Regions()) {
    for (int number = 1; number <= 2; ++number) {
      agents_.push_back(std::make_unique<VirtualAgent>(queue_, dice_, network_, shell_.referee(),
                                                       Identity(region, number), Settings().lease_time));
      VirtualAgent* agent = agents_.back().get();
      agent->SetOnExit([this, agent] {
        queue_.After(dice_.Between(absl::Seconds(1), absl::Seconds(5)), [this, agent] { Boot(*agent); });
      });
      queue_.After(dice_.Between(absl::ZeroDuration(), absl::Seconds(5)), [agent] { agent->Boot(); });
    }
  }
}

void World::AddClients() {
  const std::uint64_t count = dice_.Between(4, 10);
  for (std::uint64_t number = 1; number <= count; ++number) {
    clients_.push_back(std::make_unique<VirtualClient>(queue_, dice_, shell_, number, RandomSpec(number)));
    queue_.After(dice_.Between(absl::ZeroDuration(), kFaultyTime - absl::Seconds(20)),
                 [client = clients_.back().get()] { client->Submit(); });
  }
}

JobSpec World::RandomSpec(std::uint64_t number) {
  static const std::vector<std::vector<std::string>> kTerms{{},
                                                            {"eu-west-1"},
                                                            {"eu-*", "us-*"},
                                                            {"eu-1", "ap-south-1"},
                                                            {"*"},
                                                            {"eu-west-1", "us-east-1", "ap-south-1"},
                                                            {"sa-east-1"}};
  JobSpec spec;
  // Some share their key with another client, and some of these ask for something else.
  spec.key = RunKey(fmt::format("key-{}", number > 1 && dice_.Chance(15) ? number - 1 : number));
  spec.bundle = BundleDigest(dice_.Chance(90) ? "one" : "other");
  spec.from = kTerms[dice_.Between(0, kTerms.size() - 1)];
  spec.agents_wait = dice_.Between(absl::Seconds(2), absl::Seconds(20));
  spec.deadline = dice_.Between(absl::Seconds(5), absl::Seconds(60));
  if (dice_.Chance(30)) spec.attempt_limit = dice_.Between(absl::Seconds(2), absl::Seconds(10));
  spec.detached = dice_.Chance(50);
  spec.needs = {{{{dice_.Chance(50) ? "chat.example" : "free.example", 443}}},
                static_cast<std::uint32_t>(dice_.Between(0, 4)),
                static_cast<std::uint32_t>(dice_.Between(0, 4))};
  const std::uint64_t cases = dice_.Between(1, 6);
  for (std::uint64_t i = 1; i <= cases; ++i) spec.cases.push_back(CaseId(fmt::format("suite/{}", i)));
  return spec;
}

void World::ScheduleFault() {
  queue_.After(dice_.Between(absl::Milliseconds(100), absl::Seconds(6)), [this] {
    if (!faulty_) return;
    Fault();
    ScheduleFault();
  });
}

void World::Fault() {
  switch (dice_.Between(1, 16)) {
    case 1:
    case 2:
    case 3:
      return AnyAgent().DropStream();
    case 4: {
      VirtualAgent& agent = AnyAgent();
      agent.Kill(dice_.Chance(30));
      if (dice_.Chance(15)) {
        gone_.insert(&agent);  // never comes back: its leases must end by themselves
        return;
      }
      return queue_.After(dice_.Between(absl::ZeroDuration(), absl::Seconds(15)), [this, &agent] { Boot(agent); });
    }
    case 5:
    case 6:
      return AnyAgent().Stall(dice_.Between(absl::Seconds(1), absl::Seconds(15)));
    case 7:
      return AnyAgent().Drain();
    case 8:
      return shell_.StallStore(dice_.Between(absl::Milliseconds(100), absl::Seconds(5)));
    case 9:
      return shell_.Crash(dice_.Between(absl::ZeroDuration(), absl::Seconds(10)));
    case 10:
      // One of those that came lately.
      return network_.Pause(
          fleet::StreamId(network_.newest().value() - std::min(network_.newest().value(), dice_.Between(0, 5))),
          dice_.Between(absl::Milliseconds(100), absl::Seconds(20)));
    case 11:
      return BeginRivalry();
    case 12:
      return queue_.MoveWall(dice_.Between(-absl::Minutes(10), absl::Minutes(10)));
    case 13:
      return ConnectTwin();
    case 14:
      SetStopped(true);
      return queue_.After(dice_.Between(absl::Milliseconds(1), absl::Seconds(15)), [this] { SetStopped(false); });
    default:
      return DrainSome();
  }
}

void World::DrainSome() {
  const AgentId id =
      Identity(Regions()[dice_.Between(0, Regions().size() - 1)], static_cast<int>(dice_.Between(1, 2))).id;
  const bool drained = dice_.Chance(50);
  const std::uint64_t wish = ++drain_wishes_;
  shell_.referee().OnDrainWish(id, wish);
  shell_.SetDrained(id, drained, [this, id, wish, drained](const fleet::AnswerWish* answer) {
    if (answer != nullptr && answer->status.ok()) shell_.referee().OnDrained(id, wish, drained);
  });
}

void World::SetStopped(bool stopped) {
  const std::uint64_t wish = ++stop_wishes_;
  shell_.referee().OnStopWish(wish);
  shell_.SetStopped(stopped, [this, wish, stopped](const fleet::AnswerWish* answer) {
    if (answer != nullptr && answer->status.ok()) shell_.referee().OnStopped(wish, stopped);
  });
}

// Until it is so.
void World::Resume() {
  SetStopped(false);
  queue_.After(absl::Seconds(2), [this] {
    if (shell_.store().kill_switch().stopped) Resume();
  });
}

// Another fleet takes what it can get of the budget, until there is peace.
void World::ReserveElsewhere() {
  Budget shares = ChatBudget();
  shares.connections = static_cast<std::uint32_t>(dice_.Between(0, shares.connections));
  shares.sessions_per_second = static_cast<std::uint32_t>(dice_.Between(0, shares.sessions_per_second));
  if (!faulty_) shares = {shares.name};
  shell_.ReserveElsewhere(shares);
  if (faulty_) queue_.After(dice_.Between(absl::Milliseconds(100), absl::Seconds(4)), [this] { ReserveElsewhere(); });
}

void World::RemoveEnded() {
  shell_.RemoveEnded(queue_.clock().wall - keep_);
  if (faulty_) queue_.After(dice_.Between(absl::Seconds(1), absl::Seconds(5)), [this] { RemoveEnded(); });
}

void World::Boot(VirtualAgent& agent) {
  if (!gone_.contains(&agent)) agent.Boot();
}

VirtualAgent* World::AddTwin() {
  const std::string& region = Regions()[dice_.Between(0, Regions().size() - 1)];
  twins_.push_back(std::make_unique<VirtualAgent>(queue_, dice_, network_, shell_.referee(), Identity(region, 1),
                                                  Settings().lease_time));
  return twins_.back().get();
}

// Two processes of one name, each started again whenever the other one has fenced it.
void World::BeginRivalry() {
  VirtualAgent* rival = AddTwin();
  const SteadyTime end = queue_.now() + absl::Seconds(30);
  rival->SetOnExit([this, rival, end] {
    queue_.After(dice_.Between(absl::Milliseconds(100), absl::Seconds(2)), [this, rival, end] {
      if (faulty_ && queue_.now() < end) rival->Boot();
    });
  });
  rival->Boot();
  overlap_until_ = std::max(overlap_until_, end + absl::Seconds(20));
  queue_.At(end, [rival] { rival->Kill(true); });
}

void World::ConnectTwin() {
  VirtualAgent* twin = AddTwin();
  twin->Boot();
  overlap_until_ = std::max(overlap_until_, queue_.now() + absl::Seconds(20));
  queue_.After(dice_.Between(absl::Seconds(1), absl::Seconds(8)), [twin] { twin->Kill(true); });
}

void World::MakePeace() {
  faulty_ = false;
  network_.SetFaulty(false);
  shell_.SetFaulty(false);
  operator_.Stop();
  Resume();
  for (const auto& twin : twins_) twin->Kill(true);
  for (const auto& agent : agents_) {
    agent->SetFaulty(false);
    Boot(*agent);
  }
}

bool World::IsSettled() const {
  const auto answered = [](const auto& client) { return client->is_answered(); };
  const auto empty = [](const auto& agent) { return !agent->is_running() || !agent->HasUnacknowledged(); };
  return !faulty_ && shell_.up() && operator_.is_done() && shell_.store().leases().empty() &&
         std::ranges::all_of(clients_, answered) && std::ranges::all_of(agents_, empty) &&
         std::ranges::all_of(shell_.store().jobs(), [](const auto& job) { return IsTerminal(job.second.state); });
}

void World::CheckStep() {
  Referee& referee = shell_.referee();
  referee.CheckStep();
  if (check_dice_.Chance(5)) shell_.CheckLoad();
  // A process that another of its name has replaced runs on until it notices. Otherwise a shard runs in one place.
  if (queue_.now() < overlap_until_) return;
  std::map<ShardId, int> running;
  for (const auto& agent : agents_) {
    for (const ShardId& shard : agent->Running()) ++running[shard];
  }
  for (const auto& [shard, count] : running) {
    if (count > 1) referee.Complain(fmt::format("I4: shard {}/{} runs twice", shard.job.value(), shard.index.value()));
  }
}

std::vector<std::string> World::Run() {
  const SteadyTime end = SteadyTime{} + kFaultyTime + kPeacefulTime;
  Referee& referee = shell_.referee();
  while (!IsSettled() && queue_.now() < end && referee.complaints().empty() && queue_.Step()) {
    ++steps_;
    CheckStep();
  }
  if (referee.complaints().empty()) {
    referee.CheckEnd();
    shell_.CheckLoad();
    for (const auto& agent : agents_) {
      if (agent->is_running() && agent->HasUnacknowledged())
        referee.Complain("I8: an agent keeps a batch that nobody acknowledges");
    }
  }
  return referee.complaints();
}

}  // namespace wsfleet::sim
