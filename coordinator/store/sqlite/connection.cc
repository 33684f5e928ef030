#include "coordinator/store/sqlite/connection.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <limits>
#include <utility>

#include "fmt/format.h"

namespace wsfleet::store {
namespace {

constexpr std::int64_t kUnknownTime = std::numeric_limits<std::int64_t>::min();
constexpr int kBusyMilliseconds = 5000;

// So that nobody else can read what runs brought along. The files of the log take their rights from this one.
absl::Status CreateForOwnerOnly(const std::string& path) {
  const int file = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (file < 0) {
    return absl::FailedPreconditionError(fmt::format("cannot open store {}: {}", path, std::strerror(errno)));
  }
  close(file);
  return absl::OkStatus();
}

}  // namespace

absl::Status SqliteError(int code, std::string_view what, std::string_view message) {
  const std::string text = fmt::format("{}: {}", what, message);
  switch (code & 0xff) {
    case SQLITE_FULL:
      return absl::ResourceExhaustedError(text);
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return absl::DataLossError(text);
    case SQLITE_CONSTRAINT:
      return absl::AlreadyExistsError(text);
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
      return absl::FailedPreconditionError(text);
    default:
      return absl::UnavailableError(text);
  }
}

Statement::Statement(sqlite3* database, sqlite3_stmt* statement, absl::Status status)
    : database_(database), statement_(statement), status_(std::move(status)) {}

Statement::Statement(Statement&& other) noexcept
    : database_(other.database_),
      statement_(std::exchange(other.statement_, nullptr)),
      bound_(other.bound_),
      status_(std::move(other.status_)) {}

Statement::~Statement() {
  if (statement_ == nullptr) return;
  sqlite3_reset(statement_);
  sqlite3_clear_bindings(statement_);
}

void Statement::Check(int code) {
  if (code != SQLITE_OK && status_.ok()) status_ = SqliteError(code, "bind", sqlite3_errmsg(database_));
}

Statement& Statement::Bind(std::int64_t number) {
  if (status_.ok()) Check(sqlite3_bind_int64(statement_, ++bound_, number));
  return *this;
}

Statement& Statement::Bind(std::string_view text) {
  // A null pointer would be bound as NULL.
  const char* data = text.data() == nullptr ? "" : text.data();
  if (status_.ok()) {
    Check(sqlite3_bind_text64(statement_, ++bound_, data, text.size(), SQLITE_TRANSIENT, SQLITE_UTF8));
  }
  return *this;
}

Statement& Statement::BindBytes(std::string_view bytes) {
  const char* data = bytes.data() == nullptr ? "" : bytes.data();
  if (status_.ok()) Check(sqlite3_bind_blob64(statement_, ++bound_, data, bytes.size(), SQLITE_TRANSIENT));
  return *this;
}

Statement& Statement::BindNull() {
  if (status_.ok()) Check(sqlite3_bind_null(statement_, ++bound_));
  return *this;
}

Statement& Statement::Bind(absl::Time time) {
  return Bind(time == absl::InfinitePast() ? kUnknownTime : absl::ToUnixNanos(time));
}

absl::StatusOr<bool> Statement::Step() {
  if (!status_.ok()) return status_;
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  status_ = SqliteError(sqlite3_extended_errcode(database_), "store", sqlite3_errmsg(database_));
  return status_;
}

absl::Status Statement::Run() {
  auto row = Step();
  while (row.ok() && *row) row = Step();
  return row.status();
}

std::int64_t Statement::Int(int column) const { return sqlite3_column_int64(statement_, column); }

std::string Statement::Text(int column) const {
  // The bytes first: asking for their number after a conversion is what SQLite documents as safe.
  const void* bytes = sqlite3_column_blob(statement_, column);
  const int size = sqlite3_column_bytes(statement_, column);
  return bytes == nullptr ? std::string()
                          : std::string(static_cast<const char*>(bytes), static_cast<std::size_t>(size));
}

absl::Time Statement::Time(int column) const {
  const std::int64_t nanoseconds = Int(column);
  return nanoseconds == kUnknownTime ? absl::InfinitePast() : absl::FromUnixNanos(nanoseconds);
}

bool Statement::IsNull(int column) const { return sqlite3_column_type(statement_, column) == SQLITE_NULL; }

absl::StatusOr<std::unique_ptr<Connection>> Connection::Open(const std::string& path, Mode mode) {
  const bool writer = mode == Mode::kWriter;
  if (writer && path != ":memory:") {
    if (auto status = CreateForOwnerOnly(path); !status.ok()) return status;
  }
  // The owner serialises its calls, so SQLite need not.
  const int flags = (writer ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READONLY) | SQLITE_OPEN_NOMUTEX |
                    SQLITE_OPEN_EXRESCODE;
  sqlite3* database = nullptr;
  const int code = sqlite3_open_v2(path.c_str(), &database, flags, nullptr);
  std::unique_ptr<Connection> connection(new Connection(database));
  if (code != SQLITE_OK) {
    return SqliteError(code, fmt::format("cannot open store {}", path), sqlite3_errstr(code));
  }
  sqlite3_busy_timeout(database, kBusyMilliseconds);
  // An acknowledged result must survive a power cut; a mapped file would turn an I/O error into a signal.
  const std::string settings = writer ? "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA mmap_size=0;"
                                        "PRAGMA trusted_schema=OFF;"
                                      : "PRAGMA query_only=ON; PRAGMA mmap_size=0; PRAGMA trusted_schema=OFF;";
  if (auto status = connection->Execute(settings); !status.ok()) return status;
  return connection;
}

Connection::~Connection() {
  for (const auto& [sql, statement] : statements_) sqlite3_finalize(statement);
  sqlite3_close(database_);
}

absl::Status Connection::Execute(const std::string& sql) {
  const int code = sqlite3_exec(database_, sql.c_str(), nullptr, nullptr, nullptr);
  if (code == SQLITE_OK) return absl::OkStatus();
  return SqliteError(sqlite3_extended_errcode(database_), "store", sqlite3_errmsg(database_));
}

Statement Connection::Prepare(std::string_view sql) {
  if (const auto kept = statements_.find(sql); kept != statements_.end()) {
    return {database_, kept->second, absl::OkStatus()};
  }
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v3(database_, sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT,
                                      &statement, nullptr);
  if (code != SQLITE_OK) return {database_, nullptr, SqliteError(code, "prepare", sqlite3_errmsg(database_))};
  statements_.emplace(sql, statement);
  return {database_, statement, absl::OkStatus()};
}

Transaction::Transaction(Connection& connection, Kind kind) : connection_(connection) {
  begun_ = connection.Execute(kind == Kind::kWrite ? "BEGIN IMMEDIATE" : "BEGIN");
  open_ = begun_.ok();
}

Transaction::~Transaction() {
  // SQLite may have rolled back by itself (a full disk); then this fails, and that is all right.
  if (open_) connection_.Execute("ROLLBACK").IgnoreError();
}

absl::Status Transaction::Commit() {
  if (!begun_.ok()) return begun_;
  auto status = connection_.Execute("COMMIT");
  if (status.ok()) open_ = false;
  return status;
}

}  // namespace wsfleet::store
