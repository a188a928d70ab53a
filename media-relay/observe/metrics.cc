#include "media-relay/observe/metrics.h"

#include <prometheus/collectable.h>
#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <map>
#include <mutex>
#include <stdexcept>

#include "media-relay/base/text.h"

namespace observe {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

// https://prometheus.io/docs/concepts/data_model: [a-zA-Z_:][a-zA-Z0-9_:]*, labels without the colon and not "__...".
bool valid_name(std::string_view name, bool colon) {
  const auto fits = [&](char c) { return base::is_alnum(c) || c == '_' || (colon && c == ':'); };
  return !name.empty() && !base::is_digit(name.front()) && std::ranges::all_of(name, fits);
}

struct Series {
  std::vector<const base::Counter*> counters;
  std::vector<const base::Gauge*> gauges;
  std::vector<const Histogram*> histograms;
  std::vector<std::function<double()>> functions;

  double sum() const {
    double total = 0;
    for (const base::Counter* c : counters) total += static_cast<double>(c->value());
    for (const base::Gauge* g : gauges) total += static_cast<double>(g->value());
    for (const auto& f : functions) total += f();
    return total;
  }

  void sum_into(ClientMetric::Histogram& out) const {
    const std::span<const double> bounds = histograms.front()->bounds();
    std::uint64_t cumulative = 0;
    for (std::size_t i = 0; i <= bounds.size(); ++i) {
      for (const Histogram* h : histograms) cumulative += h->count_in(i);
      const double bound = i < bounds.size() ? bounds[i] : std::numeric_limits<double>::infinity();
      out.bucket.push_back({.cumulative_count = cumulative, .upper_bound = bound});
    }
    out.sample_count = cumulative;
    for (const Histogram* h : histograms) out.sample_sum += h->sum();
  }
};

struct Family {
  std::string help;
  MetricType type = MetricType::Untyped;
  std::map<Labels, Series> series;
  std::function<std::vector<Metrics::Sample>()> samples{};  // instead of series
};

}  // namespace

struct Metrics::Inner final : prometheus::Collectable {
  mutable std::mutex mutex;
  std::map<std::string, Family> families;  // under mutex

  template <typename F>
  void add(const std::string& name, const std::string& help, Labels labels, MetricType type, F&& into) {
    if (!valid_name(name, true)) throw std::invalid_argument("metric name " + name);
    for (const auto& [label, value] : labels)
      if (!valid_name(label, false) || label.starts_with("__"))
        throw std::invalid_argument("label " + label + " of " + name);
    std::ranges::sort(labels);
    const std::lock_guard lock(mutex);
    const auto [at, fresh] =
        families.try_emplace(name, Family{.help = help, .type = type, .series = {}, .samples = {}});
    if (at->second.type != type) throw std::invalid_argument("metric " + name + " is of two kinds");
    into(at->second.series[std::move(labels)]);
  }

  std::vector<MetricFamily> Collect() const override {
    const std::lock_guard lock(mutex);
    std::vector<MetricFamily> out;
    out.reserve(families.size());
    for (const auto& [name, family] : families) {
      MetricFamily& made =
          out.emplace_back(MetricFamily{.name = name, .help = family.help, .type = family.type, .metric = {}});
      for (const auto& sample : family.samples ? family.samples() : std::vector<Sample>{}) {
        ClientMetric& metric = made.metric.emplace_back();
        for (const auto& [label, value] : sample.labels) metric.label.push_back({.name = label, .value = value});
        (family.type == MetricType::Counter ? metric.counter.value : metric.gauge.value) = sample.value;
      }
      for (const auto& [labels, series] : family.series) {
        ClientMetric& metric = made.metric.emplace_back();
        for (const auto& [label, value] : labels) metric.label.push_back({.name = label, .value = value});
        if (family.type == MetricType::Counter) metric.counter.value = series.sum();
        if (family.type == MetricType::Gauge) metric.gauge.value = series.sum();
        if (family.type == MetricType::Histogram) series.sum_into(metric.histogram);
      }
    }
    return out;
  }
};

Metrics::Metrics() : inner_(std::make_unique<Inner>()) {}
Metrics::~Metrics() = default;

void Metrics::counter(const std::string& name, const std::string& help, const Labels& labels,
                      const base::Counter& source) {
  inner_->add(name, help, labels, MetricType::Counter, [&](Series& s) { s.counters.push_back(&source); });
}

void Metrics::gauge(const std::string& name, const std::string& help, const Labels& labels, const base::Gauge& source) {
  inner_->add(name, help, labels, MetricType::Gauge, [&](Series& s) { s.gauges.push_back(&source); });
}

void Metrics::histogram(const std::string& name, const std::string& help, const Labels& labels,
                        const Histogram& source) {
  inner_->add(name, help, labels, MetricType::Histogram, [&](Series& s) {
    if (!s.histograms.empty() && !std::ranges::equal(s.histograms.front()->bounds(), source.bounds()))
      throw std::invalid_argument("histogram " + name + " has two sets of bounds");
    s.histograms.push_back(&source);
  });
}

void Metrics::counter(const std::string& name, const std::string& help, const Labels& labels,
                      std::function<double()> source) {
  inner_->add(name, help, labels, MetricType::Counter, [&](Series& s) { s.functions.push_back(std::move(source)); });
}

void Metrics::gauge(const std::string& name, const std::string& help, const Labels& labels,
                    std::function<double()> source) {
  inner_->add(name, help, labels, MetricType::Gauge, [&](Series& s) { s.functions.push_back(std::move(source)); });
}

void Metrics::family(const std::string& name, const std::string& help, Kind kind,
                     std::function<std::vector<Sample>()> source) {
  if (!valid_name(name, true)) throw std::invalid_argument("metric name " + name);
  const std::lock_guard lock(inner_->mutex);
  const auto type = kind == Kind::Counter ? MetricType::Counter : MetricType::Gauge;
  if (!inner_->families
           .try_emplace(name, Family{.help = help, .type = type, .series = {}, .samples = std::move(source)})
           .second)
    throw std::invalid_argument("metric " + name + " is of two kinds");
}

std::string Metrics::render() const {
  return prometheus::TextSerializer().Serialize(inner_->Collect());
}

}  // namespace observe
