#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// The text of a YAML document as blocks: what stands on lines of its own, with its comments. Everything inside of
// quotes, {…}, […], | and > is text here, so that it can be moved and indented without being read.
namespace wsfleet {

struct BlockItem;

// A block mapping, a block sequence, or a scalar on a line of its own.
struct BlockList {
  enum class Kind { kMapping, kSequence, kScalar };

  Kind kind = Kind::kMapping;
  std::vector<BlockItem> items;
  std::vector<std::string> end;  // comments below the last item, and "" for a blank line
};

struct BlockItem {
  // Lines that belong to what begins in `head`.
  struct Line {
    std::size_t indent = 0;  // over the item's own column; of a block scalar, over its first line's
    std::string text;
    bool verbatim = false;  // inside of quotes: blanks at the end stay
  };

  std::vector<std::string> lead;  // comments above it, and "" for a blank line
  std::string key;                // of a mapping's entry, without quotes
  std::string head;               // the text of its line: "key: value", a scalar, or what stands behind "- "
  std::vector<Line> more;
  bool is_block_scalar = false;  // | or >: `more` is its content
  bool fixed_indent = false;     // |2: `more` counts from the item's own column
  std::unique_ptr<BlockList> child;
};

struct BlockText {
  std::vector<std::string> head;  // comments and --- above the first key
  BlockList root;
};

// Nothing if the text has a form that is not known here (explicit keys, several documents). Well-formed YAML is
// expected; of anything else the result means nothing.
std::optional<BlockText> ReadBlocks(std::string_view text);

// Two spaces for each level, no blanks at the end of a line, at most one blank line at a time and none at the beginning
// of a list, one line feed at the end.
std::string WriteBlocks(const BlockText& text);

}  // namespace wsfleet
