#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "boost/json/value.hpp"
#include "core/base/source.h"

namespace wsfleet {

// A node of a YAML document with its place in the text.
struct YamlNode {
  enum class Kind { kScalar, kSequence, kMapping };
  struct Entry;

  Kind kind = Kind::kScalar;
  std::string text;                // kScalar: without quotes and escapes
  bool quoted = false;             // kScalar: a quoted or block scalar is always a string
  SourceRange range;               // of the content: inside the quotes
  std::vector<YamlNode> elements;  // kSequence
  std::vector<Entry> entries;      // kMapping, as written; keys are unique

  bool is_scalar() const { return kind == Kind::kScalar; }
  bool is_sequence() const { return kind == Kind::kSequence; }
  bool is_mapping() const { return kind == Kind::kMapping; }
  const Entry* Find(std::string_view key) const;
};

struct YamlNode::Entry {
  std::string key;
  SourceRange key_range;
  YamlNode value;
};

// The value of a scalar by the core schema of YAML 1.2 (10.3.2): yes, no, on and off are strings.
boost::json::value ScalarValue(const YamlNode& node);
// Whether an unquoted scalar is a number of YAML that no value of JSON holds as it is: more than 64 bits that a double
// rounds, 1e999, .inf.
bool IsUnheldNumber(const YamlNode& node);

// "a mapping", "a list", "3", "\"text\"": how a node is named in a message.
std::string DescribeNode(const YamlNode& node);

}  // namespace wsfleet
