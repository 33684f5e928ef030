#include "cli/plan/prepare.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "absl/strings/str_split.h"
#include "cli/plan/bundle_files.h"
#include "cli/whole_file.h"
#include "core/base/text.h"
#include "core/job/term.h"
#include "core/verdict/redactor.h"
#include "fmt/format.h"

namespace wsfleet::cli {
namespace {

constexpr std::uint64_t kMaxEnvFile = 1 << 20;
constexpr std::uint64_t kMaxSecretFile = 64 << 10;

absl::Status ReadEnvFile(const std::string& path, Environment& environment) {
  if (path.empty()) return absl::OkStatus();
  auto text = ReadWholeFile(path, kMaxEnvFile);
  if (!text.ok()) {
    return absl::Status(text.status().code(), fmt::format("--env-file: {}", ToStd(text.status().message())));
  }
  int number = 0;
  for (absl::string_view raw : absl::StrSplit(*text, '\n')) {
    ++number;
    std::string_view line = ToStd(raw);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.starts_with("export ")) line.remove_prefix(7);
    if (line.empty() || line.starts_with('#')) continue;
    const std::size_t equals = line.find('=');
    if (equals == std::string_view::npos || equals == 0) {
      return absl::InvalidArgumentError(
          fmt::format("{}:{}:1: expected NAME=value, found \"{}\"", path, number, Printable(Excerpt(line, 40))));
    }
    environment.insert_or_assign(std::string(line.substr(0, equals)), std::string(line.substr(equals + 1)));
  }
  return absl::OkStatus();
}

absl::Status ReadSecret(const std::string& text, const Environment& environment,
                        std::map<std::string, std::string>& out) {
  const std::size_t equals = text.find('=');
  const std::string name = text.substr(0, equals);
  const std::string source = equals == std::string::npos ? "env:" + name : text.substr(equals + 1);
  // An empty one is what a CI system gives for a secret that it does not have: a token signed with it would be refused,
  // and the target blamed.
  const auto take = [&](std::string value) {
    if (value.empty()) return absl::InvalidArgumentError(fmt::format("secret {}: {} is empty", name, source));
    out[name] = std::move(value);
    return absl::OkStatus();
  };
  if (source.starts_with("env:")) {
    const auto found = environment.find(source.substr(4));
    if (found != environment.end()) return take(found->second);
    return absl::InvalidArgumentError(fmt::format(
        "secret {}: the environment variable {} is not set; set it, or leave the secret out to skip what requires it",
        name, source.substr(4)));
  }
  if (!source.starts_with("file:")) {
    return absl::InvalidArgumentError(
        fmt::format("secret {}: expected NAME, NAME=env:VARIABLE or NAME=file:PATH; a value on a command line could "
                    "be read by everybody on this machine",
                    name));
  }
  auto content = ReadWholeFile(source.substr(5), kMaxSecretFile);
  if (!content.ok()) {
    return absl::Status(content.status().code(),
                        fmt::format("--secret {}={}: {}", name, source, ToStd(content.status().message())));
  }
  // An editor's last line end belongs to the file, not to the secret.
  if (content->ends_with('\n')) content->pop_back();
  return take(*std::move(content));
}

// A name that nothing uses is most likely a misspelt one; but a script may give the same secrets to all of its suites.
void WarnOfUnused(const std::map<std::string, std::string>& given, const std::vector<std::string>& used) {
  const std::vector<std::string_view> names(used.begin(), used.end());
  for (const auto& [name, value] : given) {
    if (std::ranges::find(used, name) != used.end()) continue;
    const std::string_view near = ClosestMatch(name, names);
    fmt::print(stderr, "warning: secret {}: no selected case uses it{}\n", Printable(name),
               near.empty() ? "" : fmt::format("; did you mean \"{}\"?", near));
  }
}

absl::Status ReadVariables(const PlanFlags& flags, const Environment& environment, Variables& all) {
  Environment merged = environment;
  if (absl::Status status = ReadEnvFile(flags.env_file, merged); !status.ok()) return status;
  all.env.insert(merged.begin(), merged.end());
  for (const std::string& var : flags.vars) {
    const std::size_t equals = var.find('=');
    if (equals == std::string::npos || equals == 0) {
      return absl::InvalidArgumentError(fmt::format("--var: expected name=value, found \"{}\"", var));
    }
    all.vars.insert_or_assign(var.substr(0, equals), var.substr(equals + 1));
  }
  return absl::OkStatus();
}

absl::Status ReadTerms(const std::vector<std::string>& lists, std::vector<std::string>& out) {
  for (const std::string& list : lists) {
    for (const absl::string_view piece : absl::StrSplit(list, ',')) {
      const auto term = Term::Parse(ToStd(piece));
      if (!term.ok()) {
        return absl::InvalidArgumentError(fmt::format("--from: {}", ToStd(term.status().message())));
      }
      out.emplace_back(ToStd(piece));
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<absl::Duration> ReadDuration(const std::string& flag, const std::string& text) {
  const auto duration = ParseDuration(text);
  if (duration) return *duration;
  return absl::InvalidArgumentError(
      fmt::format("{}: expected a duration with a unit such as 30s or 5m, found \"{}\"", flag, text));
}

}  // namespace

absl::Status ReadSecrets(const std::vector<std::string>& flags, const Environment& environment,
                         std::map<std::string, std::string>& out) {
  for (const std::string& flag : flags) {
    if (absl::Status status = ReadSecret(flag, environment, out); !status.ok()) return status;
  }
  return absl::OkStatus();
}

void WarnOfShortSecrets(const std::map<std::string, std::string>& secrets) {
  for (const auto& [name, value] : secrets) {
    if (value.size() >= Redactor::kMinBytes) continue;
    fmt::print(stderr, "warning: secret {}: fewer than {} bytes; reports show it where the target gives it back\n",
               Printable(name), Redactor::kMinBytes);
  }
}

std::string Submitter(const Environment& environment) {
  std::array<char, 256> host{};
  gethostname(host.data(), host.size() - 1);
  const std::string user = ValueOf(environment, "USER");
  return fmt::format("{}@{}", user.empty() ? fmt::format("uid-{}", getuid()) : user, host.data());
}

std::string RenderDiagnostics(const std::vector<Diagnostic>& diagnostics, const BundleOnDisk& files) {
  for (const std::string& warning : files.warnings) fmt::print(stderr, "warning: {}\n", Printable(warning));
  std::string errors;
  SourceFiles texts;
  for (const auto& [path, content] : files.bundle.files) texts.emplace(Shown({path}, files.shown).file, content);
  for (Diagnostic diagnostic : diagnostics) {
    diagnostic.range = Shown(diagnostic.range, files.shown);
    const std::string text = RenderDiagnostic(diagnostic, texts);
    if (diagnostic.severity == Diagnostic::Severity::kError) {
      errors += text;
    } else {
      fmt::print(stderr, "{}", text);
    }
  }
  while (errors.ends_with('\n')) errors.pop_back();
  return errors;
}

absl::StatusOr<Prepared> PreparePlan(const PlanFlags& flags, const Environment& environment) {
  auto files = ReadBundle(flags.paths);
  if (!files.ok()) return files.status();
  return PreparePlan(*std::move(files), flags, environment);
}

absl::StatusOr<Prepared> PreparePlan(BundleOnDisk files, const PlanFlags& flags, const Environment& environment) {
  Prepared prepared;
  prepared.files = std::move(files);
  JobSpec& spec = prepared.options.spec;
  spec.selection.grep = flags.grep;
  spec.selection.tags = flags.tags;
  spec.selection.max_priority = flags.max_priority;
  spec.selection.repeat = flags.repeat;
  Variables all;
  if (absl::Status status = ReadTerms(flags.from, spec.from); !status.ok()) return status;
  if (absl::Status status = ReadVariables(flags, environment, all); !status.ok()) return status;
  const Environment known(all.env.begin(), all.env.end());
  if (absl::Status status = ReadSecrets(flags.secrets, known, prepared.options.secrets); !status.ok()) return status;
  ResolveResult resolved = Resolve(prepared.files.bundle, spec.selection, all);
  const std::string errors = RenderDiagnostics(resolved.diagnostics, prepared.files);
  if (!resolved.plan) return absl::InvalidArgumentError(errors);
  prepared.plan = resolved.plan;
  spec.variables.vars = all.vars;
  // Only what the suite uses leaves this machine.
  for (const std::string& name : prepared.plan->environment) {
    if (const auto found = all.env.find(name); found != all.env.end()) spec.variables.env[name] = found->second;
  }
  WarnOfUnused(prepared.options.secrets, prepared.plan->secrets);
  std::erase_if(prepared.options.secrets, [&](const auto& secret) {
    return std::ranges::find(prepared.plan->secrets, secret.first) == prepared.plan->secrets.end();
  });
  WarnOfShortSecrets(prepared.options.secrets);
  return prepared;
}

absl::Status ReadRunFlags(const RunFlags& flags, const Environment& environment, SubmitOptions& options) {
  JobSpec& spec = options.spec;
  const auto wait = ReadDuration("--agents-wait", flags.agents_wait);
  if (!wait.ok()) return wait.status();
  spec.agents_wait = *wait;
  spec.every_agent = flags.agents == "all";
  if (!flags.timeout.empty()) {
    const auto timeout = ReadDuration("--timeout", flags.timeout);
    if (!timeout.ok()) return timeout.status();
    spec.deadline = *timeout;
    options.has_deadline = true;
  }
  if (flags.require == "any") {
    spec.require = 1;
  } else if (flags.require == "all") {
    options.require_all = true;
  } else if (!flags.require.empty()) {
    std::uint32_t number = 0;
    const char* end = flags.require.data() + flags.require.size();
    const auto [stop, error] = std::from_chars(flags.require.data(), end, number);
    if (error != std::errc() || stop != end || number == 0) {
      return absl::InvalidArgumentError(
          fmt::format("--require: expected all, any or a number of regions, found \"{}\"", flags.require));
    }
    spec.require = number;
  }
  spec.key = RunKey(flags.run_key);
  spec.detached = flags.detach;
  spec.submitter = Submitter(environment);
  return absl::OkStatus();
}

}  // namespace wsfleet::cli
