#include "core/data/data_rows.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "core/base/text.h"
#include "core/value/json_numbers.h"
#include "core/value/json_parse.h"
#include "fmt/format.h"

namespace wsfleet {
namespace {

// Records of CSV, one after the other. A field in quotes may hold commas, line ends and doubled quotes.
class CsvReader {
 public:
  explicit CsvReader(std::string_view content) : rest_(content) {}

  std::string_view rest() const { return rest_; }
  bool at_end() const { return rest_.empty(); }
  std::size_t line() const { return line_; }  // of the record that was read last

  // Nothing: a quote is not closed, or something stands behind one that is.
  std::optional<std::vector<std::string>> Next() {
    line_ = next_line_;
    std::vector<std::string> fields;
    while (true) {
      auto field = Field();
      if (!field) return std::nullopt;
      fields.push_back(*std::move(field));
      if (rest_.empty()) break;
      const char end = rest_.front();
      if (end == ',') {
        rest_.remove_prefix(1);
        continue;
      }
      rest_.remove_prefix(rest_.starts_with("\r\n") ? 2 : 1);
      ++next_line_;
      break;
    }
    return fields;
  }

 private:
  std::optional<std::string> Field() {
    if (!rest_.starts_with('"')) {
      const std::size_t end = std::min(rest_.find_first_of(",\r\n"), rest_.size());
      const std::string_view field = rest_.substr(0, end);
      rest_.remove_prefix(end);
      return std::string(field);
    }
    std::string field;
    for (std::size_t at = 1; at < rest_.size(); ++at) {
      if (rest_[at] != '"') {
        next_line_ += rest_[at] == '\n' ? 1 : 0;
        field += rest_[at];
      } else if (rest_.substr(at).starts_with("\"\"")) {
        field += rest_[at++];
      } else {
        rest_.remove_prefix(at + 1);
        const bool ends = rest_.empty() || std::string_view(",\r\n").find(rest_.front()) != std::string_view::npos;
        return ends ? std::optional(field) : std::nullopt;
      }
    }
    return std::nullopt;
  }

