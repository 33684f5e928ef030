#include "core/scenario/yaml_reader.h"

#include <algorithm>
#include <exception>
#include <map>
#include <set>
#include <sstream>

#include "core/base/text.h"
#include "core/scenario/indentation.h"
#include "core/scenario/line_scanner.h"
#include "core/scenario/nesting.h"
#include "core/scenario/parser.h"
#include "fmt/format.h"
#include "yaml-cpp/eventhandler.h"
#include "yaml-cpp/exceptions.h"
#include "yaml-cpp/parser.h"

namespace wsfleet {
namespace {

const std::string kCoreTags = "tag:yaml.org,2002:";
const std::string kTextTag = kCoreTags + "str";

// Leaves yaml-cpp's parser, and never this file.
struct Refused {
  SourceRange range;
  std::string message;
};

SourceRange RangeAt(const std::string& file, const YAML::Mark& mark, std::size_t length) {
  SourceRange range;
  range.file = file;
  range.line = mark.is_null() ? 1 : static_cast<std::uint32_t>(mark.line + 1);
  range.column = mark.is_null() ? 1 : static_cast<std::uint32_t>(mark.column + 1);
  range.length = static_cast<std::uint32_t>(std::max<std::size_t>(1, length));
  return range;
}

// Builds the tree from yaml-cpp's events, which cost no memory of their own and can be stopped at any time.
class TreeBuilder : public YAML::EventHandler {
 public:
  TreeBuilder(const std::string& file, std::string_view text) : file_(file), text_(text) {
    for (std::size_t at = 0; at <= text.size();) {
      const std::size_t end = std::min(text.find('\n', at), text.size());
      lines_.push_back(text.substr(at, end - at));
      at = end + 1;
    }
  }

  bool has_root() const { return has_root_; }
  YamlNode TakeRoot() { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    YamlNode node;
    node.range = RangeAt(file_, mark, 1);
    Finish(std::move(node), anchor);
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    if (++aliases_ > kMaxYamlAliases) {
      Refuse(RangeAt(file_, mark, 1), fmt::format("more than {} aliases; write the values out", kMaxYamlAliases));
    }
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end()) Refuse(RangeAt(file_, mark, 1), "this alias stands inside of what it names");
    Copy(RangeAt(file_, mark, 1), found->second.second);
    Count(RangeAt(file_, mark, 1), found->second.second);
    YamlNode node = found->second.first;
    Place(std::move(node));
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    YamlNode node;
    node.text = value;
    node.quoted = tag == "!" || tag == kTextTag;
    node.range = RangeAt(file_, mark, value.size());
    const std::string_view line = node.range.line <= lines_.size() ? lines_[node.range.line - 1] : std::string_view();
    const std::size_t column = SkipProperties(line, node.range.column - 1);
    if (tag != "?" && column < line.size() && (line[column] == '"' || line[column] == '\'')) {
      SourceRange quote = node.range;
      quote.column = static_cast<std::uint32_t>(column + 1);
      CheckClosed(quote, line.substr(column));
      // Marks of what stands inside the quotes count from behind the opening one.
      if (tag == "!") node.range.column = quote.column + 1;
    }
    CheckScalarTag(tag, node);
    Finish(std::move(node), anchor);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    Open(YamlNode::Kind::kSequence, mark, tag, anchor);
  }
  void OnSequenceEnd() override { Close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    Open(YamlNode::Kind::kMapping, mark, tag, anchor);
  }
  void OnMapEnd() override { Close(); }

 private:
  struct Level {
    YamlNode node;
    YAML::anchor_t anchor = 0;
    std::size_t nodes_before = 0;
    std::optional<YamlNode> key;  // of a mapping, waiting for its value
    std::set<std::string, std::less<>> keys;
  };

  [[noreturn]] static void Refuse(SourceRange range, std::string message) {
    throw Refused{std::move(range), std::move(message)};
  }

