#include "monitoring/metrics.h"

#include <algorithm>
#include <cassert>
#include <mutex>
#include <set>
#include <utility>
#include <variant>

#include "core/base/text.h"
#include "core/base/version.h"
#include "prometheus/counter.h"
#include "prometheus/gauge.h"
#include "prometheus/histogram.h"
#include "prometheus/registry.h"
#include "prometheus/text_serializer.h"

namespace wsfleet::monitoring {
namespace {

constexpr std::size_t kMaxValueBytes = 160;
constexpr char kOther[] = "other";

prometheus::Histogram::BucketBoundaries Boundaries() {
  const auto buckets = DurationBuckets();
  return {buckets.begin(), buckets.end()};
}

// One metric with its series. The mutex of Families guards it.
template <typename T>
struct Series {
  prometheus::Family<T>* family = nullptr;
  const MetricFacts* facts = nullptr;
  std::map<Metrics::Values, T*> by_values;

  static prometheus::Labels LabelsOf(const MetricFacts& facts, const Metrics::Values& values) {
    prometheus::Labels labels;
    for (std::size_t i = 0; i < facts.labels.size(); ++i) labels.emplace(facts.labels[i], values[i]);
    return labels;
  }

  // Null: there are too many.
  template <typename... Arguments>
  T* FindOrAdd(const Metrics::Values& values, const Arguments&... arguments) {
    if (const auto found = by_values.find(values); found != by_values.end()) return found->second;
    if (by_values.size() >= facts->max_series) return nullptr;
    return by_values[values] = &family->Add(LabelsOf(*facts, values), arguments...);
  }

  // With the series of all that are too many.
  template <typename... Arguments>
  T& FindOrOther(const Metrics::Values& values, const Arguments&... arguments) {
    if (T* const found = FindOrAdd(values, arguments...)) return *found;
    const Metrics::Values other(facts->labels.size(), kOther);
    return *(by_values[other] = &family->Add(LabelsOf(*facts, other), arguments...));
  }

  void Remove(const Metrics::Values& values) {
    const auto found = by_values.find(values);
    if (found == by_values.end()) return;
    family->Remove(found->second);
    by_values.erase(found);
  }
};

using AnySeries = std::variant<Series<prometheus::Counter>, Series<prometheus::Gauge>, Series<prometheus::Histogram>>;

AnySeries Register(const MetricFacts& facts, prometheus::Registry& registry) {
  const std::string name(facts.name), help(facts.help);
  switch (facts.kind) {
    case MetricKind::kCounter:
      return Series<prometheus::Counter>{
          &prometheus::BuildCounter().Name(name).Help(help).Register(registry), &facts, {}};
    case MetricKind::kGauge:
      return Series<prometheus::Gauge>{&prometheus::BuildGauge().Name(name).Help(help).Register(registry), &facts, {}};
    case MetricKind::kHistogram:
      break;
  }
  return Series<prometheus::Histogram>{
      &prometheus::BuildHistogram().Name(name).Help(help).Register(registry), &facts, {}};
}

Metrics::Values Shown(const MetricFacts& facts, const Metrics::Values& values) {
  assert(values.size() == facts.labels.size());
  Metrics::Values shown;
  for (const std::string& value : values) shown.push_back(Excerpt(Printable(value), kMaxValueBytes));
  shown.resize(facts.labels.size());
  return shown;
}

}  // namespace

class Metrics::Families {
 public:
  explicit Families(Program program) {
    for (const MetricFacts& facts : MetricTable()) {
      if (std::ranges::find(facts.programs, program) == facts.programs.end()) continue;
      series_.emplace(facts.metric, Register(facts, registry_));
    }
  }

  // Calls `use` with the series of a metric of this kind, and the values as they are shown.
  template <typename T, typename Use>
  void With(Metric metric, const Values& values, const Use& use) {
    const std::lock_guard lock(mutex_);
    const auto found = series_.find(metric);
    if (found == series_.end()) return;
    auto* const series = std::get_if<Series<T>>(&found->second);
    assert(series != nullptr);
    if (series != nullptr) use(*series, Shown(*series->facts, values));
  }

  void SetAll(Metric metric, const std::map<Values, double>& all) {
    const std::lock_guard lock(mutex_);
    const auto found = series_.find(metric);
    if (found == series_.end()) return;
    auto& series = std::get<Series<prometheus::Gauge>>(found->second);
    std::map<Values, double> shown;
    for (const auto& [values, to] : all) shown[Shown(*series.facts, values)] += to;
    std::vector<Values> gone;
    for (const auto& [values, gauge] : series.by_values) {
      if (!shown.contains(values)) gone.push_back(values);
    }
    for (const Values& values : gone) series.Remove(values);
    for (const auto& [values, to] : shown) {
      if (auto* const gauge = series.FindOrAdd(values)) gauge->Set(to);
    }
  }

  std::string Render() const { return prometheus::TextSerializer().Serialize(registry_.Collect()); }

 private:
  prometheus::Registry registry_;
  std::mutex mutex_;
  std::map<Metric, AnySeries> series_;
};

Metrics::Metrics(Program program) : families_(std::make_unique<Families>(program)) {
  Set(Metric::kBuildInfo, {std::string(ProgramName(program)), kVersion}, 1);
}
Metrics::~Metrics() = default;

void Metrics::Add(Metric metric, const Values& values, double by) {
  families_->With<prometheus::Counter>(
      metric, values, [&](auto& series, const Values& shown) { series.FindOrOther(shown).Increment(by); });
}

void Metrics::Observe(Metric metric, const Values& values, absl::Duration duration) {
  static const prometheus::Histogram::BucketBoundaries boundaries = Boundaries();
  families_->With<prometheus::Histogram>(metric, values, [&](auto& series, const Values& shown) {
    series.FindOrOther(shown, boundaries).Observe(absl::ToDoubleSeconds(duration));
  });
}

void Metrics::Set(Metric metric, const Values& values, double to) {
  families_->With<prometheus::Gauge>(metric, values, [&](auto& series, const Values& shown) {
    if (auto* const gauge = series.FindOrAdd(shown)) gauge->Set(to);
  });
}

void Metrics::Remove(Metric metric, const Values& values) {
  families_->With<prometheus::Gauge>(metric, values, [](auto& series, const Values& shown) { series.Remove(shown); });
}

void Metrics::SetAll(Metric metric, const std::map<Values, double>& all) { families_->SetAll(metric, all); }

std::string Metrics::Render() const { return families_->Render(); }

}  // namespace wsfleet::monitoring
