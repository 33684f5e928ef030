#include "core/scenario/key_table.h"

#include <algorithm>
#include <cassert>

namespace wsfleet::keys {

const Value& Key::Of(Value::Kind kind) const {
  if (value.kind == kind) return value;
  const auto found = std::ranges::find(value.alternatives, kind, &Value::kind);
  assert(found != value.alternatives.end());
  return *found;
}

const Key* Table::Find(std::string_view key) const {
  const auto found = std::ranges::find(keys, key, &Key::name);
  return found == keys.end() ? nullptr : &*found;
}

const Key& Table::operator[](std::string_view key) const {
  const Key* found = Find(key);
  assert(found != nullptr);
  return *found;
}

}  // namespace wsfleet::keys
