#include "coordinator/store/postgres/postgres_connection.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "absl/base/casts.h"
#include "absl/strings/ascii.h"
#include "absl/time/clock.h"
#include "fmt/format.h"

namespace wsfleet::store {
namespace {

// Of pg_type; they never change.
constexpr Oid kBytea = 17;
constexpr Oid kInt8 = 20;
constexpr Oid kText = 25;
constexpr int kBinary = 1;

// One line, without the full stop or newline that libpq ends with.
std::string OneLine(std::string_view text) {
  std::string line(text.substr(0, text.find_last_not_of(" \n.") + 1));
  std::ranges::replace(line, '\n', ' ');
  return line;
}

// Which of our errors a SQLSTATE is (PostgreSQL manual, appendix A).
absl::Status ErrorOf(std::string_view state, std::string_view message) {
  const std::string text = fmt::format("PostgreSQL: {} (SQLSTATE {})", OneLine(message), state);
  const std::string_view kind = state.substr(0, 2);
  if (state == "53100") return absl::ResourceExhaustedError(text);  // disk_full
  if (state == "23505") return absl::AlreadyExistsError(text);      // unique_violation
  // data_exception, integrity_constraint_violation, program_limit_exceeded: the same another time.
  if (kind == "22" || kind == "23" || kind == "54") return absl::InvalidArgumentError(text);
  if (kind == "XX" && state != "XX000") return absl::DataLossError(text);  // data_corrupted, index_corrupted
  // Of the text that was sent, of missing rights, of the database that was named.
  if (kind == "28" || kind == "3D" || kind == "42" || kind == "0A") return absl::FailedPreconditionError(text);
  return absl::UnavailableError(text);
}

// `?` and `?2` as `$1` and `$2`.
std::string NumberParameters(std::string_view sql) {
  std::string out;
  int next = 0;
  for (std::size_t i = 0; i < sql.size(); ++i) {
    if (sql[i] != '?') {
      out += sql[i];
    } else if (i + 1 < sql.size() && absl::ascii_isdigit(static_cast<unsigned char>(sql[i + 1]))) {
      out += '$';
    } else {
      out += fmt::format("${}", ++next);
    }
  }
  return out;
}

// What is bound, as libpq wants it.
struct Parameters {
  explicit Parameters(const std::vector<SqlValue>& values) {
    numbers.resize(values.size());
    texts.resize(values.size());
    for (std::size_t i = 0; i < values.size(); ++i) {
      std::visit([this, i](const auto& value) { Add(i, value); }, values[i]);
    }
  }

  // Whatever the column is.
  void Add(std::size_t, std::monostate) { Push(0, nullptr, 0); }
  void Add(std::size_t i, std::int64_t number) {
    auto bits = absl::bit_cast<std::uint64_t>(number);
    for (std::size_t byte = 8; byte-- > 0; bits >>= 8) numbers[i][byte] = static_cast<char>(bits & 0xff);
    Push(kInt8, numbers[i].data(), 8);
  }
  void Add(std::size_t i, const std::string& text) {
    // The one character that a text of PostgreSQL cannot hold. A commit must not fail for it.
    if (text.find('\0') == std::string::npos) return Push(kText, text.data(), text.size());
    for (const char c : text) texts[i] += c == '\0' ? "\uFFFD" : std::string(1, c);
    Push(kText, texts[i].data(), texts[i].size());
  }
  void Add(std::size_t, const Bytes& bytes) { Push(kBytea, bytes.value.data(), bytes.value.size()); }
  void Push(Oid type, const char* data, std::size_t size) {
    types.push_back(type);
    data_of.push_back(data);
    sizes.push_back(static_cast<int>(size));
    formats.push_back(kBinary);
  }

  int count() const { return static_cast<int>(types.size()); }

  std::vector<std::array<char, 8>> numbers;
  std::vector<std::string> texts;
  std::vector<Oid> types;
  std::vector<const char*> data_of;
  std::vector<int> sizes;
  std::vector<int> formats;
};

}  // namespace

class PostgresConnection::PostgresCursor final : public Cursor {
 public:
  PostgresCursor(PostgresConnection& connection, std::string_view sql) : connection_(connection), sql_(sql) {}

