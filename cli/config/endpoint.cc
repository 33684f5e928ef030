#include "cli/config/endpoint.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <filesystem>
#include <optional>

#include "absl/strings/ascii.h"
#include "absl/strings/str_split.h"
#include "core/base/text.h"
#include "fmt/format.h"

namespace wsfleet::cli {
namespace {

std::string FirstOf(const std::string& first, const std::string& second) { return first.empty() ? second : first; }

struct Named {
  std::string source, value;
};

// The first that has a value; else one without source.
Named NamedBy(const std::vector<Named>& candidates) {
  const auto found = std::ranges::find_if(candidates, [](const Named& named) { return !named.value.empty(); });
  return found == candidates.end() ? Named() : *found;
}

// The name of the context that is asked for; empty: none is.
std::string ChosenContext(const ConnectionFlags& flags, const Environment& environment,
                          const std::vector<ContextFile>& files) {
  std::string name = FirstOf(flags.context, ValueOf(environment, "WSFLEET_CONTEXT"));
  for (const ContextFile& file : files) name = FirstOf(name, file.current);
  return name;
}

// The folder of temporary files is everybody's.
bool IsOwn(const std::string& path) {
  struct stat facts{};
  return stat(path.c_str(), &facts) == 0 && facts.st_uid == getuid();
}

absl::StatusOr<std::vector<ContextFile>> ReadFiles(const ConfigPaths& paths) {
  std::vector<ContextFile> files;
  for (const auto& [path, trust] :
       {std::pair{paths.project, FileTrust::kFolder}, {paths.user, FileTrust::kOwn}, {paths.dev, FileTrust::kOwn}}) {
    if (path == paths.dev && !IsOwn(path)) continue;
    auto file = ReadContextFile(path, trust);
    if (!file.ok()) return file.status();
    // A fleet of `wsfleet dev` is taken by its name only, not because it happens to run.
    if (path == paths.dev) file->current.clear();
    files.push_back(*std::move(file));
  }
  return files;
}

absl::Status NoSuchContext(const std::string& name, const std::vector<ContextFile>& files) {
  std::vector<std::string_view> names;
  for (const ContextFile& file : files) {
    for (const Context& context : file.contexts) names.push_back(context.name);
  }
  const std::string_view near = ClosestMatch(name, names);
  if (!near.empty()) return absl::NotFoundError(fmt::format("no context \"{}\"; did you mean \"{}\"?", name, near));
  if (name == "dev") return absl::NotFoundError("no context \"dev\"; start one with `wsfleet dev`");
  return absl::NotFoundError(fmt::format(
      "no context \"{}\"; there {}", name,
      names.empty() ? "are none, see `wsfleet context list --help`" : fmt::format("are {}", fmt::join(names, ", "))));
}

// gRPC's own ways to name a place.
bool IsNameOfGrpc(std::string_view address) {
  static constexpr std::array<std::string_view, 5> kSchemes{"unix:", "unix-abstract:", "dns:", "ipv4:", "ipv6:"};
  return std::ranges::any_of(kSchemes, [&](std::string_view scheme) { return address.starts_with(scheme); });
}

bool IsPort(std::string_view text) {
  unsigned port = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  return error == std::errc() && rest == text.data() + text.size() && port >= 1 && port <= 65535;
}

// Letters beyond ASCII are for whoever resolves it.
bool IsHost(std::string_view text) {
  const bool bracketed = text.size() > 2 && text.front() == '[' && text.back() == ']';
  if (bracketed) text = text.substr(1, text.size() - 2);
  const std::string_view more = bracketed ? ".:%" : "-._";
  return !text.empty() && std::ranges::all_of(text, [&](unsigned char c) {
    return std::isalnum(c) != 0 || c >= 0x80 || more.find(static_cast<char>(c)) != std::string_view::npos;
  });
}

// One address with its port; nothing for what is none.
std::optional<std::string> ParseAddress(std::string_view address) {
  if (IsNameOfGrpc(address)) return std::string(address);
  const std::size_t colon = address.ends_with(']') ? std::string_view::npos : address.rfind(':');
  if (colon == std::string_view::npos) {
    // A number alone is a port that lacks its host.
    if (!IsHost(address) || std::ranges::all_of(address, IsDigit)) return std::nullopt;
    return fmt::format("{}:{}", address, kClientPort);
  }
  if (!IsHost(address.substr(0, colon)) || !IsPort(address.substr(colon + 1))) return std::nullopt;
  return std::string(address);
}

absl::Status NoAddress(std::string_view source, std::string_view found) {
  const std::size_t scheme = found.find("://");
  const std::string hint =
      scheme != std::string_view::npos     ? fmt::format("; leave \"{}\" out", Printable(found.substr(0, scheme + 3)))
      : std::ranges::count(found, ':') > 1 ? std::string("; IPv6 addresses stand in brackets: [::1]:7421")
                                           : std::string();
  return absl::InvalidArgumentError(
      fmt::format("{}: expected host:port with a port from 1 to 65535, or several with commas between them, found "
                  "\"{}\"{}",
                  source, Printable(Excerpt(found, 200)), hint));
}

}  // namespace

absl::StatusOr<std::string> ParseAddresses(const std::string& addresses, std::string_view source) {
  std::string out;
  for (const absl::string_view piece : absl::StrSplit(addresses, ',', absl::SkipWhitespace())) {
    const auto address = ParseAddress(ToStd(absl::StripAsciiWhitespace(piece)));
    if (!address) return NoAddress(source, ToStd(piece));
    out += (out.empty() ? "" : ",") + *address;
  }
  return out.empty() ? absl::StatusOr<std::string>(NoAddress(source, addresses)) : out;
}

ConfigPaths FindConfigPaths(const Environment& environment) {
  ConfigPaths paths;
  paths.project = "wsfleet.yaml";
  const std::string home = FirstOf(ValueOf(environment, "XDG_CONFIG_HOME"), ValueOf(environment, "HOME") + "/.config");
  paths.user = FirstOf(ValueOf(environment, "WSFLEET_CONFIG"), home + "/wsfleet/config.yaml");
  paths.user_is_named = !ValueOf(environment, "WSFLEET_CONFIG").empty();
  const std::string runtime = ValueOf(environment, "XDG_RUNTIME_DIR");
  paths.dev = runtime.empty()
                  ? fmt::format("{}/wsfleet-{}/dev.yaml", std::filesystem::temp_directory_path().string(), getuid())
                  : runtime + "/wsfleet/dev.yaml";
  return paths;
}

absl::StatusOr<Endpoint> FindEndpoint(const ConnectionFlags& flags, const Environment& environment,
                                      const ConfigPaths& paths) {
  Endpoint endpoint;
  const std::string from_environment = ValueOf(environment, "WSFLEET_COORDINATOR");
  Context context;
  if (!flags.coordinator.empty()) {
    endpoint.source = "--coordinator";
    context.coordinator = flags.coordinator;
  } else if (flags.context.empty() && !from_environment.empty()) {
    endpoint.source = "WSFLEET_COORDINATOR";
    context.coordinator = from_environment;
  } else {
    std::error_code error;
    if (paths.user_is_named && !std::filesystem::exists(paths.user, error)) {
      return absl::NotFoundError(
          fmt::format("WSFLEET_CONFIG: {} does not exist; `wsfleet context add` makes it", Printable(paths.user)));
    }
    const auto files = ReadFiles(paths);
    if (!files.ok()) return files.status();
    const std::string name = ChosenContext(flags, environment, *files);
    for (const ContextFile& file : *files) {
      if (name.empty() || !endpoint.source.empty() || file.Find(name) == nullptr) continue;
      context = *file.Find(name);
      endpoint.source = fmt::format("context {} of {}", name, file.path);
    }
    if (!name.empty() && endpoint.source.empty()) return NoSuchContext(name, *files);
  }
  if (!context.coordinator.empty()) {
    auto address = ParseAddresses(context.coordinator, endpoint.source);
    if (!address.ok()) return address.status();
    endpoint.address = *std::move(address);
  }
  const Named ca = NamedBy({{"--ca", flags.ca_file},
                            {"WSFLEET_CA", ValueOf(environment, "WSFLEET_CA")},
                            {endpoint.source, context.ca_file}});
  endpoint.ca_file = ca.value;
  endpoint.ca_source = ca.source;
  const Named token = NamedBy({{"--token-file", flags.token_file},
                               {"WSFLEET_TOKEN_FILE", ValueOf(environment, "WSFLEET_TOKEN_FILE")},
                               {"WSFLEET_TOKEN", ValueOf(environment, "WSFLEET_TOKEN")},
                               {endpoint.source, context.token_file}});
  (token.source == "WSFLEET_TOKEN" ? endpoint.token : endpoint.token_file) = token.value;
  endpoint.token_source = token.source;
  const Named fleet = NamedBy({{"--fleet", flags.fleet},
                               {"WSFLEET_FLEET", ValueOf(environment, "WSFLEET_FLEET")},
                               {endpoint.source, context.fleet}});
  endpoint.fleet = fleet.value;
  endpoint.fleet_source = fleet.source;
  return endpoint;
}

absl::Status CheckNoneIsMeant(const Endpoint& endpoint, const Environment& environment) {
  for (const std::string& source : {endpoint.fleet_source, endpoint.token_source, endpoint.ca_source}) {
    if (!endpoint.address.empty() || source.empty()) continue;
    return absl::InvalidArgumentError(fmt::format(
        "expected a coordinator beside {}, found {}; name it by --coordinator, WSFLEET_COORDINATOR or a context, or "
        "give --local for a fleet on this machine",
        source, environment.contains("WSFLEET_COORDINATOR") ? "an empty WSFLEET_COORDINATOR" : "none"));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<KnownContext>> ListContexts(const ConnectionFlags& flags, const Environment& environment,
                                                       const ConfigPaths& paths) {
  const auto files = ReadFiles(paths);
  if (!files.ok()) return files.status();
  const std::string current = ChosenContext(flags, environment, *files);
  std::vector<KnownContext> known;
  for (const ContextFile& file : *files) {
    for (const Context& context : file.contexts) {
      const auto same = [&](const KnownContext& other) { return other.context.name == context.name; };
      if (std::ranges::any_of(known, same)) continue;
      known.push_back({context, file.path, context.name == current});
    }
  }
  return known;
}

}  // namespace wsfleet::cli
