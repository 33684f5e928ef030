#include "core/scenario/block_text.h"

#include <algorithm>

#include "core/scenario/line_scanner.h"

namespace wsfleet {
namespace {

constexpr std::size_t kNoColumn = std::string_view::npos;

std::string_view TrimEnd(std::string_view text) {
  while (!text.empty() && IsBlank(text.back())) text.remove_suffix(1);
  return text;
}

std::size_t IndentOf(std::string_view line) { return std::min(line.find_first_not_of(' '), line.size()); }
bool IsBlankLine(std::string_view line) { return SkipBlanks(line, 0) == line.size(); }
bool IsComment(std::string_view line) {
  const std::size_t at = SkipBlanks(line, 0);
  return at < line.size() && line[at] == '#';
}
bool IsDash(std::string_view line, std::size_t at) {
  return line[at] == '-' && (at + 1 == line.size() || IsBlank(line[at + 1]));
}

std::vector<std::string_view> SplitLines(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    lines.push_back(line);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

class BlockReader {
 public:
  explicit BlockReader(std::string_view text) : lines_(SplitLines(text)) {}

  std::optional<BlockText> Read() {
    for (at_ = 0; at_ < lines_.size();) {
      const std::string_view line = lines_[at_];
      if (IsBlankLine(line) || IsComment(line)) {
        waiting_.push_back(line);
        ++at_;
      } else if (line.starts_with("---") && (line.size() == 3 || IsBlank(line[3]))) {
        const std::size_t behind = SkipBlanks(line, 3);
        if (!levels_.empty() || (behind < line.size() && line[behind] != '#')) return std::nullopt;
        waiting_.push_back(line);
        ++at_;
      } else if (line.starts_with("...") || line.starts_with('%') || !TakeLine(line)) {
        return std::nullopt;
      }
    }
    if (levels_.empty()) return std::nullopt;
    Leave(0, true);
    for (const std::string_view comment : waiting_) out_.root.end.push_back(Shown(comment));
    return std::move(out_);
  }

 private:
  struct Level {
    std::size_t column;
    BlockList* list;
  };

  static std::string Shown(std::string_view comment) {
    return std::string(TrimEnd(comment.substr(SkipBlanks(comment, 0))));
  }

  // A line on which a mapping's entry, a sequence's item or a scalar begins, with the lines that belong to it.
  bool TakeLine(std::string_view line) {
    std::size_t column = IndentOf(line);
    std::size_t parent = kNoColumn;  // of the list that the line's last item stands in, or of the dash before it
    while (IsDash(line, column)) {
      if (!Open(column, BlockList::Kind::kSequence, parent != kNoColumn)) return false;
      parent = column;
      column = SkipBlanks(line, column + 1);
      if (column == line.size() || line[column] == '#') {
        Last().head = TrimEnd(line.substr(column));
        ++at_;
        return true;
      }
    }
    if (line[column] == '?' && (column + 1 == line.size() || IsBlank(line[column + 1]))) return false;
    const std::size_t colon = FindKeyEnd(line, column);
    const bool has_key = colon != std::string_view::npos;
    const bool nested = parent != kNoColumn;
    if (!Open(column, has_key ? BlockList::Kind::kMapping : BlockList::Kind::kScalar, nested)) return false;
    if (has_key) {
      parent = column;
      Last().key = KeyOf(line.substr(column, colon - column));
    } else if (!nested) {
      parent = levels_.size() < 2 ? kNoColumn : levels_[levels_.size() - 2].column;
    }
    return TakeValue(line, column, has_key ? SkipBlanks(line, colon + 1) : column, parent);
  }

  static std::string KeyOf(std::string_view text) {
    text = TrimEnd(text.substr(SkipProperties(text, 0)));
    if (text.size() >= 2 && (text.front() == '"' || text.front() == '\'')) text = text.substr(1, text.size() - 2);
    return std::string(text);
  }

  // The value begins at `value`; its item, at `column`, in or below what stands at `parent`.
  bool TakeValue(std::string_view line, std::size_t column, std::size_t value, std::size_t parent) {
    BlockItem& item = Last();
    ++at_;
    const std::size_t content = SkipProperties(line, value);
    if (content < line.size() && (line[content] == '|' || line[content] == '>')) {
      item.head = TrimEnd(line.substr(column));
      TakeBlockScalar(line.substr(content, FindComment(line, content) - content), parent);
      return true;
    }
    ValueScanner scanner;
    scanner.Scan(line, value);
    item.head = scanner.in_quotes() ? line.substr(column) : TrimEnd(line.substr(column));
    if (scanner.open()) {
      while (scanner.open() && at_ < lines_.size()) TakeContinuation(scanner, column);
      return !scanner.open();
    }
    const bool plain =
        content < line.size() && line[content] != '#' && std::string_view("\"'{[").find(line[content]) == kNoColumn;
    // A comment ends a plain scalar.
    if (plain && scanner.end() == line.size()) TakePlainLines(column, parent);
    return true;
  }

  void TakeContinuation(ValueScanner& scanner, std::size_t column) {
    const std::string_view line = lines_[at_++];
    const std::size_t indent = IndentOf(line);
    const bool began_in_quotes = scanner.in_quotes();
    scanner.Scan(line, 0);
    const bool verbatim = scanner.in_quotes();
    std::string_view text = line.substr(indent);
    if (!verbatim) text = TrimEnd(text);
    if (text.empty() && !began_in_quotes) return;  // a blank line inside of brackets
    Last().more.push_back({indent > column ? indent - column : 0, std::string(text), verbatim});
  }

  void TakePlainLines(std::size_t column, std::size_t parent) {
    for (std::size_t next = at_; next < lines_.size(); ++next) {
      const std::string_view line = lines_[next];
      if (IsBlankLine(line)) continue;
      const std::size_t indent = IndentOf(line);
      if (IsComment(line) || (parent != kNoColumn && indent <= parent)) return;
      for (; at_ < next; ++at_) Last().more.push_back({});
      const std::size_t comment = FindComment(line, 0);
      Last().more.push_back({indent > column ? indent - column : 0, std::string(TrimEnd(line.substr(indent)))});
      ++at_;
      if (comment < line.size()) return;
    }
  }

  // `header`: | or >, with its indicators.
  void TakeBlockScalar(std::string_view header, std::size_t parent) {
    BlockItem& item = Last();
    item.is_block_scalar = true;
    item.fixed_indent = header.find_first_of("123456789") != std::string_view::npos;
    const bool keep = header.find('+') != std::string_view::npos;
    std::size_t base = item.fixed_indent ? (parent == kNoColumn ? 0 : parent) : kNoColumn;
    for (std::size_t next = at_; next < lines_.size(); ++next) {
      const std::string_view line = lines_[next];
      const bool blank = line.find_first_not_of(' ') == std::string_view::npos;
      if (!blank && parent != kNoColumn && IndentOf(line) <= parent) break;
      if (!blank && base == kNoColumn) base = IndentOf(line);
      // Blank lines at the end are content only if the header says so.
      if (blank && !keep) continue;
      for (; at_ <= next; ++at_) {
        const std::string_view content = lines_[at_];
        const std::size_t indent = IndentOf(content);
        const std::size_t from = base == kNoColumn ? indent : base;
        item.more.push_back({indent > from ? indent - from : 0, std::string(content.substr(indent)), true});
      }
    }
  }

  BlockItem& Last() { return levels_.back().list->items.back(); }

  // A new item at `column`; `nested`: right behind a dash on the same line.
  bool Open(std::size_t column, BlockList::Kind kind, bool nested) {
    if (!nested) Leave(column, kind != BlockList::Kind::kSequence);
    if (levels_.empty()) {
      if (kind != BlockList::Kind::kMapping) return false;
      levels_.push_back({column, &out_.root});
      for (const std::string_view line : waiting_) out_.head.push_back(Shown(line));
      waiting_.clear();
    } else if (nested || column > levels_.back().column || levels_.back().list->kind != kind) {
      // A sequence may stand at the column of its key.
      BlockItem& holder = Last();
      if (holder.child || levels_.back().list->kind == BlockList::Kind::kScalar) return false;
      holder.child = std::make_unique<BlockList>();
      holder.child->kind = kind;
      levels_.push_back({column, holder.child.get()});
    } else if (column != levels_.back().column) {
      return false;
    }
    BlockItem& item = levels_.back().list->items.emplace_back();
    for (const std::string_view line : waiting_) item.lead.push_back(Shown(line));
    waiting_.clear();
    return true;
  }

  // Leaves the lists that end before a line at `column`. Comments that stand as deep as one of them belong to its end.
  void Leave(std::size_t column, bool leave_sequence) {
    const auto ends = [&](const Level& level) {
      return level.column > column || (level.column == column && level.list->kind == BlockList::Kind::kSequence &&
                                       leave_sequence && levels_.size() > 1);
    };
    while (levels_.size() > 1 && ends(levels_.back())) {
      Level& level = levels_.back();
      std::size_t kept = 0;  // lines of the list's end
      for (std::size_t i = 0; i < waiting_.size(); ++i) {
        if (IsBlankLine(waiting_[i])) continue;
        if (IndentOf(waiting_[i]) < level.column || IndentOf(waiting_[i]) <= column) break;
        kept = i + 1;
      }
      for (std::size_t i = 0; i < kept; ++i) level.list->end.push_back(Shown(waiting_[i]));
      waiting_.erase(waiting_.begin(), waiting_.begin() + static_cast<std::ptrdiff_t>(kept));
      levels_.pop_back();
    }
  }

  std::vector<std::string_view> lines_;
  std::size_t at_ = 0;
  std::vector<Level> levels_;
  std::vector<std::string_view> waiting_;  // comments and blank lines since the last item
  BlockText out_;
};

class BlockWriter {
 public:
  std::string Write(const BlockText& text) {
    Comments(text.head, 0);
    List(text.root, 0, false);
    while (out_.ends_with("\n\n")) out_.pop_back();
    return std::move(out_);
  }

 private:
  void Line(std::size_t indent, std::string_view text) {
    if (!text.empty()) out_.append(indent, ' ');
    out_ += text;
    out_ += '\n';
  }

  void Comments(const std::vector<std::string>& lines, std::size_t indent) {
    for (const std::string& line : lines) {
      if (!line.empty()) {
        Line(indent, line);
      } else if (!out_.empty() && !out_.ends_with("\n\n")) {
        out_ += '\n';
      }
    }
  }

  // `behind_dash`: the first item's line has begun.
  void List(const BlockList& list, std::size_t indent, bool behind_dash) {
    for (std::size_t i = 0; i < list.items.size(); ++i) {
      const BlockItem& item = list.items[i];
      if (!behind_dash || i > 0) {
        std::vector<std::string> lead = LeadOf(item);
        if (i == 0 && indent > 0) lead.erase(lead.begin(), std::ranges::find_if_not(lead, &std::string::empty));
        Comments(lead, indent);
        out_.append(indent, ' ');
      }
      Item(list.kind, item, indent);
    }
    Comments(list.end, indent);
  }

  // What stands above the line on which an item begins: behind a dash, also what stands above its first entry.
  static std::vector<std::string> LeadOf(const BlockItem& item) {
    std::vector<std::string> lead = item.lead;
    if (item.child && item.head.empty() && item.key.empty()) {
      const std::vector<std::string> inner = LeadOf(item.child->items.front());
      lead.insert(lead.end(), inner.begin(), inner.end());
    }
    return lead;
  }

  void Item(BlockList::Kind kind, const BlockItem& item, std::size_t indent) {
    if (kind == BlockList::Kind::kSequence) {
      out_ += item.head.empty() && !item.child ? "-" : "- ";
      if (item.child && item.head.empty()) return List(*item.child, indent + 2, true);
    }
    out_ += item.head;
    out_ += '\n';
    More(kind, item, indent);
    if (item.child) List(*item.child, indent + 2, false);
  }

  // `indent`: of the item. A scalar on a line of its own stands two columns behind its dash or key.
  void More(BlockList::Kind kind, const BlockItem& item, std::size_t indent) {
    std::size_t base = indent;
    if (item.is_block_scalar && kind == BlockList::Kind::kMapping && !item.fixed_indent) base += 2;
    if (item.is_block_scalar && kind == BlockList::Kind::kScalar && item.fixed_indent) base -= 2;
    for (const BlockItem::Line& line : item.more) {
      if (line.text.empty() && (line.indent == 0 || !item.is_block_scalar)) {
        out_ += '\n';
      } else {
        out_.append(base + line.indent, ' ');
        out_ += line.text;
        out_ += '\n';
      }
    }
  }

  std::string out_;
};

}  // namespace

std::optional<BlockText> ReadBlocks(std::string_view text) { return BlockReader(text).Read(); }

std::string WriteBlocks(const BlockText& text) { return BlockWriter().Write(text); }

}  // namespace wsfleet
