#include "core/match/json_path_parser.h"

#include <utility>

#include "fmt/format.h"

namespace wsfleet {

bool PathQuery::is_singular() const {
  for (const PathSegment& segment : segments) {
    if (segment.descendants || segment.selectors.size() != 1) return false;
    const PathSelector& selector = segment.selectors.front();
    if (!std::holds_alternative<NameSelector>(selector) && !std::holds_alternative<IndexSelector>(selector)) {
      return false;
    }
  }
  return true;
}

bool JsonPathParser::Parse(JsonPathProgram& program) {
  if (!cursor_.Take("$")) return cursor_.Expected("$ at the beginning of a JSONPath");
  return ParseSegments(program.query, /*in_filter=*/false);
}

// A depth of its own for each nesting, so that a hostile path cannot exhaust the stack.
bool JsonPathParser::Enter() {
  if (depth_ == JsonPath::kMaxDepth) {
    return cursor_.Fail(cursor_.offset(), fmt::format("nested deeper than {} levels", JsonPath::kMaxDepth));
  }
  ++depth_;
  return true;
}

bool JsonPathParser::ParseSegments(PathQuery& query, bool in_filter) {
  while (true) {
    // Blanks may stand between segments, but not after the last one of a whole path.
    PathCursor ahead = cursor_;
    ahead.SkipBlanks();
    const char next = ahead.peek();
    if (next != '.' && next != '[') {
      if (!in_filter && !cursor_.at_end()) return cursor_.Expected("\".\", \"[\" or the end of the path");
      return true;
    }
    cursor_ = ahead;
    PathSegment segment;
    if (next == '[' ? !ParseBracketed(segment) : !ParseDotSegment(segment)) return false;
    query.segments.push_back(std::move(segment));
  }
}

bool JsonPathParser::ParseDotSegment(PathSegment& segment) {
  segment.descendants = cursor_.Take("..");
  if (segment.descendants && cursor_.peek() == '[') return ParseBracketed(segment);
  if (!segment.descendants) cursor_.Take(".");
  if (cursor_.Take("*")) {
    segment.selectors.emplace_back(WildcardSelector{});
    return true;
  }
  std::optional<std::string> name = cursor_.ReadName();
  if (!name) return false;
  segment.selectors.emplace_back(NameSelector{*std::move(name)});
  return true;
}

bool JsonPathParser::ParseBracketed(PathSegment& segment) {
  if (!Enter()) return false;
  cursor_.Take("[");
  do {
    cursor_.SkipBlanks();
    if (!ParseSelector(segment)) return false;
    cursor_.SkipBlanks();
  } while (cursor_.Take(","));
  if (!cursor_.Take("]")) return cursor_.Expected("\",\" or \"]\"");
  --depth_;
  return true;
}

bool JsonPathParser::ParseSelector(PathSegment& segment) {
  const char next = cursor_.peek();
  if (next == '"' || next == '\'') {
    std::optional<std::string> name = cursor_.ReadQuoted();
    if (!name) return false;
    segment.selectors.emplace_back(NameSelector{*std::move(name)});
    return true;
  }
  if (cursor_.Take("*")) {
    segment.selectors.emplace_back(WildcardSelector{});
    return true;
  }
  if (cursor_.Take("?")) {
    auto expression = std::make_shared<FilterExpression>();
    cursor_.SkipBlanks();
    if (!ParseFilter(*expression)) return false;
    segment.selectors.emplace_back(FilterSelector{std::move(expression)});
    return true;
  }
  return ParseIndexOrSlice(segment);
}

bool JsonPathParser::ParseIndexOrSlice(PathSegment& segment) {
  const char next = cursor_.peek();
  if (next == ':') return ParseSlice(std::nullopt, segment);
  if (next != '-' && (next < '0' || next > '9')) {
    return cursor_.Expected("a quoted name, an index, a slice, * or ?");
  }
  const std::optional<std::int64_t> index = cursor_.ReadInteger();
  if (!index) return false;
  PathCursor ahead = cursor_;
  ahead.SkipBlanks();
  if (ahead.peek() == ':') {
    cursor_ = ahead;
    return ParseSlice(index, segment);
  }
  segment.selectors.emplace_back(IndexSelector{*index});
  return true;
}

bool JsonPathParser::ParseSlice(std::optional<std::int64_t> start, PathSegment& segment) {
  const auto read = [&](std::optional<std::int64_t>& number) {
    cursor_.SkipBlanks();
    if (cursor_.peek() != '-' && (cursor_.peek() < '0' || cursor_.peek() > '9')) return true;
    number = cursor_.ReadInteger();
    return number.has_value();
  };
  SliceSelector slice{.start = start, .end = std::nullopt, .step = 1};
  cursor_.Take(":");
  if (!read(slice.end)) return false;
  cursor_.SkipBlanks();
  if (cursor_.Take(":")) {
    std::optional<std::int64_t> step;
    if (!read(step)) return false;
    slice.step = step.value_or(1);
  }
  segment.selectors.emplace_back(slice);
  return true;
}

}  // namespace wsfleet
