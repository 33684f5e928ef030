#include "coordinator/store/sqlite/sqlite_connection.h"

#include <fcntl.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <utility>

#include "absl/time/time.h"
#include "fmt/format.h"

namespace wsfleet::store {
namespace {

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

// Which of our errors a result code of SQLite is (store.h lists them).
absl::StatusCode CodeOf(int code) {
  switch (code) {
    case SQLITE_IOERR_FSYNC:
    case SQLITE_IOERR_DIR_FSYNC:
      return absl::StatusCode::kInternal;
    case SQLITE_CONSTRAINT_UNIQUE:
    case SQLITE_CONSTRAINT_PRIMARYKEY:
    case SQLITE_CONSTRAINT_ROWID:
      return absl::StatusCode::kAlreadyExists;
    default:
      break;
  }
  switch (code & 0xff) {
    case SQLITE_FULL:
      return absl::StatusCode::kResourceExhausted;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return absl::StatusCode::kDataLoss;
    case SQLITE_CONSTRAINT:
    case SQLITE_TOOBIG:
    case SQLITE_MISMATCH:
      return absl::StatusCode::kInvalidArgument;
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
      return absl::StatusCode::kFailedPrecondition;
    default:
      return absl::StatusCode::kUnavailable;
  }
}

// What to do about it, for whoever runs the coordinator.
std::string_view HintFor(absl::StatusCode code) {
  switch (code) {
    case absl::StatusCode::kInternal:
      return "; what was written last may not be on the disk: check it, then start the coordinator again";
    case absl::StatusCode::kResourceExhausted:
      return "; make room on the disk of the coordinator's store";
    case absl::StatusCode::kDataLoss:
      return "; restore it from a backup, or name another file with --store";
    default:
      return "";
  }
}

absl::Status SqliteError(int code, std::string_view what, std::string_view message, int system_error) {
  const absl::StatusCode ours = CodeOf(code);
  const std::string system = system_error == 0 ? "" : fmt::format(" ({})", std::strerror(system_error));
  return absl::Status(ours, fmt::format("{}: {}{}{}", what, message, system, HintFor(ours)));
}

// What the system said to the call that has just failed (sqlite3_system_errno() knows it of a few calls only); 0 if it
// was not the system that refused.
int SystemErrorOf(int code) {
  const int kind = code & 0xff;
  return kind == SQLITE_IOERR || kind == SQLITE_CANTOPEN || kind == SQLITE_FULL ? errno : 0;
}

// The function of steady_clock().
constexpr char kBootTime[] = "boot_time";
void BootTime(sqlite3_context* context, int, sqlite3_value**) {
  timespec reading{};
  clock_gettime(CLOCK_BOOTTIME, &reading);
  sqlite3_result_int64(context, absl::ToInt64Nanoseconds(absl::DurationFromTimespec(reading)));
}

// A UUID; empty if the system does not say.
std::string BootIdOfMachine() {
  std::string id;
  std::ifstream("/proc/sys/kernel/random/boot_id") >> id;
  return id.find('\'') == std::string::npos ? id : std::string();
}

}  // namespace

class SqliteConnection::SqliteCursor final : public Cursor {
 public:
  SqliteCursor(SqliteConnection& connection, sqlite3_stmt* statement)
      : connection_(connection), statement_(statement) {}
  ~SqliteCursor() override {
    sqlite3_reset(statement_);
    sqlite3_clear_bindings(statement_);
  }
  SqliteCursor(const SqliteCursor&) = delete;
  SqliteCursor& operator=(const SqliteCursor&) = delete;

  absl::Status Start(const std::vector<SqlValue>& parameters) override {
    for (std::size_t i = 0; i < parameters.size(); ++i) {
      const int index = static_cast<int>(i) + 1;
      const int code = std::visit([this, index](const auto& value) { return Bind(index, value); }, parameters[i]);
      if (code != SQLITE_OK) return connection_.LastError("bind");
    }
    return absl::OkStatus();
  }

  absl::StatusOr<bool> Next() override {
    const int code = sqlite3_step(statement_);
    if (code == SQLITE_ROW) return true;
    if (code == SQLITE_DONE) return false;
    return connection_.LastError("SQLite");
  }

  std::int64_t Int(int column) const override { return sqlite3_column_int64(statement_, column); }

  std::string Text(int column) const override {
    // The bytes first: asking for their number after a conversion is what SQLite documents as safe.
    const void* bytes = sqlite3_column_blob(statement_, column);
    const int size = sqlite3_column_bytes(statement_, column);
    return bytes == nullptr ? std::string()
                            : std::string(static_cast<const char*>(bytes), static_cast<std::size_t>(size));
  }