  absl::Status Start(const std::vector<SqlValue>& values) override {
    const Parameters parameters(values);
    auto name = NameOf(parameters);
    if (!name.ok()) return name.status();
    if (PQsendQueryPrepared(connection_.connection_, name->c_str(), parameters.count(), parameters.data_of.data(),
                            parameters.sizes.data(), parameters.formats.data(), kBinary) == 0) {
      return connection_.Broken(PQerrorMessage(connection_.connection_));
    }
    auto result = connection_.Receive();
    if (!result.ok()) return result.status();
    result_ = *std::move(result);
    return absl::OkStatus();
  }

  absl::StatusOr<bool> Next() override { return ++row_ < PQntuples(result_.get()); }

  std::int64_t Int(int column) const override {
    const std::string_view bytes = Raw(column);
    std::uint64_t bits = 0;
    for (const char byte : bytes) bits = bits << 8 | static_cast<unsigned char>(byte);
    // What is not a bigint is an integer.
    if (bytes.size() == 4) return absl::bit_cast<std::int32_t>(static_cast<std::uint32_t>(bits));
    return absl::bit_cast<std::int64_t>(bits);
  }

  std::string Text(int column) const override { return std::string(Raw(column)); }
  bool IsNull(int column) const override { return PQgetisnull(result_.get(), row_, column) != 0; }

 private:
  std::string_view Raw(int column) const {
    return {PQgetvalue(result_.get(), row_, column),
            static_cast<std::size_t>(PQgetlength(result_.get(), row_, column))};
  }

  // The types are those of the first use; a literal is always bound alike.
  absl::StatusOr<std::string> NameOf(const Parameters& parameters) {
    if (const auto kept = connection_.statements_.find(sql_); kept != connection_.statements_.end()) {
      return kept->second;
    }
    std::string name = fmt::format("s{}", connection_.statements_.size());
    if (PQsendPrepare(connection_.connection_, name.c_str(), NumberParameters(sql_).c_str(), parameters.count(),
                      parameters.types.data()) == 0) {
      return connection_.Broken(PQerrorMessage(connection_.connection_));
    }
    if (auto result = connection_.Receive(); !result.ok()) return result.status();
    connection_.statements_.emplace(sql_, name);
    return name;
  }

