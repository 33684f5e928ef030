#include "cli/output.h"

#include <algorithm>

#include "boost/json/serialize.hpp"
#include "core/base/text.h"
#include "fmt/format.h"

namespace wsfleet::cli {
namespace {

namespace json = boost::json;

// What a terminal shows of valid UTF-8: one column for each code point is near enough for names.
std::size_t Width(std::string_view text) { return CountCharacters(text); }

std::string RenderTable(const Listing& listing, bool wide) {
  std::vector<std::size_t> widths;
  for (std::size_t column = 0; column < listing.columns.size(); ++column) {
    std::size_t width = Width(listing.columns[column].title);
    for (const auto& row : listing.rows) width = std::max(width, Width(Printable(row[column])));
    widths.push_back(width);
  }
  std::string out;
  const auto add_row = [&](const auto& cell_of) {
    std::string line;
    for (std::size_t column = 0; column < widths.size(); ++column) {
      if (listing.columns[column].only_wide && !wide) continue;
      const std::string cell = cell_of(column);
      line += fmt::format("{}{}  ", cell, std::string(widths[column] - Width(cell), ' '));
    }
    out += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
  };
  add_row([&](std::size_t column) { return listing.columns[column].title; });
  for (const auto& row : listing.rows) add_row([&](std::size_t column) { return Printable(row[column]); });
  return out;
}

// `inline_first`: the first line goes on behind "- " or is at the margin already.
void AppendYaml(const json::value& value, std::size_t depth, bool inline_first, std::string& out) {
  const std::string margin(depth * 2, ' ');
  const auto nested = [](const json::value& inner) {
    return (inner.is_object() && !inner.get_object().empty()) || (inner.is_array() && !inner.get_array().empty());
  };
  bool first = inline_first;
  if (const json::object* object = value.if_object(); object != nullptr && !object->empty()) {
    for (const auto& [key, inner] : *object) {
      out += fmt::format("{}{}:", std::exchange(first, false) ? "" : margin, json::serialize(json::string(key)));
      out += nested(inner) ? "\n" : " ";
      AppendYaml(inner, depth + 1, false, out);
    }
  } else if (const json::array* array = value.if_array(); array != nullptr && !array->empty()) {
    for (const json::value& inner : *array) {
      out += fmt::format("{}- ", std::exchange(first, false) ? "" : margin);
      AppendYaml(inner, depth + 1, true, out);
    }
  } else {
    out += json::serialize(value) + "\n";
  }
}

}  // namespace

std::string CountText(std::size_t number, std::string_view noun) {
  return fmt::format("{} {}{}", number, noun, number == 1 ? "" : "s");
}

std::string RenderYaml(const json::value& value) {
  std::string out;
  AppendYaml(value, 0, true, out);
  return out;
}

std::string Render(const json::value& value, OutputFormat format) {
  return format == OutputFormat::kYaml ? RenderYaml(value) : json::serialize(value) + "\n";
}

std::string Render(const Listing& listing, OutputFormat format) {
  switch (format) {
    case OutputFormat::kTable:
    case OutputFormat::kWide:
      return RenderTable(listing, format == OutputFormat::kWide);
    case OutputFormat::kJson:
    case OutputFormat::kYaml:
      return Render(json::value(listing.items), format);
    case OutputFormat::kName:
      break;
  }
  std::string out;
  for (const std::string& name : listing.names) out += Printable(name) + "\n";
  return out;
}

}  // namespace wsfleet::cli
