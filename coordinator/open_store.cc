#include "coordinator/open_store.h"

#include <algorithm>
#include <array>
#include <vector>

#include "absl/strings/str_split.h"
#include "coordinator/store/postgres/postgres_store.h"
#include "coordinator/store/postgres/postgres_url.h"
#include "coordinator/store/sqlite/sqlite_store.h"
#include "core/base/text.h"
#include "fmt/format.h"

namespace wsfleet::coordinator {
namespace {

constexpr std::string_view kStoreNames = "a file, :memory: or postgres://USER@HOST/DATABASE";

// "host=db.example dbname=fleet", as libpq takes it beside URLs.
bool IsKeywords(std::string_view store) {
  constexpr std::array kKeywords = {"host",     "hostaddr", "port",    "dbname",  "user",
                                    "password", "passfile", "service", "sslmode", "options"};
  const std::vector<std::string> words = absl::StrSplit(ToAbsl(store), ' ', absl::SkipEmpty());
  return !words.empty() && std::ranges::any_of(kKeywords, [&](const std::string& keyword) {
    return words.front() == keyword || words.front().starts_with(keyword + "=");
  }) && store.find('=') != std::string_view::npos;
}

}  // namespace

absl::Status CheckStoreName(const std::string& store) {
  if (IsPostgresUrl(store)) return store::CheckPostgresUrl(store);
  if (const std::size_t scheme = store.find("://"); scheme != std::string::npos) {
    return absl::InvalidArgumentError(
        fmt::format("expected {}, found \"{}://…\"", kStoreNames, Printable(store.substr(0, scheme))));
  }
  if (IsKeywords(store)) {
    return absl::InvalidArgumentError(
        fmt::format("expected {}, found keywords of PostgreSQL's client: they are written as a URL, "
                    "postgres://USER@HOST:PORT/DATABASE?KEYWORD=VALUE, and a file of such a name as ./NAME",
                    kStoreNames));
  }
  return absl::OkStatus();
}

bool IsPostgresUrl(std::string_view store) {
  return store.starts_with("postgres://") || store.starts_with("postgresql://");
}

absl::StatusOr<std::unique_ptr<store::Store>> OpenStore(const std::string& name, const store::OnDiskFailed& on_failed) {
  // A PostgreSQL server minds its disk itself.
  if (IsPostgresUrl(name)) return store::PostgresStore::Open(name);
  return store::SqliteStore::Open(name, on_failed);
}

}  // namespace wsfleet::coordinator
