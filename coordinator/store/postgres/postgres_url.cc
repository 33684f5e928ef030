#include "coordinator/store/postgres/postgres_url.h"

#include <libpq-fe.h>

#include <memory>
#include <string_view>

#include "absl/strings/ascii.h"
#include "core/base/free.h"
#include "fmt/format.h"

namespace wsfleet::store {
namespace {

using Options = std::unique_ptr<PQconninfoOption, Free<PQconninfoFree>>;

// Null: libpq cannot read it. What it says of that has parts of the URL in it.
Options ParseUrl(const std::string& url) {
  char* problem = nullptr;
  Options options(PQconninfoParse(url.c_str(), &problem));
  PQfreemem(problem);
  return options;
}

absl::Status Unreadable(std::string_view why) {
  return absl::InvalidArgumentError(fmt::format(
      "expected postgres://USER:PASSWORD@HOST:PORT/DATABASE, found one with {}; or leave the password out of "
      "it and set PGPASSWORD",
      why));
}

bool HasLonePercent(std::string_view text) {
  for (std::size_t at = text.find('%'); at != std::string_view::npos; at = text.find('%', at + 1)) {
    const std::string_view digits = text.substr(at + 1, 2);
    const auto is_hex = [](char c) { return absl::ascii_isxdigit(static_cast<unsigned char>(c)); };
    if (digits.size() < 2 || !is_hex(digits[0]) || !is_hex(digits[1])) return true;
  }
  return false;
}

}  // namespace

absl::Status CheckPostgresUrl(const std::string& url) {
  if (HasLonePercent(url)) return Unreadable("a % that begins no escape: in user and password a % is written %25");
  // libpq takes what stands before the first @ for user and password, if no / stands before that: the rest of the
  // password would be a host or a database, and be shown.
  const std::size_t first = url.find_first_of("@/", url.find("://") + 3);
  const std::string_view place = first == std::string::npos ? "" : std::string_view(url).substr(first + 1);
  if (place.substr(0, place.find('?')).find('@') != std::string_view::npos) {
    return Unreadable("more than one @, or a / before it: in user and password a @ is written %40, a / %2F");
  }
  if (ParseUrl(url) == nullptr) {
    return Unreadable(
        "something that PostgreSQL's client does not understand: special characters in user and password are written "
        "%XX");
  }
  return absl::OkStatus();
}

std::string WithoutPassword(const std::string& url) {
  const Options options = CheckPostgresUrl(url).ok() ? ParseUrl(url) : nullptr;
  if (options == nullptr) return "postgres://…";
  std::string shown = "postgres:";
  for (const PQconninfoOption* option = options.get(); option->keyword != nullptr; ++option) {
    // libpq marks what is secret with an asterisk.
    if (option->val != nullptr && option->dispchar[0] != '*')
      shown += fmt::format(" {}={}", option->keyword, option->val);
  }
  return shown;
}

}  // namespace wsfleet::store
