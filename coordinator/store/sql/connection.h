#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

// What the rows of a store need of a database, whichever it is. Our SQL is what SQLite and PostgreSQL have in common;
// parameters are written `?`, or `?2` for one that stands twice. Not thread-safe: the owner of a Connection serialises.
// Errors are those of store.h.
namespace wsfleet::store {

struct Bytes {
  std::string value;
};
// Nothing: NULL.
using SqlValue = std::variant<std::monostate, std::int64_t, std::string, Bytes>;

// A prepared statement of a database at work. The destructor makes it free for the next use.
class Cursor {
 public:
  virtual ~Cursor() = default;
  virtual absl::Status Start(const std::vector<SqlValue>& parameters) = 0;
  // True: there is a row to read columns of. False: no more rows.
  virtual absl::StatusOr<bool> Next() = 0;
  virtual std::int64_t Int(int column) const = 0;
  virtual std::string Text(int column) const = 0;  // and bytes
  virtual bool IsNull(int column) const = 0;
};

// A statement with its parameters, bound in the order of the calls. The first error is returned by the next step.
class Statement {
 public:
  explicit Statement(absl::StatusOr<std::unique_ptr<Cursor>> cursor);

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
  std::int64_t Int(int column) const { return cursor_->Int(column); }
  std::uint32_t Uint32(int column) const { return static_cast<std::uint32_t>(Int(column)); }
  std::uint64_t Uint64(int column) const { return static_cast<std::uint64_t>(Int(column)); }
  std::string Text(int column) const { return cursor_->Text(column); }
  absl::Time Time(int column) const;
  bool IsNull(int column) const { return cursor_->IsNull(column); }

 private:
  absl::Status status_;
  std::vector<SqlValue> parameters_;
  bool started_ = false;
  std::unique_ptr<Cursor> cursor_;  // last: it refers to the parameters
};

class Connection {
 public:
  enum class Access { kRead, kWrite };

  virtual ~Connection() = default;

  // Statements without parameters, several in one text.
  virtual absl::Status Execute(const std::string& sql) = 0;

  // Prepared once and kept. `sql` must be a literal, or at least one of few texts.
  Statement Prepare(std::string_view sql) { return Statement(Open(sql)); }

  // How many rows the last statement changed.
  virtual std::int64_t changes() const = 0;

  // An expression over a text of any length: equal where the texts are, and what indexes have in place of the text.
  virtual std::string KeyOf(std::string_view text) const { return std::string(text); }

  // Expressions for a clock that nobody sets: its nanoseconds, and a text that names it. Readings of clocks of
  // different names have nothing to do with each other.
  struct SteadyClock {
    std::string now;
    std::string name;
  };
  virtual SteadyClock steady_clock() const = 0;

  virtual absl::Status Begin(Access access) = 0;
  virtual absl::Status Commit() { return Execute("COMMIT"); }

  // False: it is of no use any more; what was under way may have happened.
  virtual bool works() const = 0;

 protected:
  virtual absl::StatusOr<std::unique_ptr<Cursor>> Open(std::string_view sql) = 0;
};

// BEGIN … COMMIT; rolled back if Commit() was not called, or failed.
class Transaction {
 public:
  Transaction(Connection& connection, Connection::Access access);
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
