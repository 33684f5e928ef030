#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "boost/json/object.hpp"

// Rows of `data`: what `${data.column}` stands for. Pure.
namespace wsfleet {

enum class DataUse { kOnce, kCycle, kRandom };

// Kept as the text that it was; a row is made of it when it is asked for. Immutable, thread-safe.
class DataTable {
 public:
  static constexpr std::size_t kMaxRows = 100'000;
  static constexpr std::size_t kMaxColumns = 100;

  // `path` ends with .csv (RFC 4180, with a head line) or .jsonl (an object on each line), and is said in messages.
  // INVALID_ARGUMENT, with the line: rows of another width than the head line, two columns of one name, a quote that is
  // not closed, what is no object, an object without a member that the first one has, no rows, too many rows or
  // columns.
  static absl::StatusOr<DataTable> Read(std::string_view path, std::string_view content, DataUse use);

  const std::string& file() const { return file_; }
  DataUse use() const { return use_; }
  const std::set<std::string>& columns() const { return columns_; }  // that every row has
  std::size_t size() const { return rows_.size(); }
  // `index`: below size(). Of CSV: texts.
  boost::json::object Row(std::size_t index) const;

 private:
  DataTable() = default;

  absl::Status ReadCsv();
  absl::Status ReadJsonLines();
  // INVALID_ARGUMENT: there are too many.
  absl::Status AddRow(std::string_view row, std::size_t line);
  absl::Status Wrong(std::size_t line, std::string_view what) const;

  std::string file_, content_;
  DataUse use_ = DataUse::kOnce;
  std::set<std::string> columns_;
  std::vector<std::string> head_;                          // of CSV: their order
  std::vector<std::pair<std::size_t, std::size_t>> rows_;  // where each stands in content_, and its bytes
};

// Which of the rows are one shard's: each row is that of one shard.
struct DataPart {
  std::uint64_t part = 0;   // below `parts`
  std::uint64_t parts = 1;  // shards of the run; above 0
};

// Hands out rows of one part, in their order or, by the seed, at random. Not thread-safe.
class DataCursor {
 public:
  // `table` must outlive it.
  DataCursor(const DataTable& table, DataPart part, std::uint64_t seed) : table_(table), part_(part), random_(seed) {}

  // FAILED_PRECONDITION: of `once`, all are used up; or the part has none.
  absl::StatusOr<boost::json::object> Next();

 private:
  std::uint64_t size() const;

  const DataTable& table_;
  const DataPart part_;
  std::mt19937_64 random_;
  std::uint64_t used_ = 0;
};

}  // namespace wsfleet