  PostgresConnection& connection_;
  std::string sql_;
  Result result_;
  int row_ = -1;
};

absl::StatusOr<std::unique_ptr<PostgresConnection>> PostgresConnection::Open(const std::string& url,
                                                                             const PostgresLimits& limits) {
  // Later values go over earlier ones; what stands in the URL is expanded first.
  const std::string limit = fmt::format("{}", absl::ToInt64Seconds(limits.connect));
  const std::string user_timeout = fmt::format("{}", absl::ToInt64Milliseconds(limits.answer));
  const std::array keywords = {"dbname",
                               "connect_timeout",
                               "tcp_user_timeout",
                               "keepalives_idle",
                               "client_encoding",
                               "application_name",
                               static_cast<const char*>(nullptr)};
  const std::array values = {url.c_str(),
                             limit.c_str(),
                             user_timeout.c_str(),
                             "5",
                             "UTF8",
                             "wsfleet-coordinator",
                             static_cast<const char*>(nullptr)};
  std::unique_ptr<PostgresConnection> connection(
      new PostgresConnection(PQconnectdbParams(keywords.data(), values.data(), 1), limits));
  if (PQstatus(connection->connection_) != CONNECTION_OK) {
    return absl::UnavailableError(
        fmt::format("PostgreSQL cannot be reached: {}", OneLine(PQerrorMessage(connection->connection_))));
  }
  PQsetnonblocking(connection->connection_, 0);
  // An acknowledged result must survive a crash of the server; a commit that waits for a lock must not wait for ever.
  // Who stops in the middle of a transaction holds the owner's row: for less than the term of an ownership.
  const std::string settings = fmt::format(
      "SET lock_timeout = '{}ms'; SET idle_in_transaction_session_timeout = '5s'; SET statement_timeout = '{}ms';"
      "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'",
      absl::ToInt64Milliseconds(limits.lock), absl::ToInt64Milliseconds(limits.answer));
  if (auto status = connection->Execute(settings); !status.ok()) return status;
  return connection;
}

PostgresConnection::~PostgresConnection() { PQfinish(connection_); }

bool PostgresConnection::works() const { return !given_up_ && PQstatus(connection_) == CONNECTION_OK; }

absl::Status PostgresConnection::Broken(std::string_view why) {
  given_up_ = true;
  // At once, not when it is asked for the next time: what the server has under way for it holds the row of the owner.
  shutdown(PQsocket(connection_), SHUT_RDWR);
  return absl::UnavailableError(fmt::format("the connection to PostgreSQL broke: {}", OneLine(why)));
}

absl::Status PostgresConnection::AwaitAnswer(absl::Time until) {
  while (PQisBusy(connection_) != 0) {
    const absl::Duration left = until - absl::Now();
    if (left <= absl::ZeroDuration()) {
      return Broken(fmt::format("no answer within {}", absl::FormatDuration(limits_.answer)));
    }
    pollfd socket{PQsocket(connection_), POLLIN, 0};
    const int ready = poll(&socket, 1, static_cast<int>(absl::ToInt64Milliseconds(left)) + 1);
    if (ready < 0 && errno != EINTR) return Broken("poll failed");
    if (ready > 0 && PQconsumeInput(connection_) == 0) return Broken(PQerrorMessage(connection_));
  }
  return absl::OkStatus();
}

absl::StatusOr<PostgresConnection::Result> PostgresConnection::Receive() {
  const absl::Time until = absl::Now() + limits_.answer;
  Result last;
  absl::Status status;
  // All of it is taken, errors too, so that the next statement can be sent.
  while (true) {
    if (auto awaited = AwaitAnswer(until); !awaited.ok()) return awaited;
    Result result(PQgetResult(connection_));
    if (result == nullptr) break;
    const ExecStatusType what = PQresultStatus(result.get());
    if (what == PGRES_FATAL_ERROR || what == PGRES_BAD_RESPONSE) {
      const char* state = PQresultErrorField(result.get(), PG_DIAG_SQLSTATE);
      const char* message = PQresultErrorField(result.get(), PG_DIAG_MESSAGE_PRIMARY);
      if (state == nullptr || message == nullptr) {
        status = Broken(PQresultErrorMessage(result.get()));
      } else if (status.ok()) {
        status = ErrorOf(state, message);
      }
    }
    last = std::move(result);
  }
  if (!works()) return status.ok() ? Broken(PQerrorMessage(connection_)) : status;
  if (!status.ok()) return status;
  if (last == nullptr) return Broken("nothing was answered");
  const std::string_view changed = PQcmdTuples(last.get());
  changes_ = changed.empty() ? 0 : std::stoll(std::string(changed));
  return last;
}

absl::Status PostgresConnection::Execute(const std::string& sql) {
  if (PQsendQuery(connection_, sql.c_str()) == 0) return Broken(PQerrorMessage(connection_));
  return Receive().status();
}

// As migration 11 has it. The bytes of the text: `decode` knows the backslash only, which chr() writes whatever the
// server's standard_conforming_strings says.
std::string PostgresConnection::KeyOf(std::string_view text) const {
  return fmt::format("sha256(decode(replace({}, chr(92), chr(92) || chr(92)), 'escape'))", text);
}

Connection::SteadyClock PostgresConnection::steady_clock() const {
  return {"(extract(epoch FROM clock_timestamp()) * 1000000000)::bigint", "'server'"};
}

absl::Status PostgresConnection::Begin(Access access) {
  // Reads see one state of all tables, and hold nothing; a large one takes its time here. Writers wait for the owner's
  // row.
  return Execute(access == Access::kWrite ? "BEGIN"
                                          : "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; "
                                            "SET LOCAL idle_in_transaction_session_timeout = '60s'");
}

absl::Status PostgresConnection::Commit() {
  // PostgreSQL answers the COMMIT of a transaction that has failed with success, and rolls back.
  if (PQtransactionStatus(connection_) != PQTRANS_INTRANS) {
    return absl::UnavailableError("PostgreSQL: the transaction had failed");
  }
  return Execute("COMMIT");
}

absl::StatusOr<std::unique_ptr<Cursor>> PostgresConnection::Open(std::string_view sql) {
  return std::make_unique<PostgresCursor>(*this, sql);
}

}  // namespace wsfleet::store
