#include "tests/bench/fleet/stored_run.h"

#include <sqlite3.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>

#include "fmt/format.h"

namespace wsfleet::testing {
namespace {

class Reader {
 public:
  explicit Reader(const std::string& path) {
    if (sqlite3_open_v2(path.c_str(), &database_, SQLITE_OPEN_READONLY, nullptr) != SQLITE_OK) {
      throw std::runtime_error(fmt::format("{}: {}", path, sqlite3_errmsg(database_)));
    }
  }
  ~Reader() { sqlite3_close(database_); }
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  // The first column of the first row, as text; the job is the only parameter.
  std::string Ask(const std::string& sql, const std::string& job) {
    sqlite3_stmt* statement = nullptr;
    if (sqlite3_prepare_v2(database_, sql.c_str(), -1, &statement, nullptr) != SQLITE_OK) {
      throw std::runtime_error(sqlite3_errmsg(database_));
    }
    sqlite3_bind_text(statement, 1, job.data(), static_cast<int>(job.size()), SQLITE_STATIC);
    std::string answer;
    if (sqlite3_step(statement) == SQLITE_ROW) {
      answer = reinterpret_cast<const char*>(sqlite3_column_text(statement, 0));
    }
    sqlite3_finalize(statement);
    return answer;
  }

 private:
  sqlite3* database_ = nullptr;
};

}  // namespace

void ExpectStoredOnce(const std::string& store, const std::string& job, std::size_t agents,
                      std::vector<std::string>& wrong) {
  Reader reader(store);
  const std::string all = std::to_string(agents);
  const auto expect = [&](const std::string& what, const std::string& sql, const std::string& expected) {
    const std::string found = reader.Ask(sql, job);
    if (found != expected) {
      wrong.push_back(fmt::format("store, run {}: {}: expected {}, found \"{}\"", job, what, expected, found));
    }
  };
  expect("verdict", "SELECT verdict FROM job WHERE id = ?", "passed");
  expect("results", "SELECT count(*) FROM case_result WHERE job = ?", all);
  expect("agents with a result", "SELECT count(DISTINCT agent) FROM case_result WHERE job = ?", all);
  expect("shards", "SELECT count(*) FROM shard WHERE job = ?", all);
  expect("shards that are done at their first attempt",
         "SELECT count(*) FROM shard WHERE job = ? AND state = 'done' AND attempt = 1 AND finished_cases = 1", all);
  expect("events of results", "SELECT count(*) FROM job_event WHERE kind = 'result' AND job = ?", all);
  expect("leases", "SELECT count(*) FROM lease WHERE job = ?", "0");
}

}  // namespace wsfleet::testing
