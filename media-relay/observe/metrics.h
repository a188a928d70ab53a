#pragma once
// Metrics: threads count into plain objects of their own (base::Counter, base::Gauge, Histogram); a scrape reads them
// all and writes Prometheus' text format. Objects that were registered under one name and the same labels are summed:
// that is how the shards become one process. On prometheus-cpp.

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "media-relay/base/counter.h"
#include "media-relay/base/histogram.h"

namespace observe {

using Labels = std::vector<std::pair<std::string, std::string>>;

using base::Histogram;

class Metrics {
 public:
  Metrics();
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  // What is registered must outlive this object. Any thread. The help of a name's first registration counts. Names that
  // Prometheus would refuse, or a name used for two kinds, throw std::invalid_argument: a mistake of ours at start-up.
  void counter(const std::string& name, const std::string& help, const Labels& labels, const base::Counter& source);
  void gauge(const std::string& name, const std::string& help, const Labels& labels, const base::Gauge& source);
  void histogram(const std::string& name, const std::string& help, const Labels& labels, const Histogram& source);
  // Asked at each scrape, on the scraping thread.
  void counter(const std::string& name, const std::string& help, const Labels& labels, std::function<double()> source);
  void gauge(const std::string& name, const std::string& help, const Labels& labels, std::function<double()> source);

  // Series that come and go, asked for at each scrape on the scraping thread. One family for each name.
  enum class Kind : std::uint8_t { Counter, Gauge };
  struct Sample {
    Labels labels;
    double value = 0;
  };
  void family(const std::string& name, const std::string& help, Kind kind, std::function<std::vector<Sample>()> source);

  // CPU seconds, resident memory, open descriptors, start time, under Prometheus' usual process_* names.
  void add_process_metrics();

  std::string render() const;
  static const char* content_type() { return "text/plain; version=0.0.4; charset=utf-8"; }

 private:
  struct Inner;
  std::unique_ptr<Inner> inner_;
};

}  // namespace observe
