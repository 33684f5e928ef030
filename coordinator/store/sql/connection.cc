#include "coordinator/store/sql/connection.h"

#include <limits>
#include <utility>

namespace wsfleet::store {
namespace {

constexpr std::int64_t kUnknownTime = std::numeric_limits<std::int64_t>::min();

}  // namespace

Statement::Statement(absl::StatusOr<std::unique_ptr<Cursor>> cursor) : status_(cursor.status()) {
  if (cursor.ok()) cursor_ = *std::move(cursor);
}

Statement& Statement::Bind(std::int64_t number) {
  parameters_.emplace_back(number);
  return *this;
}

Statement& Statement::Bind(std::string_view text) {
  parameters_.emplace_back(std::string(text));
  return *this;
}

Statement& Statement::BindBytes(std::string_view bytes) {
  parameters_.emplace_back(Bytes{std::string(bytes)});
  return *this;
}

Statement& Statement::BindNull() {
  parameters_.emplace_back();
  return *this;
}

Statement& Statement::Bind(absl::Time time) {
  return Bind(time == absl::InfinitePast() ? kUnknownTime : absl::ToUnixNanos(time));
}

absl::StatusOr<bool> Statement::Step() {
  if (status_.ok() && !std::exchange(started_, true)) status_ = cursor_->Start(parameters_);
  if (!status_.ok()) return status_;
  absl::StatusOr<bool> row = cursor_->Next();
  if (!row.ok()) status_ = row.status();
  return row;
}

absl::Status Statement::Run() {
  auto row = Step();
  while (row.ok() && *row) row = Step();
  return row.status();
}

absl::Time Statement::Time(int column) const {
  const std::int64_t nanoseconds = Int(column);
  return nanoseconds == kUnknownTime ? absl::InfinitePast() : absl::FromUnixNanos(nanoseconds);
}

Transaction::Transaction(Connection& connection, Connection::Access access)
    : connection_(connection), begun_(connection.Begin(access)), open_(begun_.ok()) {}

Transaction::~Transaction() {
  // The database may have rolled back by itself (a full disk); then this fails, and that is all right.
  if (open_ && connection_.works()) connection_.Execute("ROLLBACK").IgnoreError();
}

absl::Status Transaction::Commit() {
  if (!begun_.ok()) return begun_;
  auto status = connection_.Commit();
  if (status.ok()) open_ = false;
  return status;
}

}  // namespace wsfleet::store
