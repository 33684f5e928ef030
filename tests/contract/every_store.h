#pragma once

#include <memory>

#include "coordinator/store/postgres/postgres_store.h"
#include "coordinator/store/sqlite/sqlite_store.h"
#include "gtest/gtest.h"
#include "tests/contract/records.h"
#include "tests/support/postgres_server.h"
#include "tests/support/temporary_directory.h"

// Every store by its interfaces. A factory opens one that is empty, and can open it again.
namespace wsfleet::testing {

class SqliteInMemory {
 public:
  std::unique_ptr<store::SqliteStore> Open() { return store::SqliteStore::Open(":memory:").value(); }
};

class SqliteInAFile {
 public:
  std::unique_ptr<store::SqliteStore> Open() {
    return store::SqliteStore::Open((directory_.path() / "fleet.db").string()).value();
  }

 private:
  TemporaryDirectory directory_;
};

class Postgres {
 public:
  std::unique_ptr<store::PostgresStore> Open() {
    auto opened = store::PostgresStore::Open(database_.url()).value();
    // As a coordinator would, before it loads anything.
    EXPECT_EQ(opened->Claim({kFleet, "test", {}, absl::Hours(1)})->epoch, kOwner.epoch);
    return opened;
  }

 private:
  PostgresDatabase database_;
};

template <typename Factory>
class StoreContract : public ::testing::Test {
 protected:
  Factory factory_;
  decltype(factory_.Open()) opened_ = factory_.Open();
  store::FleetStore& fleet_ = *opened_;
  store::JobReader& jobs_ = *opened_;
  store::BundleStore& bundles_ = *opened_;
  store::RetentionStore& retention_ = *opened_;
  store::OwnerStore& owners_ = *opened_;
  store::IdentityStore& identities_ = *opened_;
};
using EveryStore = ::testing::Types<SqliteInMemory, SqliteInAFile, Postgres>;

}  // namespace wsfleet::testing
