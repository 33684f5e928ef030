#pragma once

#include <ostream>
#include <string>

#include "gtest/gtest.h"

namespace wsfleet::testing {

// For tests that hold on each store.
enum class StoreKind { kSqlite, kPostgres };

inline const auto kStores = ::testing::Values(StoreKind::kSqlite, StoreKind::kPostgres);

inline std::string StoreKindName(StoreKind kind) { return kind == StoreKind::kSqlite ? "Sqlite" : "Postgres"; }
inline std::string NameOfParameter(const ::testing::TestParamInfo<StoreKind>& parameter) {
  return StoreKindName(parameter.param);
}
inline void PrintTo(StoreKind kind, std::ostream* out) { *out << StoreKindName(kind); }

}  // namespace wsfleet::testing
