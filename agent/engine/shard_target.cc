#include <algorithm>

#include "absl/cleanup/cleanup.h"
#include "agent/engine/shard_runner.h"
#include "core/base/text.h"
#include "fmt/format.h"

// Where the cases of a suite run, and whether they can: targets, requirements, revisions.
namespace wsfleet::engine {
namespace {

using Unmet = std::optional<std::pair<SkipReason, std::string>>;

// Of a list of targets each has its own reason: "local: connection refused; stage: STAGE_URL is not set".
void NoteUnmet(const Suite& suite, const Target& target, const std::string& why, std::string& all) {
  if (!all.empty()) all += "; ";
  if (suite.target_candidates.size() > 1 && !target.name.empty()) all += target.name + ": ";
  all += why;
}

}  // namespace

boost::asio::awaitable<ShardRunner::ChosenTarget> ShardRunner::ChooseTarget(const Suite& suite,
                                                                            const PlannedCase& any) {
  ChosenTarget chosen;
  for (const Requirement& requirement : suite.requirements) {
    if (std::holds_alternative<HttpRequirement>(requirement.what)) continue;  // needs a target
    chosen.obstacle.skip = UnmetHere(requirement, chosen);
    if (chosen.obstacle.any()) co_return chosen;
  }
  std::string unavailable;
  for (const Target& target : suite.target_candidates) {
    ChosenTarget candidate;
    candidate.target = target;
    const SessionScope scope(FactsOf(any, candidate, 0));
    Unmet unmet;
    for (const Requirement& requirement : target.requirements) {
      if (!std::holds_alternative<HttpRequirement>(requirement.what) && !unmet) unmet = UnmetHere(requirement, chosen);
    }
    if (unmet) {
      NoteUnmet(suite, target, unmet->second, unavailable);
      continue;
    }
    const auto url = ExpandText(target.url, scope);
    const auto base = url.ok() ? ParseUrl(*url) : absl::StatusOr<Url>(url.status());
    if (!base.ok()) {
      Failure failure;
      failure.failure_class = FailureClass::kConfig;
      failure.message = fmt::format("target: {}", ToStd(base.status().message()));
      failure.range = target.range;
      chosen.obstacle.failure = std::move(failure);
      co_return chosen;
    }
    candidate.base = *base;
    Obstacle obstacle = co_await FirstUnmet(target.requirements, any, candidate);
    if (obstacle.failure) {
      chosen.obstacle = std::move(obstacle);
      co_return chosen;
    }
    if (obstacle.skip) {
      NoteUnmet(suite, target, obstacle.skip->second, unavailable);
      continue;
    }
    chosen = candidate;
    break;
  }
  if (!chosen.target) {
    if (unavailable.empty()) unavailable = "no target";
    chosen.obstacle.skip = std::pair(SkipReason::kTargetUnavailable, std::move(unavailable));
    co_return chosen;
  }
  chosen.obstacle = co_await FirstUnmet(suite.requirements, any, chosen);
  if (!chosen.obstacle.any()) chosen.obstacle.failure = co_await ReadRevision(any, chosen, chosen.revision);
  co_return chosen;
}

boost::asio::awaitable<std::optional<Failure>> ShardRunner::Probe(const PlannedCase& planned,
                                                                  const ChosenTarget& chosen, const HttpRequest& http,
                                                                  const CaptureSource* from, std::string* value) {
  auto session = std::make_shared<Session>(executor_, FactsOf(planned, chosen, 0), chosen.base);
  sessions_.insert(session.get());  // so that a cancellation reaches it
  if (cancelled_) session->Cancel();
  const auto leave = absl::MakeCleanup([this, &session] { sessions_.erase(session.get()); });
  std::optional<Failure> failure = co_await session->Probe(http, from, value);
  co_return failure;
}

boost::asio::awaitable<std::optional<Failure>> ShardRunner::ReadRevision(const PlannedCase& planned,
                                                                         const ChosenTarget& chosen,
                                                                         std::string& revision) {
  const std::optional<Revision>& source = planned.suite->revision;
  if (!source) co_return std::nullopt;
  std::optional<Failure> failure = co_await Probe(planned, chosen, source->http, &source->from, &revision);
  if (failure) {
    failure->message = fmt::format("the revision could not be read: {}", failure->message);
    failure->failure_class = FailureClass::kConfig;
  }
  co_return failure;
}

boost::asio::awaitable<void> ShardRunner::JudgeRevision(const PlannedCase& last, const ChosenTarget& chosen,
                                                        CaseResult& result) {
  if (chosen.revision.empty()) co_return;
  std::string after;
  std::optional<Failure> failure = co_await ReadRevision(last, chosen, after);
  if (!failure && after == chosen.revision) co_return;
  if (!failure) {
    failure.emplace();
    failure->failure_class = FailureClass::kConfig;
    failure->message = fmt::format("the revision changed from {} to {} while the suite ran", chosen.revision, after);
  }
  // What went wrong before stays what is told first.
  const bool is_good = result.outcome == Outcome::kPassed || result.outcome == Outcome::kSkipped;
  if (!is_good && result.failure) {
    result.failure->notes.push_back({"revision", failure->message});
    co_return;
  }
  result.failure = std::move(failure);
  result.outcome = Outcome::kInconclusive;
  result.skip_reason = SkipReason::kNone;
  result.skip_detail.clear();
}

boost::asio::awaitable<ShardRunner::Obstacle> ShardRunner::FirstUnmet(const std::vector<Requirement>& requirements,
                                                                      const PlannedCase& planned,
                                                                      const ChosenTarget& chosen) {
  Obstacle obstacle;
  for (const Requirement& requirement : requirements) {
    const auto* http = std::get_if<HttpRequirement>(&requirement.what);
    if (http == nullptr) {
      obstacle.skip = UnmetHere(requirement, chosen);
    } else if (std::optional<Failure> failure = co_await Probe(planned, chosen, http->request, nullptr, nullptr)) {
      if (IsOurs(failure->failure_class)) {
        // The request could not be asked as it is written: whether the requirement holds is not known.
        failure->message = fmt::format("requires: http: {}", failure->message);
        if (!failure->range.known()) failure->range = requirement.range;
        obstacle.failure = std::move(failure);
      } else {
        obstacle.skip = std::pair(SkipReason::kEndpointUnreachable, failure->message);
      }
    }
    if (obstacle.any()) break;
  }
  co_return obstacle;
}

std::string ShardRunner::LabelOf(const std::string& name, bool& known) const {
  const auto found = agent_.labels.find(name);
  known = found != agent_.labels.end() || name == "region";
  if (name == "region") return agent_.region.value();
  return known ? found->second : std::string();
}

Unmet ShardRunner::UnmetHere(const Requirement& requirement, const ChosenTarget& chosen) const {
  if (const auto* env = std::get_if<EnvRequirement>(&requirement.what)) {
    const auto found = run_.variables.env.find(env->name);
    if (found != run_.variables.env.end() && !found->second.empty()) return std::nullopt;
    return std::pair(SkipReason::kEnvMissing, fmt::format("{} is not set", env->name));
  }
  if (const auto* secret = std::get_if<SecretRequirement>(&requirement.what)) {
    const auto found = run_.secrets.find(secret->name);
    if (found == run_.secrets.end()) {
      return std::pair(SkipReason::kSecretMissing, WhyMissing(secret->name, run_.unread_secrets, run_.is_scheduled));
    }
    if (!chosen.target || found->second.hosts.Allows(chosen.base.host)) return std::nullopt;
    return std::pair(SkipReason::kSecretMissing,
                     fmt::format("secret {} may not be sent to {}; its operator allows {}", secret->name,
                                 chosen.base.host, found->second.hosts.text()));
  }
  const auto* agent = std::get_if<AgentRequirement>(&requirement.what);
  if (agent == nullptr) return std::nullopt;
  for (const auto& [name, predicate] : agent->labels) {
    bool known = false;
    const std::string value = LabelOf(name, known);
    const boost::json::value json(value);
    // Labels are text; one that is a number, or true or false, is compared as such too.
    boost::json::value typed;
    if (value == "true" || value == "false") {
      typed = value == "true";
    } else if (!value.empty() && value.find_first_not_of("0123456789.") == std::string::npos) {
      typed = std::strtod(value.c_str(), nullptr);
    }
    const auto holds = [&](const boost::json::value& label) {
      std::vector<const boost::json::value*> selection;
      if (known) selection.push_back(&label);
      return HoldsForSelection(predicate, selection);
    };
    if (holds(json) || (!typed.is_null() && holds(typed))) continue;
    return std::pair(SkipReason::kAgentMismatch,
                     fmt::format("agent {} has {}", agent_.id.value(),
                                 known ? fmt::format("{}={}", name, value) : fmt::format("no label {}", name)));
  }
  return std::nullopt;
}

}  // namespace wsfleet::engine