  // The tags of the core schema (YAML 1.2.2, 10.3) say what a value is; it has to be that.
  static void CheckScalarTag(const std::string& tag, const YamlNode& node) {
    if (tag.empty() || tag == "?" || tag == "!" || tag == kTextTag) return;
    const boost::json::value value = ScalarValue(node);
    const bool fits = (tag == kCoreTags + "int" && (value.is_int64() || value.is_uint64())) ||
                      (tag == kCoreTags + "float" && value.is_number()) ||
                      (tag == kCoreTags + "bool" && value.is_bool()) || (tag == kCoreTags + "null" && value.is_null());
    if (fits) return;
    for (const char* known : {"int", "float", "bool", "null"}) {
      if (tag == kCoreTags + known) Refuse(node.range, fmt::format("!!{}: this is {}", known, DescribeNode(node)));
    }
    RefuseTag(tag, node.range);
  }

  static void CheckTag(const std::string& tag, YamlNode::Kind kind, const SourceRange& range) {
    const bool plain = tag.empty() || tag == "?" || tag == "!";
    if (!plain && tag != kCoreTags + (kind == YamlNode::Kind::kMapping ? "map" : "seq")) RefuseTag(tag, range);
  }

  [[noreturn]] static void RefuseTag(const std::string& tag, const SourceRange& range) {
    Refuse(range, fmt::format("the tag {} is not supported", tag));
  }

  // yaml-cpp takes the end of the text for the end of a quoted scalar, with all that stands between.
  void CheckClosed(const SourceRange& range, std::string_view from_quote) const {
    const char quote = from_quote.front();
    const std::string_view rest(from_quote.data() + 1,
                                static_cast<std::size_t>(text_.data() + text_.size() - from_quote.data()) - 1);
    for (std::size_t at = 0; at < rest.size(); ++at) {
      const bool escapes = quote == '"' ? rest[at] == '\\' : rest.substr(at, 2) == "''";
      if (escapes) {
        ++at;
      } else if (rest[at] == quote) {
        return;
      }
    }
    SourceRange at_quote = range;
    at_quote.length = 1;
    Refuse(at_quote, fmt::format("this quote is not closed; add a {} at the end of the text", quote));
  }

  void Count(const SourceRange& range, std::size_t nodes) {
    nodes_ += nodes;
    if (nodes_ > kMaxYamlNodes) Refuse(range, fmt::format("more than {} values", kMaxYamlNodes));
  }

  void Copy(const SourceRange& range, std::size_t nodes) {
    copies_ += nodes;
    if (copies_ > kMaxYamlCopies) {
      Refuse(range, fmt::format("anchors and aliases stand for more than {} values; write them out", kMaxYamlCopies));
    }
  }

  void Open(YamlNode::Kind kind, const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) {
    const SourceRange range = RangeAt(file_, mark, 1);
    CheckTag(tag, kind, range);
    if (levels_.size() == kMaxYamlDepth) Refuse(range, fmt::format("nested deeper than {} levels", kMaxYamlDepth));
    Level& level = levels_.emplace_back();
    level.node.kind = kind;
    level.node.range = range;
    level.anchor = anchor;
    level.nodes_before = nodes_;
  }

  void Close() {
    Level level = std::move(levels_.back());
    levels_.pop_back();
    Remember(level.anchor, level.node, nodes_ - level.nodes_before + 1);
    Count(level.node.range, 1);
    Place(std::move(level.node));
  }

  void Finish(YamlNode node, YAML::anchor_t anchor) {
    Remember(anchor, node, 1);
    Count(node.range, 1);
    Place(std::move(node));
  }

  void Remember(YAML::anchor_t anchor, const YamlNode& node, std::size_t nodes) {
    if (anchor == 0) return;
    if (anchors_.size() == kMaxYamlAliases) Refuse(node.range, fmt::format("more than {} anchors", kMaxYamlAliases));
    Copy(node.range, nodes);
    anchors_.emplace(anchor, std::pair(node, nodes));
  }

