#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "monitoring/metric_table.h"

namespace wsfleet::monitoring {

// What one program has counted and measured: the metrics of its table, bounded in number. Thread-safe; nothing of it
// waits for anything but another call of it.
class Metrics {
 public:
  explicit Metrics(Program program);
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  // A value for each label of the metric, in the order of the table; what is too long is cut, what cannot be shown is
  // replaced. A metric that is another program's is left alone.
  using Values = std::vector<std::string>;

  // Of a counter. With zero it is shown from then on. Beyond the limit of the metric, the series "other" rises.
  void Add(Metric metric, const Values& values, double by = 1);
  // Of a histogram; as Add().
  void Observe(Metric metric, const Values& values, absl::Duration duration);
  // Of a gauge; beyond the limit nothing happens.
  void Set(Metric metric, const Values& values, double to);
  void Remove(Metric metric, const Values& values);
  // These and no others.
  void SetAll(Metric metric, const std::map<Values, double>& all);

  // Prometheus' text format, 0.0.4.
  std::string Render() const;
  static constexpr char kContentType[] = "text/plain; version=0.0.4; charset=utf-8";

 private:
  class Families;
  std::unique_ptr<Families> families_;
};

}  // namespace wsfleet::monitoring
