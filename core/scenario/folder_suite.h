#pragma once

#include <string>
#include <vector>

#include "core/scenario/fields.h"

namespace wsfleet {

// One file of a folder suite, with what stands beside `files` laid under it.
struct ListedSuite {
  std::string file;
  YamlNode root;
};

// How the names of suites end; and the suite of a folder: what stands beside `files` in it holds for the others.
inline constexpr std::string_view kSuiteSuffix = ".wsfleet.yaml";
inline constexpr std::string_view kSuiteOfFolder = "suite.wsfleet.yaml";

bool IsFolderSuite(const YamlNode& root);

// The files that a folder suite lists, in its order; those of a glob in byte order. A map beside `files` is merged
// entry by entry and the file's entry wins; tags are added; anything else is replaced by the file's. Says what is wrong
// with the folder suite itself, and what cannot be read. Thresholds beside `files` are checked here and not laid under.
std::vector<ListedSuite> ReadFolderSuite(ParseContext& context, const YamlNode& root);

}  // namespace wsfleet
