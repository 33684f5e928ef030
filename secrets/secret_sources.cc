#include "secrets/secret_sources.h"

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <utility>

#include "core/base/text.h"
#include "core/scenario/fields.h"
#include "core/scenario/parser.h"
#include "fmt/format.h"
#include "secrets/secret_file.h"

namespace wsfleet {
namespace {

absl::StatusOr<std::string> ReadText(const std::string& path) {
  std::error_code error;
  const auto size = std::filesystem::file_size(path, error);
  if (error) return absl::FailedPreconditionError(fmt::format("cannot read {}: {}", path, error.message()));
  if (size > kMaxFileBytes) {
    return absl::FailedPreconditionError(fmt::format("{}: expected at most {} bytes", path, kMaxFileBytes));
  }
  std::ifstream in(path, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(in), {}};
  if (!in) return absl::FailedPreconditionError(fmt::format("cannot read {}", path));
  return text;
}

// Without the lines themselves: what was meant to be a path may be a secret.
absl::Status WhyRefused(const std::vector<Diagnostic>& diagnostics) {
  std::string text;
  for (const Diagnostic& diagnostic : diagnostics) {
    text += fmt::format("{}{}: {}", text.empty() ? "" : "\n", ToString(diagnostic.range), diagnostic.message);
  }
  return absl::InvalidArgumentError(text);
}

// Empty: it is not set.
Secret TakeFromEnvironment(const std::string& variable) {
  char* const place = std::getenv(variable.c_str());
  if (place == nullptr) return {};
  Secret value{std::string_view(place)};
  // /proc/PID/environ shows these very bytes, whatever the program makes of its environment.
  explicit_bzero(place, std::strlen(place));
  unsetenv(variable.c_str());
  return value;
}

}  // namespace

absl::StatusOr<SecretSources> SecretSources::Open(const std::string& path, FleetsOfSecrets fleets) {
  const auto text = ReadText(path);
  if (!text.ok()) return text.status();
  SecretsFileResult parsed = ParseSecretsFile(path, *text, fleets);
  if (!parsed.diagnostics.empty()) return WhyRefused(parsed.diagnostics);
  SecretSources sources;
  sources.file_ = std::move(parsed.file);
  const std::filesystem::path here = std::filesystem::absolute(path).parent_path();
  for (SecretEntry& entry : sources.file_.secrets) {
    if (!entry.file.empty()) entry.file = (here / entry.file).string();
    if (!entry.environment.empty() && !sources.environment_.contains(entry.environment)) {
      sources.environment_.emplace(entry.environment, TakeFromEnvironment(entry.environment));
    }
  }
  for (SecretDirectory& directory : sources.file_.directories) directory.path = (here / directory.path).string();
  return sources;
}

absl::StatusOr<Secret> SecretSources::ValueOf(const SecretEntry& entry) const {
  if (entry.environment.empty()) return ReadSecretFile(entry.file);
  const Secret& value = environment_.at(entry.environment);
  if (value.empty()) {
    return absl::FailedPreconditionError(fmt::format("the variable {} is not set, or is empty", entry.environment));
  }
  if (!IsValidUtf8(value.Reveal())) {
    return absl::FailedPreconditionError(fmt::format("the variable {}: {}", entry.environment, kNotText));
  }
  return Secret(value.Reveal());
}

absl::StatusOr<GivenSecret> SecretSources::Read(const std::string& name, const FleetName& fleet) const {
  const auto none = absl::NotFoundError(fmt::format("there is no secret {} for fleet {}", name, fleet.value()));
  // What follows is a part of a path.
  if (!IsLanguageIdentifier(name)) return none;
  for (const SecretEntry& entry : file_.secrets) {
    if (entry.name != name || !entry.scope.IsFor(fleet)) continue;
    auto value = ValueOf(entry);
    // It ought to be there.
    if (!value.ok()) return absl::FailedPreconditionError(value.status().message());
    return GivenSecret{*std::move(value), entry.scope.hosts};
  }
  for (const SecretDirectory& directory : file_.directories) {
    if (!directory.scope.IsFor(fleet)) continue;
    auto value = ReadSecretFile((std::filesystem::path(directory.path) / name).string());
    if (absl::IsNotFound(value.status())) continue;
    if (!value.ok()) return value.status();
    return GivenSecret{*std::move(value), directory.scope.hosts};
  }
  return none;
}

}  // namespace wsfleet
