#pragma once

#include <string>

namespace wsfleet {

// The shape of a suite as JSON Schema (draft-07), for editors: made from the tables of keys.h, so it knows the keys,
// words and ranges that the parser knows. What a schema cannot say (references, templates in wrong places, paths and
// expressions) only the parser checks. Indented by one space, with a line feed at the end; always the same text.
std::string ScenarioSchema();

}  // namespace wsfleet
