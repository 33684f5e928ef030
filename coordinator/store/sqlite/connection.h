#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

// SQLite's C API behind three small types. Not thread-safe: the owner of a Connection serialises.
namespace wsfleet::store {

// Which of our errors a result code of SQLite is (store.h lists them); `what` says what was being done.
absl::Status SqliteError(int code, std::string_view what, std::string_view message);

// A prepared statement at work: bound, stepped through, and reset when it goes out of scope. Parameters are bound in
// the order of the calls; the first error is kept and returned by the next step.
class Statement {
 public:
  Statement(sqlite3* database, sqlite3_stmt* statement, absl::Status status);
  ~Statement();
  Statement(Statement&& other) noexcept;
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;
  Statement& operator=(Statement&&) = delete;

  Statement& Bind(std::int64_t number);
  Statement& Bind(std::string_view text);
  Statement& BindBytes(std::string_view bytes);
  Statement& BindNull();
  // Unix nanoseconds. InfinitePast ("unknown") has a value of its own and comes back as it was.
  Statement& Bind(absl::Time time);

  // True: there is a row to read columns of. False: no more rows.
  absl::StatusOr<bool> Step();
  // For statements without rows.
  absl::Status Run();

  // Columns of the current row, from 0.
  std::int64_t Int(int column) const;
  std::uint32_t Uint32(int column) const { return static_cast<std::uint32_t>(Int(column)); }
  std::uint64_t Uint64(int column) const { return static_cast<std::uint64_t>(Int(column)); }
  std::string Text(int column) const;
  absl::Time Time(int column) const;
  bool IsNull(int column) const;

 private:
  void Check(int code);

  sqlite3* database_;
  sqlite3_stmt* statement_;
  int bound_ = 0;
  absl::Status status_;
};

class Connection {
 public:
  enum class Mode {
    kWriter,  // creates the file (0600) if it is missing; WAL, synchronous=FULL
    kReader,  // read-only: it can neither write nor checkpoint
  };
  static absl::StatusOr<std::unique_ptr<Connection>> Open(const std::string& path, Mode mode);
  ~Connection();

  // Statements without parameters, several in one text.
  absl::Status Execute(const std::string& sql);

  // Prepared once and kept. `sql` must be a literal, or at least one of few texts.
  Statement Prepare(std::string_view sql);

  // How many rows the last statement changed.
  std::int64_t changes() const { return sqlite3_changes64(database_); }

 private:
  explicit Connection(sqlite3* database) : database_(database) {}

  sqlite3* database_;
  std::map<std::string, sqlite3_stmt*, std::less<>> statements_;
};

// BEGIN … COMMIT; rolled back if Commit() was not called, or failed.
class Transaction {
 public:
  enum class Kind { kRead, kWrite };
  Transaction(Connection& connection, Kind kind);
  ~Transaction();
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;

  const absl::Status& begun() const { return begun_; }
  absl::Status Commit();

 private:
  Connection& connection_;
  absl::Status begun_;
  bool open_ = false;
};

}  // namespace wsfleet::store
