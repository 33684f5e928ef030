#include "cli/plan/schedules_file.h"

#include <filesystem>
#include <iterator>
#include <map>
#include <utility>

#include "cli/whole_file.h"
#include "core/base/text.h"
#include "core/scenario/parser.h"
#include "fmt/format.h"

namespace wsfleet::cli {
namespace {

namespace fs = std::filesystem;

constexpr char kStdin[] = "-";

std::string FromFolder(const fs::path& folder, const std::string& path) {
  return path.empty() ? path : (folder / path).lexically_normal().string();
}

RunFlags FlagsOf(const ScheduleText::Run& run, const fs::path& folder) {
  RunFlags flags;
  for (const std::string& suite : run.suites) flags.plan.paths.push_back(FromFolder(folder, suite));
  flags.plan.from = run.from;
  flags.plan.tags = run.tags;
  flags.plan.grep = run.grep;
  flags.plan.env_file = FromFolder(folder, run.env_file);
  flags.plan.max_priority = run.max_priority;
  flags.plan.repeat = run.repeat;
  for (const auto& [name, value] : run.vars) flags.plan.vars.push_back(fmt::format("{}={}", name, value));
  for (const auto& [name, source] : run.secrets) {
    constexpr std::string_view kFile = "file:";
    flags.plan.secrets.push_back(
        source.starts_with(kFile) ? fmt::format("{}={}{}", name, kFile, FromFolder(folder, source.substr(kFile.size())))
                                  : fmt::format("{}={}", name, source));
  }
  if (run.require) flags.require = *run.require;
  if (run.agents_wait) flags.agents_wait = DurationText(*run.agents_wait);
  if (run.timeout) flags.timeout = DurationText(*run.timeout);
  flags.detach = true;
  return flags;
}

absl::StatusOr<Prepared> Prepare(const ScheduleText& schedule, const fs::path& folder, const Environment& environment) {
  const RunFlags flags = FlagsOf(schedule.run, folder);
  auto prepared = PreparePlan(flags.plan, environment);
  if (!prepared.ok()) return prepared;
  if (absl::Status status = ReadRunFlags(flags, environment, prepared->options); !status.ok()) return status;
  return prepared;
}

class FilesReader {
 public:
  explicit FilesReader(const Environment& environment) : environment_(environment) {}

  absl::Status Add(const std::string& path) {
    const auto text = ReadInput(path, kMaxFileBytes);
    if (!text.ok()) return text.status();
    const std::string file = path == kStdin ? "(stdin)" : path;
    SchedulesResult parsed = ParseSchedules(file, *text);
    BundleOnDisk source;
    source.bundle.files.emplace(file, *text);
    const std::string errors = RenderDiagnostics(parsed.diagnostics, source);
    if (!errors.empty()) return absl::InvalidArgumentError(errors);
    const fs::path folder = path == kStdin ? fs::path() : fs::path(path).parent_path();
    for (ScheduleText& schedule : parsed.schedules) {
      const std::string place = fmt::format("{}: schedule {}", ToString(schedule.range), schedule.spec.name.value());
      const auto [known, is_new] = places_.emplace(schedule.spec.name, place);
      if (!is_new) {
        return absl::InvalidArgumentError(fmt::format("{} stands in another file too: {}", place, known->second));
      }
      auto run = Prepare(schedule, folder, environment_);
      if (!run.ok()) {
        // What a suite's diagnostics say begins with a place of its own, and has lines.
        const std::string_view message = ToStd(run.status().message());
        const char* const blank = message.find('\n') == std::string_view::npos ? " " : "\n";
        return absl::Status(run.status().code(), fmt::format("{}:{}{}", place, blank, message));
      }
      schedules_.push_back({std::move(schedule), *std::move(run)});
    }
    return absl::OkStatus();
  }

  std::vector<PreparedSchedule> Take() { return std::move(schedules_); }

 private:
  const Environment& environment_;
  std::map<ScheduleName, std::string> places_;
  std::vector<PreparedSchedule> schedules_;
};

}  // namespace

absl::StatusOr<std::vector<PreparedSchedule>> ReadSchedules(const std::vector<std::string>& paths,
                                                            const Environment& environment) {
  FilesReader reader(environment);
  for (const std::string& path : paths) {
    if (absl::Status status = reader.Add(path); !status.ok()) return status;
  }
  return reader.Take();
}

}  // namespace wsfleet::cli
