#include "core/scenario/format.h"

#include <algorithm>
#include <utility>

#include "core/scenario/block_text.h"
#include "core/scenario/fields.h"
#include "core/scenario/keys.h"
#include "core/scenario/parser.h"
#include "core/scenario/yaml_reader.h"

namespace wsfleet {
namespace {

using keys::Value;
using Kind = keys::Value::Kind;

constexpr Value kSuiteValue = keys::Mapping(keys::kSuite);

// What the language says of a mapping (or a list) that stands where `value` may; null if nothing.
const Value* Taken(const Value& value, bool mapping) {
  const auto fits = [&](const Value& one) {
    return mapping ? one.kind == Kind::kMapping || one.kind == Kind::kNames : one.kind == Kind::kList;
  };
  if (fits(value)) return &value;
  const auto found = std::ranges::find_if(value.alternatives, fits);
  return found == value.alternatives.end() ? nullptr : &*found;
}

// What may stand behind `key` in a mapping; null if the language does not say.
const Value* Behind(const Value& mapping, std::string_view key) {
  if (mapping.kind == Kind::kNames) return mapping.element;
  const keys::Key* known = mapping.table->Find(key);
  return known == nullptr ? nullptr : &known->value;
}

std::size_t Rank(const keys::Table& table, std::string_view key) {
  const auto found = std::ranges::find(table.keys, key, &keys::Key::name);
  return static_cast<std::size_t>(found - table.keys.begin());
}

// Unknown keys, wherever the tables say which are known.
void CheckAllKeys(ParseContext& context, const YamlNode& node, const Value& value) {
  const Value* taken = node.is_scalar() ? nullptr : Taken(value, node.is_mapping());
  if (taken == nullptr) return;
  if (taken->table != nullptr) CheckKeys(context, node, taken->table->name, *taken->table);
  for (const YamlNode& element : node.elements) CheckAllKeys(context, element, *taken->element);
  for (const YamlNode::Entry& entry : node.entries) {
    if (const Value* behind = Behind(*taken, entry.key)) CheckAllKeys(context, entry.value, *behind);
  }
}

// Puts the entries whose order means nothing into the tables' order.
void Order(YamlNode& node, const Value& value) {
  const Value* taken = node.is_scalar() ? nullptr : Taken(value, node.is_mapping());
  if (taken == nullptr) return;
  if (taken->table != nullptr) {
    std::ranges::stable_sort(node.entries, {}, [&](const auto& entry) { return Rank(*taken->table, entry.key); });
  }
  for (YamlNode& element : node.elements) Order(element, *taken->element);
  for (YamlNode::Entry& entry : node.entries) {
    if (const Value* behind = Behind(*taken, entry.key)) Order(entry.value, *behind);
  }
}

void Order(BlockList& list, const Value& value) {
  const bool mapping = list.kind == BlockList::Kind::kMapping;
  const Value* taken = list.kind == BlockList::Kind::kScalar ? nullptr : Taken(value, mapping);
  if (taken == nullptr) return;
  if (taken->table != nullptr) {
    std::ranges::stable_sort(list.items, {}, [&](const auto& item) { return Rank(*taken->table, item.key); });
  }
  for (BlockItem& item : list.items) {
    const Value* behind = mapping ? Behind(*taken, item.key) : taken->element;
    if (item.child && behind != nullptr) Order(*item.child, *behind);
  }
}

bool Same(const YamlNode& a, const YamlNode& b) {
  return a.kind == b.kind && a.text == b.text && a.quoted == b.quoted &&
         std::ranges::equal(a.elements, b.elements, Same) &&
         std::ranges::equal(a.entries, b.entries,
                            [](const auto& x, const auto& y) { return x.key == y.key && Same(x.value, y.value); });
}

// Every sign but blanks, so that nothing is lost whatever became of its place.
std::string SignsOf(std::string_view text) {
  std::string signs(text);
  std::erase_if(signs, [](char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; });
  std::ranges::sort(signs);
  return signs;
}

bool TakesLines(const BlockItem& item) {
  if (!item.more.empty()) return true;
  if (!item.child) return false;
  return item.child->items.size() > 1 || std::ranges::any_of(item.child->items, TakesLines);
}

void SeparateScenarios(BlockList& root) {
  const auto scenarios = std::ranges::find(root.items, "scenarios", &BlockItem::key);
  if (scenarios == root.items.end() || !scenarios->child) return;
  std::vector<BlockItem>& items = scenarios->child->items;
  for (std::size_t i = 1; i < items.size(); ++i) {
    std::vector<std::string>& lead = items[i].lead;
    const bool separated = !lead.empty() && lead.front().empty();
    if (!separated && (TakesLines(items[i - 1]) || TakesLines(items[i]))) lead.insert(lead.begin(), "");
  }
}

// Nothing if it cannot be shown that `text` keeps its meaning.
std::optional<std::string> Rewrite(const std::string& file, std::string_view text, const YamlNode& meaning,
                                   bool in_order) {
  auto blocks = ReadBlocks(text);
  if (!blocks) return std::nullopt;
  if (in_order) Order(blocks->root, kSuiteValue);
  SeparateScenarios(blocks->root);
  std::string out = WriteBlocks(*blocks);
  Diagnostics ignored;
  auto root = ReadYaml(file, out, ignored);
  if (!root) return std::nullopt;
  Order(*root, kSuiteValue);
  if (!Same(*root, meaning) || SignsOf(out) != SignsOf(text)) return std::nullopt;
  return out;
}

}  // namespace

FormatResult FormatSuite(const std::string& file, std::string_view text) {
  FormatResult result;
  Diagnostics diagnostics;
  auto root = ReadYaml(file, text, diagnostics);
  if (root) {
    const SourceFiles none;
    ParseContext context{file, none, diagnostics};
    if (CheckKeys(context, *root, "suite", keys::kSuite)) CheckAllKeys(context, *root, kSuiteValue);
  }
  if (diagnostics.has_errors()) {
    result.diagnostics = diagnostics.Sorted(kMaxDiagnostics);
    return result;
  }
  Order(*root, kSuiteValue);
  for (const bool in_order : {true, false}) {
    auto once = Rewrite(file, text, *root, in_order);
    auto twice = once ? Rewrite(file, *once, *root, in_order) : std::nullopt;
    if (!twice || *twice != *once) continue;
    result.text = std::move(once);
    break;
  }
  return result;
}

}  // namespace wsfleet
