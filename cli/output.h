#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "boost/json/array.hpp"
#include "boost/json/value.hpp"

namespace wsfleet::cli {

// `-o`.
enum class OutputFormat { kTable, kWide, kJson, kYaml, kName };

// "1 case", "2 cases".
std::string CountText(std::size_t number, std::string_view noun);

// A list of things in every form that -o can ask for.
struct Listing {
  struct Column {
    std::string title;
    bool only_wide = false;
  };
  std::vector<Column> columns;
  std::vector<std::vector<std::string>> rows;  // a cell for each column
  boost::json::array items;
  std::vector<std::string> names;
};

std::string Render(const Listing& listing, OutputFormat format);

// json (one line) or yaml.
std::string Render(const boost::json::value& value, OutputFormat format);

// YAML 1.2 in block style. Strings are quoted as JSON quotes them, so every reader takes them for strings.
std::string RenderYaml(const boost::json::value& value);

}  // namespace wsfleet::cli