  void Place(YamlNode node) {
    if (levels_.empty()) {
      root_ = std::move(node);
      has_root_ = true;
      return;
    }
    Level& parent = levels_.back();
    if (parent.node.is_sequence()) {
      parent.node.elements.push_back(std::move(node));
    } else if (!parent.key) {
      CheckKey(parent, node);
      parent.key = std::move(node);
    } else {
      parent.node.entries.push_back({parent.key->text, parent.key->range, std::move(node)});
      parent.key.reset();
    }
  }

  static void CheckKey(Level& mapping, const YamlNode& key) {
    if (!key.is_scalar()) Refuse(key.range, fmt::format("a key is a word, found {}", DescribeNode(key)));
    if (key.text == "<<" && !key.quoted) {
      Refuse(key.range, "merge keys (<<) are not part of YAML 1.2; write the keys out");
    }
    if (!mapping.keys.insert(key.text).second) {
      const YamlNode::Entry* first = mapping.node.Find(key.text);
      Refuse(key.range, fmt::format("duplicate key \"{}\"; the first is at {}:{}", Excerpt(key.text, 60),
                                    first->key_range.line, first->key_range.column));
    }
  }

  std::string file_;
  std::string_view text_;
  std::vector<std::string_view> lines_;
  std::vector<Level> levels_;
  std::map<YAML::anchor_t, std::pair<YamlNode, std::size_t>> anchors_;
  std::size_t aliases_ = 0;
  std::size_t nodes_ = 0;
  std::size_t copies_ = 0;
  YamlNode root_;
  bool has_root_ = false;
};

// The first tab in a line's indentation: from `from_line` on, in columns above the first only if `anywhere`.
std::optional<SourceRange> FindTab(const std::string& file, std::string_view text, bool anywhere) {
  std::uint32_t line = 1;
  for (std::size_t at = 0; at < text.size(); ++line) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    const std::string_view content = text.substr(at, end - at);
    const std::size_t tab = content.find_first_not_of(' ');
    if (tab != std::string_view::npos && content[tab] == '\t' && (anywhere || tab == 0) &&
        content.find_first_not_of(" \t\r") != std::string_view::npos) {
      return SourceRange{file, line, static_cast<std::uint32_t>(tab + 1), 1};
    }
    at = end + 1;
  }
  return std::nullopt;
}

// A plain text in { } may hold a "?" in YAML 1.2; not so for yaml-cpp.
constexpr std::string_view kQuoteText = "; put a text that holds this character in quotes";
constexpr std::string_view kQuoteTemplates = "; inside of {…} a template needs quotes: \"${name}\"";

// Whether the text goes wrong where a template stands without quotes.
bool IsInTemplate(std::string_view text, const SourceRange& range) {
  std::size_t begin = 0;
  for (std::uint32_t line = 1; line < range.line && begin < text.size(); ++line) begin = text.find('\n', begin) + 1;
  const std::size_t at = begin + range.column - 1;
  return at >= 1 && at <= text.size() && text.substr(at - 1, 2) == "${";
}

SourceRange RangeOf(const std::string& file, std::string_view text, std::size_t offset) {
  const std::string_view before = text.substr(0, offset);
  const auto line = static_cast<std::uint32_t>(std::ranges::count(before, '\n') + 1);
  const std::size_t line_begin = before.rfind('\n') + 1;  // 0 in the first line: npos + 1
  return {file, line, static_cast<std::uint32_t>(offset - line_begin + 1), 1};
}

// Where a directive (YAML 1.2, 6.8.1) asks for another version.
std::optional<std::size_t> FindOtherVersion(std::string_view text) {
  constexpr std::string_view kDirective = "%YAML", kVersion = " 1.2";
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    const std::string_view line = text.substr(begin, end - begin);
    const bool before_the_document = line.empty() || line.starts_with('#') || line.starts_with('%') || line == "\r";
    if (!before_the_document) return std::nullopt;
    if (line.starts_with(kDirective) && !line.substr(kDirective.size()).starts_with(kVersion)) return begin;
    begin = end + 1;
  }
  return std::nullopt;
}

