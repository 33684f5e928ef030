#include "core/har/import_suite.h"

#include <algorithm>
#include <set>

#include "core/base/text.h"
#include "core/base/url.h"
#include "core/har/recording.h"
#include "core/har/scenario_text.h"
#include "core/har/secrets.h"
#include "core/har/yaml_text.h"
#include "fmt/format.h"

namespace wsfleet {
namespace {

constexpr std::size_t kMaxConnections = 100;
// With room for the head and for one large message below kMaxFileBytes; and "1, " is a value, of which YAML may have
// kMaxYamlNodes.
constexpr std::size_t kMaxSuiteBytes = 500'000;
constexpr std::size_t kMaxNameBytes = 100;

std::string BaseUrl(const Url& url) { return fmt::format("{}://{}", url.tls ? "wss" : "ws", url.HostHeader()); }

// A path by which reports call the scenario: no query, nothing that looks like a token.
std::string NameOf(const Url& url, std::set<std::string>& taken) {
  std::string path = url.target.substr(0, url.target.find('?'));
  if (FindSecret(path) != std::string::npos || HoldsOpaqueWord(path) || path.find("${") != std::string::npos ||
      !IsValidUtf8(path))
    path = "connection";
  path = Printable(Excerpt(path, kMaxNameBytes));
  std::string name = path;
  for (int number = 2; !taken.insert(name).second; ++number) name = fmt::format("{} ({})", path, number);
  return name;
}

class SuiteWriter {
 public:
  absl::StatusOr<ImportedSuite> Write(std::string_view file, const std::vector<RecordedConnection>& connections) {
    for (const RecordedConnection& connection : connections) Add(connection);
    if (base_.empty()) {
      return absl::InvalidArgumentError(fmt::format("{}: none of the {} WebSocket connections can be replayed:\n  {}",
                                                    file, connections.size(), Joined(notes_)));
    }
    ImportedSuite suite;
    suite.text = Head() + body_;
    suite.notes = std::move(notes_);
    return suite;
  }

 private:
  void LeaveOut(const RecordedConnection& connection, std::string_view why) {
    notes_.push_back(fmt::format("entry {}: left out: {}", connection.entry, why));
    left_out_ += fmt::format("# {}\n", notes_.back());
  }

  void Add(const RecordedConnection& connection) {
    // A fragment is never sent.
    auto url = ParseUrl(std::string_view(connection.url).substr(0, connection.url.find('#')));
    if (!url.ok()) return LeaveOut(connection, "its URL cannot be used (a user name, or no host that could be)");
    if (connection.status != 101 && connection.messages.empty()) {
      return LeaveOut(connection, fmt::format("the connection was not made (status {})", connection.status));
    }
    if (scenarios_ == kMaxConnections || body_.size() > kMaxSuiteBytes) {
      return LeaveOut(connection, "the suite would become too large");
    }
    const std::string base = BaseUrl(*url);
    if (base_.empty()) base_ = base;
    const std::string name = NameOf(*url, names_);
    const std::size_t secrets = secrets_.secrets().size();
    ScenarioText text(secrets_, kMaxSuiteBytes - std::min(kMaxSuiteBytes, body_.size()));
    const std::string scenario = text.Write(connection, *url, base == base_ ? "" : base, name);
    body_ += scenarios_++ == 0 ? "" : "\n";
    for (std::size_t i = secrets; i < secrets_.secrets().size(); ++i) {
      const SecretTable::Secret& secret = secrets_.secrets()[i];
      body_ += fmt::format("  # ${{secret.{}}} stands for {}.\n", secret.name, secret.origin);
    }
    for (const std::string& note : text.notes()) {
      body_ += fmt::format("  # {}\n", note);
      notes_.push_back(fmt::format("entry {}: {}", connection.entry, note));
    }
    body_ += scenario;
  }

  static std::string Joined(const std::vector<std::string>& lines) {
    std::string out;
    for (const std::string& line : lines) out += (out.empty() ? "" : "\n  ") + line;
    return out;
  }

  std::string Head() const {
    std::string head =
        "# Made by `wsfleet import har` from what a browser recorded. Look it through before you share it: what looks\n"
        "# like a credential is a secret here, but only you know what else is private. Then make it say what matters:\n"
        "# drop expectations that differ from session to session, add `assert` where a value must hold.\n";
    head += left_out_ + "version: wsfleet/v1\n";
    const std::size_t host = base_.find("://") + 3;
    head += fmt::format("name: {}\ntarget: {}\n", YamlText("recorded " + base_.substr(host)), YamlText(base_));
    if (!secrets_.secrets().empty()) {
      head += "requires:\n";
      for (const SecretTable::Secret& secret : secrets_.secrets())
        head += fmt::format("  - {{secret: {}}}\n", secret.name);
    }
    return head + "scenarios:\n";
  }

  SecretTable secrets_;
  std::string base_;      // of the first connection: the suite's target
  std::string left_out_;  // comments
  std::string body_;
  std::size_t scenarios_ = 0;
  std::set<std::string> names_;
  std::vector<std::string> notes_;
};

}  // namespace

absl::StatusOr<ImportedSuite> ImportHar(std::string_view file, std::string_view har) {
  const auto connections = ReadHar(file, har);
  if (!connections.ok()) return connections.status();
  return SuiteWriter().Write(file, *connections);
}

}  // namespace wsfleet
