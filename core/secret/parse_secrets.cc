#include "core/secret/parse_secrets.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include "core/base/identifier.h"
#include "core/base/text.h"
#include "core/scenario/fields.h"
#include "core/scenario/yaml_reader.h"
#include "core/secret/secret_keys.h"
#include "fmt/format.h"

namespace wsfleet {
namespace {

constexpr std::size_t kMaxSecrets = 1000;

class SecretsReader {
 public:
  SecretsReader(ParseContext& context, FleetsOfSecrets fleets) : context_(context), fleets_(fleets) {}

  SecretsFile Read(const YamlNode& root) {
    SecretsFile file;
    if (!CheckKeys(context_, root, "the file", keys::kSecretsFile)) return file;
    const YamlNode* version = Get(root, "version");
    if (version == nullptr || !version->is_scalar() || version->text != "wsfleet/v1") {
      Error(version == nullptr ? root.range : version->range, "version: expected wsfleet/v1");
    }
    const YamlNode* secrets = Get(root, "secrets");
    const YamlNode* directories = Get(root, "directories");
    if (secrets == nullptr && directories == nullptr) Error(root.range, "expected secrets, directories, or both");
    if (secrets != nullptr) file.secrets = ReadSecrets(*secrets);
    if (directories != nullptr) file.directories = ReadDirectories(*directories);
    return file;
  }

 private:
  void Error(const SourceRange& range, std::string message) { context_.diagnostics.Error(range, std::move(message)); }

  std::vector<SecretEntry> ReadSecrets(const YamlNode& node) {
    std::vector<SecretEntry> secrets;
    if (!node.is_mapping() || node.entries.empty() || node.entries.size() > kMaxSecrets) {
      Error(node.range, fmt::format("secrets: expected 1 to {} names, such as {{JWT_KEY: {{file: jwt.key, hosts: "
                                    "[chat.example.com]}}}}",
                                    kMaxSecrets));
      return secrets;
    }
    for (const YamlNode::Entry& entry : node.entries) {
      if (!CheckIdentifier(context_, entry)) continue;
      if (!entry.value.is_mapping()) {
        // What stands there may be the secret: it is not shown.
        Error(entry.value.range,
              fmt::format("{}: expected where its value is, and where it may be sent: {{file: PATH, hosts: [HOST]}} or "
                          "{{env: VARIABLE, hosts: [HOST]}}",
                          entry.key));
        continue;
      }
      if (CheckKeys(context_, entry.value, entry.key, keys::kSecretEntry)) secrets.push_back(ReadSecret(entry));
    }
    return secrets;
  }

  SecretEntry ReadSecret(const YamlNode::Entry& entry) {
    SecretEntry secret;
    secret.name = entry.key;
    secret.file = ReadPlace(entry.value, "file");
    secret.environment = ReadPlace(entry.value, "env");
    if (secret.file.empty() == secret.environment.empty()) {
      Error(entry.value.range, fmt::format("{}: expected exactly one of file, env", entry.key));
    }
    secret.scope = ReadScope(entry.value, entry.key);
    return secret;
  }

  std::vector<SecretDirectory> ReadDirectories(const YamlNode& node) {
    std::vector<SecretDirectory> directories;
    const auto most = keys::kSecretsFile["directories"].value.max;
    if (!node.is_sequence() || node.elements.empty() || std::ssize(node.elements) > most) {
      Error(node.range, fmt::format("directories: expected a list of 1 to {}", most));
      return directories;
    }
    for (const YamlNode& element : node.elements) {
      if (!CheckKeys(context_, element, "directories", keys::kSecretDirectory)) continue;
      SecretDirectory directory;
      directory.path = ReadPlace(element, "path");
      if (directory.path.empty()) Error(element.range, "directories: \"path\" is missing");
      directory.scope = ReadScope(element, "directories");
      directories.push_back(std::move(directory));
    }
    return directories;
  }

  // Empty: it is not there, or is no text.
  std::string ReadPlace(const YamlNode& node, std::string_view key) {
    const YamlNode* place = Get(node, key);
    return place == nullptr ? std::string() : ReadPlainText(context_, key, *place).value_or("");
  }

  SecretScope ReadScope(const YamlNode& node, std::string_view whose) {
    SecretScope scope;
    const YamlNode* hosts = Get(node, "hosts");
    if (hosts == nullptr) {
      Error(node.range, fmt::format("{}: \"hosts\" is missing: where it may be sent; [\"*\"] for anywhere", whose));
    } else if (auto list = HostList::Parse(ReadTextList(context_, "hosts", *hosts)); list.ok()) {
      scope.hosts = *std::move(list);
    } else {
      Error(hosts->range, std::string(ToStd(list.status().message())));
    }
    ReadFleets(node, whose, scope);
    return scope;
  }

  void ReadFleets(const YamlNode& node, std::string_view whose, SecretScope& scope) {
    const YamlNode* fleets = Get(node, "fleets");
    if (fleets == nullptr) {
      if (fleets_ == FleetsOfSecrets::kNamed) {
        Error(node.range, fmt::format("{}: \"fleets\" is missing: those that may use it, such as [default]", whose));
      }
      return;
    }
    for (std::string& name : ReadTextList(context_, "fleets", *fleets)) {
      if (!IsIdentifier(name)) {
        Error(fleets->range, fmt::format("fleets: expected names of fleets, found \"{}\"", Excerpt(name, 64)));
      }
      scope.fleets.emplace_back(std::move(name));
    }
    if (scope.fleets.empty()) Error(fleets->range, "fleets: expected at least one");
  }

  ParseContext& context_;
  const FleetsOfSecrets fleets_;
};

}  // namespace

bool SecretScope::IsFor(const FleetName& fleet) const {
  return fleets.empty() || std::ranges::find(fleets, fleet) != fleets.end();
}

SecretsFileResult ParseSecretsFile(const std::string& file, const std::string& text, FleetsOfSecrets fleets) {
  SecretsFileResult result;
  Diagnostics diagnostics;
  const SourceFiles files{{file, text}};
  if (const auto root = ReadYaml(file, text, diagnostics, "version, secrets")) {
    ParseContext context{file, files, diagnostics};
    result.file = SecretsReader(context, fleets).Read(*root);
  }
  if (diagnostics.has_errors()) result.file = {};
  result.diagnostics = diagnostics.Sorted(20);
  return result;
}

}  // namespace wsfleet
