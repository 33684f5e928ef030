#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "core/scenario/diagnostics.h"
#include "core/scenario/gaps.h"
#include "core/scenario/key_table.h"
#include "core/scenario/not_in_this_version.h"
#include "core/scenario/yaml_node.h"
#include "core/value/template.h"

// Reading of typed values out of YAML nodes. Each says what it expected and what it found, at the node's place, and
// gives nothing (or a default) after an error, so that one mistake is reported once.
namespace wsfleet {

class JsonSchema;

struct ParseContext {
  std::string file;
  const SourceFiles& files;  // of the bundle
  Diagnostics& diagnostics;
  std::vector<NotInThisVersion> unsupported = {};  // found so far in the suite
  Gaps gaps = {};                                  // found so far in the suite
  bool in_folder_suite = false;                    // the file is read with the suite that lists it
  std::size_t file_bytes = 0;                      // of the named files whose content was taken
  std::map<const std::string*, std::shared_ptr<const JsonSchema>> schemas = {};  // read so far, by their text
};

// The keys of a mapping against the table of those that are allowed; each unknown one is reported with a suggestion.
// False, and an error, if the node is no mapping.
bool CheckKeys(ParseContext& context, const YamlNode& node, std::string_view what, const keys::Table& table);

// Each key of the table that the mapping needs and lacks is reported, at the mapping's place.
void RequireKeys(ParseContext& context, const YamlNode& node, std::string_view what, const keys::Table& table);

// Null if the mapping has no such key.
const YamlNode* Get(const YamlNode& mapping, std::string_view key);

std::string Suggestion(std::string_view word, std::span<const std::string_view> candidates);

std::optional<std::string> ReadText(ParseContext& context, std::string_view key, const YamlNode& node);
// A text in which no template may stand.
std::optional<std::string> ReadPlainText(ParseContext& context, std::string_view key, const YamlNode& node);
// A name of letters, digits and _, not beginning with a digit.
std::optional<std::string> ReadIdentifier(ParseContext& context, std::string_view key, const YamlNode& node);
std::optional<bool> ReadBool(ParseContext& context, std::string_view key, const YamlNode& node);
// These take the range, the sign and the words from what the table says of the key.
std::optional<std::int64_t> ReadInteger(ParseContext& context, const keys::Key& key, const YamlNode& node);
std::optional<absl::Duration> ReadDuration(ParseContext& context, const keys::Key& key, const YamlNode& node);
// Of at least `least` and at most `most`.
std::optional<absl::Duration> ReadDurationWithin(ParseContext& context, const keys::Key& key, const YamlNode& node,
                                                 absl::Duration least, absl::Duration most);
std::optional<std::string> ReadWord(ParseContext& context, const keys::Key& key, const YamlNode& node);
std::optional<std::uint64_t> ReadSize(ParseContext& context, std::string_view key, const YamlNode& node);
Template ReadTemplate(ParseContext& context, std::string_view key, const YamlNode& node);
// A URL, or a path against one that is known later; its syntax is checked where no template stands in it.
Template ReadReference(ParseContext& context, std::string_view key, const YamlNode& node);
// False, and an error, if `url` is none of those that this program can speak to.
bool CheckUrl(ParseContext& context, std::string_view key, std::string_view url, const SourceRange& range);
// A `${secret.X}` and nothing else.
Template ReadSecretReference(ParseContext& context, std::string_view key, const YamlNode& node);
TemplateValue ReadValue(ParseContext& context, const YamlNode& node);
std::vector<std::pair<std::string, Template>> ReadTemplateMap(ParseContext& context, std::string_view key,
                                                              const YamlNode& node);
// Strings of a list; `key` names it in messages.
std::vector<std::string> ReadTextList(ParseContext& context, std::string_view key, const YamlNode& node);

// The same, as many as the table says.
std::vector<std::string> ReadTextList(ParseContext& context, const keys::Key& key, const YamlNode& node);
// Of `version`, if it is there: that it is the one of this language.
void CheckVersion(ParseContext& context, const YamlNode& root);
// And that it is there: of a suite.
void RequireVersion(ParseContext& context, const YamlNode& root);

bool IsLanguageIdentifier(std::string_view name);

// The same of a key of the suite: of a credential, a target.
bool CheckIdentifier(ParseContext& context, const YamlNode::Entry& entry);

// A name that templates may use: an identifier, and not one of those that they reserve.
bool CheckVariableName(ParseContext& context, const std::string& name, const SourceRange& range);

}  // namespace wsfleet
