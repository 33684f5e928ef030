#include "coordinator/logs/logged_run.h"

#include <algorithm>
#include <utility>

#include "coordinator/logs/server_logs.h"
#include "fmt/format.h"

namespace wsfleet::coordinator {
namespace {

std::string TimeText(absl::Time time) { return absl::FormatTime("%Y-%m-%d%ET%H:%M:%E3SZ", time, absl::UTCTimeZone()); }

class LogScope final : public Scope {
 public:
  LogScope(const Variables& variables, const LoggedSuite& suite, const LogWindow& window)
      : variables_(variables), suite_(suite), window_(window) {}

  absl::StatusOr<boost::json::value> Lookup(std::string_view name) const override {
    if (name == "trace.id" && !window_.trace_id.empty()) return boost::json::value(window_.trace_id);
    if (name == "window.start") return boost::json::value(TimeText(window_.start));
    if (name == "window.end") return boost::json::value(TimeText(window_.end));
    const bool env = name.starts_with("env.");
    const auto& given = env ? variables_.env : variables_.vars;
    const auto found = given.find(env ? name.substr(4) : name);
    if (found != given.end()) return boost::json::value(found->second);
    for (const auto& [key, value] : suite_.vars) {
      if (key == name) return wsfleet::Expand(value, *this);
    }
    return absl::NotFoundError(fmt::format("\"{}\" has no value at the coordinator", name));
  }

 private:
  const Variables& variables_;
  const LoggedSuite& suite_;
  const LogWindow& window_;
};

}  // namespace

LoggedRun::LoggedRun(const Plan& plan, Variables variables, absl::Duration time, std::uint32_t cases)
    : variables_(std::move(variables)), time_left_(time), cases_left_(cases) {
  for (const auto& suite : plan.suites) {
    if (ServerLogs::AreWantedBy(*suite)) suites_.push_back({suite->name, suite->evidence, suite->vars});
  }
}

const LoggedSuite* LoggedRun::Find(const std::string& suite) const {
  const auto found = std::ranges::find(suites_, suite, &LoggedSuite::name);
  return found == suites_.end() ? nullptr : &*found;
}

absl::StatusOr<std::string> LoggedRun::Expand(const Template& text, const LoggedSuite& suite,
                                              const LogWindow& window) const {
  return ExpandText(text, LogScope(variables_, suite, window));
}

std::vector<std::string> LoggedRun::Files() const {
  std::vector<std::string> files;
  for (const LoggedSuite& suite : suites_) {
    for (const LogSource& source : suite.evidence.logs) {
      if (source.file.empty()) continue;
      const auto path = Expand(source.file, suite, {});
      if (path.ok() && std::ranges::find(files, *path) == files.end()) files.push_back(*path);
    }
  }
  return files;
}

void LoggedRun::NoteSize(const std::string& path, SteadyTime at, std::uint64_t size) {
  const std::lock_guard lock(mutex_);
  std::vector<Sample>& samples = sizes_[path];
  if (samples.size() < kMaxSamples) samples.push_back({at, size});
}

std::optional<std::uint64_t> LoggedRun::SizeAt(const std::string& path, SteadyTime time) const {
  const std::lock_guard lock(mutex_);
  const auto found = sizes_.find(path);
  if (found == sizes_.end()) return std::nullopt;
  // The first one was taken before any shard of the run began.
  std::uint64_t size = found->second.front().size;
  for (const Sample& sample : found->second) {
    if (sample.at <= time) size = sample.size;
  }
  return size;
}

bool LoggedRun::BeginCase() {
  const std::lock_guard lock(mutex_);
  if (cases_left_ == 0 || time_left_ <= absl::ZeroDuration()) return false;
  --cases_left_;
  return true;
}

absl::Duration LoggedRun::time_left() const {
  const std::lock_guard lock(mutex_);
  return time_left_;
}

void LoggedRun::Spend(absl::Duration time) {
  const std::lock_guard lock(mutex_);
  time_left_ -= time;
}

}  // namespace wsfleet::coordinator