  std::string_view rest_;
  std::size_t line_ = 1, next_line_ = 1;
};

std::optional<boost::json::object> ReadObject(std::string_view line) {
  boost::json::error_code error;
  auto value = ParseJson(line, error);
  if (error || !value.is_object()) return std::nullopt;
  return std::move(value.get_object());
}

}  // namespace

absl::Status DataTable::Wrong(std::size_t line, std::string_view what) const {
  return absl::InvalidArgumentError(fmt::format("{}:{}: {}", file_, line, what));
}

absl::Status DataTable::AddRow(std::string_view row, std::size_t line) {
  if (rows_.size() == kMaxRows) return Wrong(line, fmt::format("expected at most {} rows", kMaxRows));
  rows_.emplace_back(static_cast<std::size_t>(row.data() - content_.data()), row.size());
  return absl::OkStatus();
}

absl::Status DataTable::ReadCsv() {
  constexpr std::string_view kQuotes = "a quote is not closed, or something stands behind one";
  constexpr std::string_view kMark = "\xEF\xBB\xBF";  // as spreadsheets begin a file in UTF-8
  std::string_view content = content_;
  if (content.starts_with(kMark)) content.remove_prefix(kMark.size());
  CsvReader reader(content);
  auto head = reader.Next();
  if (!head) return Wrong(1, kQuotes);
  head_ = *std::move(head);
  if (head_.size() > kMaxColumns) {
    return Wrong(1, fmt::format("expected at most {} columns, found {}", kMaxColumns, head_.size()));
  }
  for (const std::string& name : head_) {
    if (name.empty()) return Wrong(1, "expected the names of the columns, found an empty one");
    if (!columns_.insert(name).second) {
      return Wrong(1, fmt::format("column \"{}\" is there twice", Printable(Excerpt(name, 64))));
    }
  }
  while (!reader.at_end()) {
    const std::string_view row = reader.rest();
    const auto fields = reader.Next();
    if (!fields) return Wrong(reader.line(), kQuotes);
    if (fields->size() == 1 && fields->front().empty()) continue;  // an empty line
    if (fields->size() != head_.size()) {
      return Wrong(reader.line(), fmt::format("expected {} values, as the first line has names, found {}", head_.size(),
                                              fields->size()));
    }
    const absl::Status added = AddRow(row.substr(0, row.size() - reader.rest().size()), reader.line());
    if (!added.ok()) return added;
  }
  return absl::OkStatus();
}

absl::Status DataTable::ReadJsonLines() {
  std::string_view content = content_;
  for (std::size_t number = 1; !content.empty(); ++number) {
    const std::size_t end = std::min(content.find('\n'), content.size());
    const std::string_view line = content.substr(0, end);
    content.remove_prefix(std::min(end + 1, content.size()));
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    const auto row = ReadObject(line);
    if (!row) return Wrong(number, "expected a JSON object");
    if (rows_.empty()) {
      for (const auto& member : *row) columns_.emplace(std::string_view(member.key()));
      if (columns_.empty() || columns_.size() > kMaxColumns) {
        return Wrong(number, fmt::format("expected 1 to {} members, found {}", kMaxColumns, columns_.size()));
      }
    }
    if (const std::string_view rounded = FirstRoundedNumber(line); !rounded.empty()) {
      return Wrong(number, fmt::format("{} has more digits than are held; write it as a text", Excerpt(rounded, 60)));
    }
    for (const std::string& column : columns_) {
      if (row->contains(column)) continue;
      return Wrong(number, fmt::format("expected the members of the first row, \"{}\" is missing",
                                       Printable(Excerpt(column, 64))));
    }
    if (const absl::Status added = AddRow(line, number); !added.ok()) return added;
  }
  return absl::OkStatus();
}

absl::StatusOr<DataTable> DataTable::Read(std::string_view path, std::string_view content, DataUse use) {
  DataTable table;
  table.file_ = std::string(path);
  table.content_ = std::string(content);
  table.use_ = use;
  if (const auto at = FindInvalidUtf8(content)) {
    const auto line = static_cast<std::size_t>(std::ranges::count(content.substr(0, *at), '\n'));
    return table.Wrong(line + 1, "expected UTF-8");
  }
  const absl::Status status = path.ends_with(".jsonl") ? table.ReadJsonLines() : table.ReadCsv();
  if (!status.ok()) return status;
  if (table.rows_.empty()) return table.Wrong(1, "expected at least one row");
  return table;
}

boost::json::object DataTable::Row(std::size_t index) const {
  const auto& [at, bytes] = rows_[index];
  const std::string_view text = std::string_view(content_).substr(at, bytes);
  if (head_.empty()) return *ReadObject(text);
  boost::json::object row;
  const auto fields = *CsvReader(text).Next();
  for (std::size_t i = 0; i < fields.size(); ++i) row[head_[i]] = fields[i];
  return row;
}

std::uint64_t DataCursor::size() const {
  const std::uint64_t rows = table_.size();
  return part_.part < rows ? (rows - part_.part - 1) / part_.parts + 1 : 0;
}

absl::StatusOr<boost::json::object> DataCursor::Next() {
  const std::uint64_t own = size();
  if (own == 0 || (table_.use() == DataUse::kOnce && used_ == own)) {
    return absl::FailedPreconditionError(fmt::format(
        "{} has no row left: {} of its {} are for this agent, one of {} that the run is on, and {} are used "
        "up; add rows, or say use: cycle",
        table_.file(), own, table_.size(), part_.parts, used_));
  }
  const std::uint64_t index = table_.use() == DataUse::kRandom
                                  ? std::uniform_int_distribution<std::uint64_t>(0, own - 1)(random_)
                                  : used_ % own;
  ++used_;
  return table_.Row(index * part_.parts + part_.part);
}

}  // namespace wsfleet
