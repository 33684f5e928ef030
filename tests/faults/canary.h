#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace wsfleet::testing {

// A value that is looked for wherever it must not be, and, as a control, where it must: in clear, in hexadecimal and in
// base64, also within longer text, where it begins at any place modulo three; and with each character escaped.
class Canary {
 public:
  // `core`: at least 16 letters and digits of the value, which no escape changes.
  explicit Canary(std::string core);

  const std::string& core() const { return core_; }
  // "base64+1", for each form in which it is found, and what stands before it.
  struct Find {
    std::string form, before;
  };
  std::vector<Find> FoundIn(std::string_view text) const;

 private:
  std::string core_;
  std::vector<std::pair<std::string, std::string>> forms_;  // name, text
};

// A text that a program has left, and where: "fleet.db-wal".
struct Trace {
  std::string where;
  std::string text;
};

// Every file below it, by its path.
std::vector<Trace> FilesBelow(const std::filesystem::path& directory);

// "fleet.db: base64+1" for each place and form in which any of them is found.
std::vector<std::string> Hits(const std::vector<Canary>& canaries, const std::vector<Trace>& traces);

}  // namespace wsfleet::testing