// What can be said without parsing. Empty if all is well.
std::optional<Refused> CheckText(const std::string& file, std::string_view text) {
  const SourceRange begin{file, 1, 1, 1};
  if (text.size() > kMaxFileBytes) {
    return Refused{begin,
                   fmt::format("file is {:.1f} MiB; the limit is 1 MiB", static_cast<double>(text.size()) / (1 << 20))};
  }
  if (const auto wrong = FindInvalidUtf8(text)) {
    return Refused{RangeOf(file, text, *wrong), fmt::format("the file is not UTF-8 text: there is a byte 0x{:02X}",
                                                            static_cast<unsigned char>(text[*wrong]))};
  }
  if (const std::size_t zero = text.find('\0'); zero != std::string_view::npos) {
    return Refused{RangeOf(file, text, zero), "the file is binary: it holds a zero byte"};
  }
  if (const auto other = FindOtherVersion(text)) {
    return Refused{RangeOf(file, text, *other), "suites are YAML 1.2; leave this line out"};
  }
  if (const auto deep = FindTooDeep(text, kMaxYamlDepth)) {
    return Refused{RangeOf(file, text, *deep), fmt::format("nested deeper than {} levels", kMaxYamlDepth)};
  }
  if (std::ranges::count_if(text, [](char c) { return c == '[' || c == '{'; }) > std::ptrdiff_t{kMaxYamlBrackets}) {
    return Refused{begin, fmt::format("more than {} opening brackets", kMaxYamlBrackets)};
  }
  if (const auto tab = FindTab(file, text, false)) return Refused{*tab, "a tab cannot indent YAML; use spaces"};
  return std::nullopt;
}

}  // namespace

std::optional<YamlNode> ReadYaml(const std::string& file, std::string_view text, Diagnostics& diagnostics,
                                 std::string_view expected) {
  if (auto refused = CheckText(file, text)) {
    diagnostics.Error(refused->range, std::move(refused->message));
    return std::nullopt;
  }
  try {
    std::istringstream stream{std::string(text)};
    YAML::Parser parser(stream);
    TreeBuilder builder(file, text);
    parser.HandleNextDocument(builder);
    if (!builder.has_root()) {
      diagnostics.Error({file, 1, 1, 1}, fmt::format("empty file; expected {}", expected));
      return std::nullopt;
    }
    YamlNode root = builder.TakeRoot();
    TreeBuilder second(file, text);
    if (parser.HandleNextDocument(second) && second.has_root()) {
      diagnostics.Error(second.TakeRoot().range, "a second document; a suite is one YAML document");
      return std::nullopt;
    }
    return root;
  } catch (const Refused& refused) {
    diagnostics.Error(refused.range, refused.message);
  } catch (const YAML::Exception& error) {
    const auto tab = FindTab(file, text, true);
    if (tab && static_cast<int>(tab->line) <= error.mark.line + 1) {
      diagnostics.Error(*tab, "a tab cannot indent YAML; use spaces");
    } else {
      const SourceRange range = RangeAt(file, error.mark, 1);
      const std::string_view hint = IsInTemplate(text, range)      ? kQuoteTemplates
                                    : error.msg == "unknown token" ? kQuoteText
                                                                   : "";
      // yaml-cpp says of a line that is indented wrongly what it had expected in its place.
      const bool is_about_blocks = error.msg == "end of map not found" || error.msg == "end of sequence not found" ||
                                   error.msg == "illegal map value";
      const std::string why = is_about_blocks ? ExplainIndentation(text, range.line) : "";
      diagnostics.Error(range, fmt::format("not YAML: {}", why.empty() ? fmt::format("{}{}", error.msg, hint) : why));
    }
  } catch (const std::exception& error) {
    diagnostics.Error({file, 1, 1, 1}, fmt::format("not YAML: {}", error.what()));
  }
  return std::nullopt;
}

}  // namespace wsfleet
