#include "core/match/selector.h"

#include <algorithm>

#include "core/base/text.h"
#include "core/match/json_schema.h"
#include "core/match/predicate_text.h"
#include "core/value/json_numbers.h"
#include "core/value/json_parse.h"
#include "fmt/format.h"

namespace wsfleet {
namespace {

using boost::json::value;

std::string HexOf(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out;
  out.reserve(bytes.size() * 2);
  for (const unsigned char byte : bytes) {
    out += kDigits[byte >> 4];
    out += kDigits[byte & 0xF];
  }
  return out;
}

// What an entry looks at: the values that its path selects, or the payload in another form.
struct Sight {
  std::vector<const value*> selection;
  value owned;           // of text, hex and opcode; `selection` points at it
  std::string problem;   // not empty: the entry cannot hold, and why
  bool is_open = false;  // with a problem: a limit is the reason
};

std::string TooDeep() { return fmt::format("the payload is nested deeper than {} levels", JsonPath::kMaxDepth); }

void Look(const Selector::Entry& entry, const Payload& payload, Sight& sight) {
  switch (entry.subject) {
    case Selector::Subject::kJson: {
      const value* json = payload.json();
      if (json == nullptr) {
        sight.is_open = payload.too_deep();
        sight.problem = sight.is_open ? TooDeep() : "the payload is not JSON";
        return;
      }
      sight.selection = entry.path.Select(*json, &sight.is_open);
      if (sight.is_open) sight.problem = fmt::format("the path looks at more than {} nodes", JsonPath::kMaxNodes);
      return;
    }
    case Selector::Subject::kText:
      sight.owned = payload.bytes();
      break;
    case Selector::Subject::kHex:
      sight.owned = HexOf(payload.bytes());
      break;
    case Selector::Subject::kOpcode: {
      const std::string_view name = OpcodeName(payload.opcode());
      sight.owned = value(std::string(name));
      break;
    }
  }
  sight.selection.push_back(&sight.owned);
}

// The problem of `sight`, too, where the predicate has one.
bool EntryHolds(const Selector::Entry& entry, const Payload& payload, Sight& sight) {
  // Of what others judged.
  TakeEqualRoundings();
  JsonSchema::TakeExceeded();
  Look(entry, payload, sight);
  if (!sight.problem.empty()) return false;
  const bool holds = HoldsForSelection(entry.predicate, sight.selection);
  if (JsonSchema::TakeExceeded()) {
    sight.problem = fmt::format("the schema asks for more than {} tests of it", JsonSchema::kMaxTests);
  } else if (TakeEqualRoundings()) {
    const std::string_view rounded = payload.rounded_number(sight.selection);
    if (!rounded.empty()) sight.problem = fmt::format("its number {} is held to 16 digits only", Excerpt(rounded, 60));
  }
  sight.is_open = !sight.problem.empty();
  return holds && !sight.is_open;
}

// Empty if the entry holds.
std::string Explain(const Selector::Entry& entry, const Payload& payload, bool& is_open) {
  Sight sight;
  const bool holds = EntryHolds(entry, payload, sight);
  is_open = sight.is_open;
  if (!sight.problem.empty()) return fmt::format("expected {}, but {}", Describe(entry.predicate), sight.problem);
  if (holds) return {};
  return ExplainSelection(entry.predicate, sight.selection);
}

}  // namespace

bool IsControl(Opcode opcode) { return opcode == Opcode::kPing || opcode == Opcode::kPong; }

std::string_view OpcodeName(Opcode opcode) {
  switch (opcode) {
    case Opcode::kText:
      return "text";
    case Opcode::kBinary:
      return "binary";
    case Opcode::kPing:
      return "ping";
    case Opcode::kPong:
      return "pong";
  }
  return {};
}

std::size_t Payload::held_bytes() const {
  const std::size_t first = bytes_.find_first_not_of(" \t\r\n");
  const bool may_be_tree = first != std::string::npos && (bytes_[first] == '[' || bytes_[first] == '{');
  return bytes_.size() + (may_be_tree ? JsonTreeBytes(bytes_) : 0);
}

const value* Payload::json() const {
  if (!parsed_) {
    parsed_ = true;
    boost::json::error_code error;
    value json = ParseJson(bytes_, error, JsonPath::kMaxDepth);
    if (!error) json_ = std::move(json);
    too_deep_ = error == boost::json::error::too_deep;
  }
  return json_ ? &*json_ : nullptr;
}

std::string_view Payload::rounded_number(std::span<const value* const> parts) const {
  return json() == nullptr ? std::string_view() : FirstRoundedNumber(bytes_, parts);
}

bool Selector::asks_for_opcode() const {
  return std::ranges::any_of(entries, [](const Entry& entry) { return entry.subject == Subject::kOpcode; });
}

absl::StatusOr<Selector> Bind(const Selector& selector, const Scope& scope) {
  Selector bound = selector;
  for (Selector::Entry& entry : bound.entries) {
    absl::StatusOr<Predicate> predicate = Bind(entry.predicate, scope);
    if (!predicate.ok()) return predicate.status();
    entry.predicate = *std::move(predicate);
  }
  return bound;
}

Selected Select(const Selector& selector, const Payload& payload, std::string* limit) {
  if (IsControl(payload.opcode()) && !selector.asks_for_opcode()) return Selected::kNo;
  Selected selected = Selected::kYes;
  for (const Selector::Entry& entry : selector.entries) {
    Sight sight;
    if (EntryHolds(entry, payload, sight)) continue;
    if (!sight.is_open) return Selected::kNo;
    selected = Selected::kOpen;
    if (limit != nullptr) *limit = fmt::format("{}: {}", entry.key, sight.problem);
  }
  return selected;
}

std::vector<Mismatch> Mismatches(const Selector& selector, const Payload& payload) {
  std::vector<Mismatch> out;
  for (const Selector::Entry& entry : selector.entries) {
    bool is_open = false;
    std::string explanation = Explain(entry, payload, is_open);
    if (!explanation.empty()) out.push_back({&entry, std::move(explanation), is_open});
  }
  std::ranges::stable_partition(out, [](const Mismatch& mismatch) { return !mismatch.is_open; });
  return out;
}

}  // namespace wsfleet
