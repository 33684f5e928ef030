#pragma once

#include "core/scenario/diagnostics.h"
#include "core/scenario/key_table.h"
#include "core/scenario/yaml_node.h"

namespace wsfleet {

// Holds a mapping to what its table says of it, which is what `wsfleet schema` says to an editor: whatever a parser has
// let through that an editor marks is an error here, the first of them. For a mapping that its parser finds good, and
// which then has better words for most of what can be wrong.
void CheckShape(const YamlNode& node, const keys::Table& table, Diagnostics& diagnostics);

}  // namespace wsfleet
