#pragma once

#include <string_view>

namespace wsfleet {

// What a keyword holds, and whether the schemas in it apply to the value itself or to something in it.
enum class SchemaKind {
  kPlain,       // no schema, any value
  kNumber,      // nor do these hold one
  kCount,       // how many
  kValues,      // a list
  kRequired,    // a list of names
  kType,        // a word or a list of them
  kHere,        // a schema for the value itself
  kHereList,    // a list of such
  kInside,      // a schema for what is in the value
  kInsideMap,   // names, and such a schema for each
  kItems,       // kInside, or a list of such
  kDependents,  // names, and kHere or a list of names for each
  kPattern,
  kUnique,
  kMultiple,
  kRefused,  // needed by some, and not judged here
};

struct SchemaKeyword {
  std::string_view name;
  SchemaKind kind;
};

// In the order in which valijson 1.0 reads them, which is that of its recursion.
inline constexpr SchemaKeyword kSchemaKeywords[] = {
    {"allOf", SchemaKind::kHereList},
    {"anyOf", SchemaKind::kHereList},
    {"const", SchemaKind::kPlain},
    {"contains", SchemaKind::kInside},
    {"dependencies", SchemaKind::kDependents},
    {"enum", SchemaKind::kValues},
    {"items", SchemaKind::kItems},
    {"additionalItems", SchemaKind::kInside},
    {"if", SchemaKind::kHere},
    {"then", SchemaKind::kHere},
    {"else", SchemaKind::kHere},
    {"exclusiveMaximum", SchemaKind::kNumber},
    {"maximum", SchemaKind::kNumber},
    {"maxItems", SchemaKind::kCount},
    {"maxLength", SchemaKind::kCount},
    {"maxProperties", SchemaKind::kCount},
    {"exclusiveMinimum", SchemaKind::kNumber},
    {"minimum", SchemaKind::kNumber},
    {"minItems", SchemaKind::kCount},
    {"minLength", SchemaKind::kCount},
    {"minProperties", SchemaKind::kCount},
    {"multipleOf", SchemaKind::kMultiple},
    {"not", SchemaKind::kHere},
    {"oneOf", SchemaKind::kHereList},
    {"pattern", SchemaKind::kPattern},
    {"properties", SchemaKind::kInsideMap},
    {"additionalProperties", SchemaKind::kInside},
    {"propertyNames", SchemaKind::kInside},
    {"required", SchemaKind::kRequired},
    {"type", SchemaKind::kType},
    {"uniqueItems", SchemaKind::kUnique},
    {"patternProperties", SchemaKind::kRefused},
    {"$dynamicRef", SchemaKind::kRefused},
    {"$recursiveRef", SchemaKind::kRefused},
    {"dependentRequired", SchemaKind::kRefused},
    {"dependentSchemas", SchemaKind::kRefused},
    {"maxContains", SchemaKind::kRefused},
    {"minContains", SchemaKind::kRefused},
    {"prefixItems", SchemaKind::kRefused},
    {"unevaluatedItems", SchemaKind::kRefused},
    {"unevaluatedProperties", SchemaKind::kRefused},
};

}  // namespace wsfleet