  bool IsNull(int column) const override { return sqlite3_column_type(statement_, column) == SQLITE_NULL; }

 private:
  // The parameters live until the statement has ended, but not longer than it.
  int Bind(int index, std::monostate) { return sqlite3_bind_null(statement_, index); }
  int Bind(int index, std::int64_t number) { return sqlite3_bind_int64(statement_, index, number); }
  int Bind(int index, const std::string& text) {
    return sqlite3_bind_text64(statement_, index, text.data(), text.size(), SQLITE_STATIC, SQLITE_UTF8);
  }
  int Bind(int index, const Bytes& bytes) {
    return sqlite3_bind_blob64(statement_, index, bytes.value.data(), bytes.value.size(), SQLITE_STATIC);
  }

  SqliteConnection& connection_;
  sqlite3_stmt* statement_;
};

absl::StatusOr<std::unique_ptr<SqliteConnection>> SqliteConnection::Open(const std::string& path, Mode mode,
                                                                         OnDiskFailed on_failed) {
  const bool writer = mode == Mode::kWriter;
  if (writer && path != ":memory:") {
    if (auto status = CreateForOwnerOnly(path); !status.ok()) return status;
  }
  // The owner serialises its calls, so SQLite need not.
  const int flags = (writer ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READONLY) | SQLITE_OPEN_NOMUTEX |
                    SQLITE_OPEN_EXRESCODE;
  sqlite3* database = nullptr;
  const int code = sqlite3_open_v2(path.c_str(), &database, flags, nullptr);
  std::unique_ptr<SqliteConnection> connection(new SqliteConnection(database, std::move(on_failed)));
  if (code != SQLITE_OK) {
    return SqliteError(code, fmt::format("cannot open store {}", path), sqlite3_errstr(code), SystemErrorOf(code));
  }
  sqlite3_busy_timeout(database, kBusyMilliseconds);
  if (sqlite3_create_function_v2(database, kBootTime, 0, SQLITE_UTF8 | SQLITE_DIRECTONLY, nullptr, BootTime, nullptr,
                                 nullptr, nullptr) != SQLITE_OK) {
    return connection->LastError(kBootTime);
  }
  // An acknowledged result must survive a power cut; a mapped file would turn an I/O error into a signal.
  const std::string settings = writer ? "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA mmap_size=0;"
                                        "PRAGMA trusted_schema=OFF;"
                                      : "PRAGMA query_only=ON; PRAGMA mmap_size=0; PRAGMA trusted_schema=OFF;";
  if (auto status = connection->Execute(settings); !status.ok()) return status;
  return connection;
}

SqliteConnection::~SqliteConnection() {
  for (const auto& [sql, statement] : statements_) sqlite3_finalize(statement);
  sqlite3_close(database_);
}

absl::Status SqliteConnection::LastError(std::string_view what) {
  const int code = sqlite3_extended_errcode(database_);
  absl::Status error = SqliteError(code, what, sqlite3_errmsg(database_), SystemErrorOf(code));
  if (absl::IsInternal(error) && on_failed_) on_failed_(error);
  return error;
}

absl::Status SqliteConnection::Execute(const std::string& sql) {
  const int code = sqlite3_exec(database_, sql.c_str(), nullptr, nullptr, nullptr);
  if (code == SQLITE_OK) return absl::OkStatus();
  return LastError("SQLite");
}

Connection::SteadyClock SqliteConnection::steady_clock() const {
  static const std::string kBoot = BootIdOfMachine();
  // NULL is equal to nothing.
  return {fmt::format("{}()", kBootTime), kBoot.empty() ? "NULL" : fmt::format("'{}'", kBoot)};
}

absl::Status SqliteConnection::Begin(Access access) {
  return Execute(access == Access::kWrite ? "BEGIN IMMEDIATE" : "BEGIN");
}

absl::StatusOr<std::unique_ptr<Cursor>> SqliteConnection::Open(std::string_view sql) {
  if (const auto kept = statements_.find(sql); kept != statements_.end()) {
    return std::make_unique<SqliteCursor>(*this, kept->second);
  }
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v3(database_, sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT,
                                      &statement, nullptr);
  if (code != SQLITE_OK) return LastError("prepare");
  statements_.emplace(sql, statement);
  return std::make_unique<SqliteCursor>(*this, statement);
}

}  // namespace wsfleet::store
