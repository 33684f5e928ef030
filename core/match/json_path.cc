#include "core/match/json_path.h"

#include <utility>

#include "absl/status/status.h"
#include "core/match/json_path_parser.h"
#include "core/match/json_path_program.h"
#include "core/match/json_path_selection.h"
#include "fmt/format.h"

namespace wsfleet {

absl::StatusOr<JsonPath> JsonPath::Parse(std::string_view text, ParseError* error) {
  const auto fail = [&](const ParseError& found) {
    if (error != nullptr) *error = found;
    return absl::InvalidArgumentError(fmt::format("{} (at byte {})", found.message, found.offset));
  };
  if (text.size() > kMaxBytes) {
    return fail({kMaxBytes, fmt::format("the path has {} bytes; the limit is {}", text.size(), kMaxBytes)});
  }
  auto program = std::make_shared<JsonPathProgram>();
  JsonPathParser parser(text);
  if (!parser.Parse(*program)) return fail(*parser.error());
  JsonPath path;
  path.text_ = std::string(text);
  path.program_ = std::move(program);
  return path;
}

std::vector<const boost::json::value*> JsonPath::Select(const boost::json::value& root, bool* truncated) const {
  PathSelection selection(root);
  std::vector<const boost::json::value*> nodes;
  if (program_ != nullptr) nodes = selection.Run(program_->query);
  if (truncated != nullptr) *truncated = selection.truncated();
  return nodes;
}

}  // namespace wsfleet
