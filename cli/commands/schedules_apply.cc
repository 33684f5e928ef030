#include <unistd.h>

#include <algorithm>
#include <iostream>
#include <string>
#include <utility>

#include "boost/json/array.hpp"
#include "boost/json/object.hpp"
#include "cli/commands/commands.h"
#include "cli/plan/schedules_file.h"
#include "cli/run/schedules.h"
#include "cli/terminal/schedule_diff.h"
#include "core/base/text.h"
#include "fmt/format.h"

// schedules apply: the difference first, then the change.
namespace wsfleet::cli {
namespace {

namespace json = boost::json;

class Applier {
 public:
  Applier(Invocation& invocation, const ApplyFlags& flags, std::vector<PreparedSchedule> schedules)
      : invocation_(invocation), flags_(flags), schedules_(std::move(schedules)) {}

  absl::StatusOr<int> ApplyTo(CoordinatorClient& client) {
    if (absl::Status status = Compare(client); !status.ok()) return status;
    Show();
    const bool nothing =
        std::ranges::all_of(differences_, [](const auto& one) { return one.change == v1::SCHEDULE_CHANGE_UNCHANGED; });
    if (flags_.dry_run || nothing) return kPassedCode;
    auto confirmed = Confirm();
    if (!confirmed.ok()) return confirmed.status();
    if (!*confirmed) {
      fmt::print(stderr, "nothing was changed\n");
      return kInterruptedCode;
    }
    if (absl::Status status = Change(client); !status.ok()) return status;
    return kPassedCode;
  }

 private:
  absl::Status Compare(CoordinatorClient& client) {
    for (const PreparedSchedule& schedule : schedules_) {
      const std::string& name = schedule.text.spec.name.value();
      auto reply = TryApply(client, schedule);
      if (!reply.ok()) return AtItsPlace(schedule, reply.status());
      for (const std::string& warning : reply->warnings()) {
        fmt::print(stderr, "schedule {}: {}\n", name, Printable(warning));
      }
      ScheduleDifference& difference = differences_.emplace_back();
      difference.name = name;
      difference.change = reply->change();
      difference.secrets_changed = reply->secrets_changed();
      difference.before = std::move(*reply->mutable_before());
      difference.after = std::move(*reply->mutable_after());
      if (absl::Status status = CompareFiles(client, schedule, difference); !status.ok()) return status;
    }
    return flags_.prune ? AddSurplus(client) : absl::OkStatus();
  }

  static absl::Status CompareFiles(CoordinatorClient& client, const PreparedSchedule& schedule,
                                   ScheduleDifference& difference) {
    if (difference.change != v1::SCHEDULE_CHANGE_UPDATED ||
        difference.before.bundle().digest() == difference.after.bundle().digest()) {
      return absl::OkStatus();
    }
    auto known = FetchScheduleBundle(client, difference.name);
    if (!known.ok()) return known.status();
    difference.files = schedule.run.files.bundle.files;
    difference.known_files = std::move(known->files);
    return absl::OkStatus();
  }

  absl::Status AddSurplus(CoordinatorClient& client) {
    auto known = ListSchedules(client);
    if (!known.ok()) return known.status();
    for (v1::Schedule& schedule : *known) {
      const bool wanted = std::ranges::any_of(
          schedules_, [&](const auto& one) { return one.text.spec.name.value() == schedule.name(); });
      if (wanted) continue;
      ScheduleDifference& difference = differences_.emplace_back();
      difference.name = schedule.name();
      difference.change = v1::SCHEDULE_CHANGE_DELETED;
      difference.before = std::move(schedule);
    }
    return absl::OkStatus();
  }

  void Show() const {
    json::array items;
    switch (invocation_.output) {
      case OutputFormat::kTable:
      case OutputFormat::kWide:
        fmt::print("{}", RenderDifferences(differences_));
        break;
      case OutputFormat::kJson:
      case OutputFormat::kYaml:
        for (const ScheduleDifference& one : differences_) {
          items.push_back(json::object{{"schedule", one.name}, {"change", ChangeText(one.change)}});
        }
        fmt::print("{}", Render(items, invocation_.output));
        break;
      case OutputFormat::kName:
        for (const ScheduleDifference& one : differences_) {
          if (one.change != v1::SCHEDULE_CHANGE_UNCHANGED) fmt::print("{}\n", one.name);
        }
        break;
    }
    std::fflush(stdout);
  }

  // A person is asked. A program has asked for it; but what it deletes, it must say.
  absl::StatusOr<bool> Confirm() const {
    if (flags_.yes) return true;
    const bool reads_stdin = std::ranges::find(flags_.files, "-") != flags_.files.end();
    if (isatty(STDIN_FILENO) == 1 && isatty(STDERR_FILENO) == 1 && !reads_stdin) {
      fmt::print(stderr, "apply this? [y/N] ");
      std::string answer;
      std::getline(std::cin, answer);
      return answer == "y" || answer == "Y" || answer == "yes";
    }
    const bool deletes =
        std::ranges::any_of(differences_, [](const auto& one) { return one.change == v1::SCHEDULE_CHANGE_DELETED; });
    if (!deletes) return true;
    return absl::InvalidArgumentError(
        "--prune: schedules would be deleted, and nobody can be asked here; add --yes (nothing was changed)");
  }

  absl::Status Change(CoordinatorClient& client) const {
    for (const ScheduleDifference& one : differences_) {
      if (one.change == v1::SCHEDULE_CHANGE_UNCHANGED) continue;
      absl::Status status;
      // What was shown is what is changed; somebody may have made the same change meanwhile.
      v1::ScheduleChange change = one.change;
      if (one.change == v1::SCHEDULE_CHANGE_DELETED) {
        status = DeleteSchedule(client, one.name, &one.before);
      } else {
        const auto schedule = std::ranges::find_if(
            schedules_, [&](const auto& known) { return known.text.spec.name.value() == one.name; });
        const auto reply = Apply(client, *schedule, one.before);
        if (reply.ok()) {
          change = reply->change();
        } else {
          status = AtItsPlace(*schedule, reply.status());
        }
      }
      if (!status.ok()) return status;
      if (!invocation_.quiet) fmt::print(stderr, "schedule {} is {}\n", one.name, ChangeText(change));
    }
    return absl::OkStatus();
  }

  static absl::Status AtItsPlace(const PreparedSchedule& schedule, const absl::Status& status) {
    return absl::Status(status.code(), fmt::format("{}: schedule {}: {}", ToString(schedule.text.range),
                                                   schedule.text.spec.name.value(), ToStd(status.message())));
  }

  Invocation& invocation_;
  const ApplyFlags& flags_;
  std::vector<PreparedSchedule> schedules_;
  std::vector<ScheduleDifference> differences_;
};

}  // namespace

int SchedulesApplyCommand(Invocation& invocation, const ApplyFlags& flags) {
  auto schedules = ReadSchedules(flags.files, invocation.environment);
  if (!schedules.ok()) return Fail(schedules.status());
  if (schedules->empty() && !flags.prune) {
    return Fail(absl::InvalidArgumentError(
        "expected at least one schedule, found none; with --prune that deletes all of the fleet's"));
  }
  auto client = ConnectConfigured(invocation);
  if (!client.ok()) return Fail(client.status());
  const auto code = Applier(invocation, flags, *std::move(schedules)).ApplyTo(**client);
  return code.ok() ? *code : static_cast<int>(Fail(code.status()));
}

}  // namespace wsfleet::cli
