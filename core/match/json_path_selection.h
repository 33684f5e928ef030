#pragma once

#include <cstddef>
#include <vector>

#include "boost/json/value.hpp"
#include "core/match/json_path.h"
#include "core/match/json_path_program.h"

namespace wsfleet {

// One evaluation of a path on one document. Counts every node that it looks at, those inside filters included, so that
// no path can take unbounded time.
class PathSelection {
 public:
  using Nodes = std::vector<const boost::json::value*>;

  explicit PathSelection(const boost::json::value& root) : root_(root) {}

  Nodes Run(const PathQuery& query) { return Run(query, root_); }
  // True if the limit of nodes or of depth cut the evaluation short.
  bool truncated() const { return truncated_; }

 private:
  Nodes Run(const PathQuery& query, const boost::json::value& current);
  void ApplyBelow(const PathSegment& segment, const boost::json::value& node, std::size_t depth, Nodes& out);
  void Apply(const PathSegment& segment, const boost::json::value& node, Nodes& out);
  void ApplyOne(const NameSelector& selector, const boost::json::value& node, Nodes& out);
  void ApplyOne(const WildcardSelector& selector, const boost::json::value& node, Nodes& out);
  void ApplyOne(const IndexSelector& selector, const boost::json::value& node, Nodes& out);
  void ApplyOne(const SliceSelector& selector, const boost::json::value& node, Nodes& out);
  void ApplyOne(const FilterSelector& selector, const boost::json::value& node, Nodes& out);

  bool Holds(const FilterExpression& expression, const boost::json::value& current);
  bool Compare(const FilterExpression& expression, const boost::json::value& current);
  // Null: the query selects nothing.
  const boost::json::value* Resolve(const Comparable& comparable, const boost::json::value& current);

  // False when the budget is used up.
  bool Spend();
  void Add(const boost::json::value& node, Nodes& out);

  const boost::json::value& root_;
  std::size_t budget_ = JsonPath::kMaxNodes;
  bool truncated_ = false;
};

}  // namespace wsfleet
