#include "core/scenario/line_scanner.h"

#include <algorithm>

namespace wsfleet {
namespace {

bool IsSeparator(std::string_view line, std::size_t at) { return at >= line.size() || IsBlank(line[at]); }

// Behind the closing quote, from behind the opening one; npos if the line ends before.
std::size_t CloseQuote(std::string_view line, std::size_t at, char quote) {
  for (; at < line.size(); ++at) {
    if (quote == '"' && line[at] == '\\') {
      ++at;
    } else if (line[at] == quote) {
      if (quote == '"' || line.substr(at, 2) != "''") return at + 1;
      ++at;
    }
  }
  return std::string_view::npos;
}

}  // namespace

bool IsBlank(char c) { return c == ' ' || c == '\t'; }

std::size_t SkipBlanks(std::string_view line, std::size_t at) {
  while (at < line.size() && IsBlank(line[at])) ++at;
  return at;
}

std::size_t SkipProperties(std::string_view line, std::size_t at) {
  while (at < line.size() && (line[at] == '&' || line[at] == '!')) {
    while (at < line.size() && !IsBlank(line[at])) ++at;
    at = SkipBlanks(line, at);
  }
  return at;
}

std::size_t FindKeyEnd(std::string_view line, std::size_t at) {
  at = SkipProperties(line, at);
  if (at >= line.size() || std::string_view("{[#|>").find(line[at]) != std::string_view::npos) {
    return std::string_view::npos;
  }
  if (line[at] == '"' || line[at] == '\'') {
    at = CloseQuote(line, at + 1, line[at]);
    if (at == std::string_view::npos) return at;
    at = SkipBlanks(line, at);
    return at < line.size() && line[at] == ':' && IsSeparator(line, at + 1) ? at : std::string_view::npos;
  }
  const std::size_t end = FindComment(line, at);
  for (; at < end; ++at) {
    if (line[at] == ':' && IsSeparator(line, at + 1)) return at;
  }
  return std::string_view::npos;
}

std::size_t FindComment(std::string_view line, std::size_t at) {
  for (; at < line.size(); ++at) {
    if (line[at] == '#' && (at == 0 || IsBlank(line[at - 1]))) return at;
  }
  return line.size();
}

void ValueScanner::Scan(std::string_view line, std::size_t at) {
  const bool fresh = !open();
  if (fresh) {
    at = SkipProperties(line, at);
    end_ = FindComment(line, at);
    if (at >= line.size() || std::string_view("\"'{[").find(line[at]) == std::string_view::npos) return;
  }
  at_start_ = fresh || at_start_;
  while (at < line.size()) {
    if (quote_ != '\0') {
      at = CloseQuote(line, at, quote_);
      if (at == std::string_view::npos) return;
      quote_ = '\0';
      at_start_ = false;
    } else if (depth_ == 0 && (line[at] == '"' || line[at] == '\'')) {
      quote_ = line[at++];
      continue;
    } else {
      TakeFlow(line, at);
    }
    if (!open()) {
      end_ = at;
      return;
    }
  }
}

// One step inside of brackets, or onto the first of them.
void ValueScanner::TakeFlow(std::string_view line, std::size_t& at) {
  const char c = line[at];
  if (c == '#' && (at == 0 || IsBlank(line[at - 1]))) {
    at = line.size();
    return;
  }
  ++at;
  if (c == '{' || c == '[') {
    if (++depth_ > limit_ && !too_deep_) too_deep_ = at - 1;
    at_start_ = true;
  } else if (c == '}' || c == ']') {
    --depth_;
    at_start_ = false;
  } else if (c == ',') {
    at_start_ = true;
  } else if (c == ':') {
    // A quoted key may have its value right behind the colon; then what stood before the colon was a quote.
    const bool behind_quote = at >= 2 && (line[at - 2] == '"' || line[at - 2] == '\'');
    at_start_ = IsSeparator(line, at) || behind_quote;
  } else if (at_start_ && (c == '"' || c == '\'')) {
    quote_ = c;
  } else if (!IsBlank(c)) {
    at_start_ = false;
  }
}

}  // namespace wsfleet
