#include "sbc/app/class_metrics.h"

#include <utility>

namespace sbc::app {
namespace {

using observe::Metrics;

template <typename ValueOf>
auto samples_of(const std::function<const Classes&()>& classes, ValueOf value_of) {
  return [classes, value_of] {
    std::vector<Metrics::Sample> samples;
    for (const auto& [name, limit] : classes())
      samples.push_back({{{"class", name}}, static_cast<double>(value_of(name, limit))});
    return samples;
  };
}

}  // namespace

void expose_classes(Metrics& metrics, const call::Occupancy& occupancy, std::function<const Classes&()> classes) {
  constexpr auto kClass = call::Occupancy::Of::Class;
  metrics.family("parapet_class_calls", "Calls at once, by the class that the policy admits them in.",
                 Metrics::Kind::Gauge, samples_of(classes, [&occupancy](const std::string& name, std::size_t) {
                   return occupancy.count(kClass, name);
                 }));
  metrics.family("parapet_class_limit", "Calls at once that are admitted in a class.", Metrics::Kind::Gauge,
                 samples_of(classes, [](const std::string&, std::size_t limit) { return limit; }));
  metrics.family("parapet_class_refused_total", "Calls that found no room in their class: 503.", Metrics::Kind::Counter,
                 samples_of(classes, [&occupancy](const std::string& name, std::size_t) {
                   return occupancy.refused(kClass, name);
                 }));
}

}  // namespace sbc::app
