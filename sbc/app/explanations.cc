#include "sbc/app/explanations.h"

#include "sbc/explain/explanation.h"
#include "sbc/json/write.h"

namespace sbc::app {
void Explanations::keep(std::size_t calls) {
  const std::scoped_lock lock(mutex_);
  ring_.resize(calls);
  wanted_.store(calls != 0, std::memory_order_relaxed);
}

void Explanations::tell(std::string_view call_id, explain::Step step) {
  const std::scoped_lock lock(mutex_);
  ring_.tell(call_id, std::move(step));
}

void Explanations::ended(std::string_view call_id) {
  if (!log_.wanted()) return;
  std::optional<explain::Explanation> call;
  {
    const std::scoped_lock lock(mutex_);
    call = ring_.ended(call_id);
  }
  if (call) log_.write([call = *std::move(call)] { return json::text_of(explain::to_json(call)); }, 1);
}

std::optional<std::string> Explanations::json(std::string_view call_id) const {
  std::optional<explain::Explanation> found;
  {
    const std::scoped_lock lock(mutex_);
    found = ring_.find(call_id);
  }
  if (!found) return std::nullopt;
  return json::text_of(explain::to_json(*found));
}

explain::RingCounters Explanations::counters() const {
  const std::scoped_lock lock(mutex_);
  return ring_.counters();
}

void Explanations::expose(observe::Metrics& metrics) const {
  metrics.gauge("parapet_sbc_explanations", "Calls of which it is known why they went their way.", {}, [this] {
    const std::scoped_lock lock(mutex_);
    return static_cast<double>(ring_.size());
  });
  const auto dropped = [&](const char* reason, std::uint64_t explain::RingCounters::* which) {
    metrics.counter("parapet_sbc_explanations_dropped_total",
                    "Explanations of calls, or steps of them, that are not kept, by reason.", {{"reason", reason}},
                    [this, which] { return static_cast<double>(counters().*which); });
  };
  dropped("number", &explain::RingCounters::evicted_number);
  dropped("bytes", &explain::RingCounters::evicted_bytes);
  dropped("steps", &explain::RingCounters::steps_left_out);
  dropped("gone", &explain::RingCounters::unknown);
  const auto unwritten = [&](const char* reason, std::uint64_t (LineFile::*which)() const) {
    metrics.counter("parapet_sbc_explanations_dropped_total",
                    "Explanations of calls, or steps of them, that are not kept, by reason.", {{"reason", reason}},
                    [this, which] { return static_cast<double>((log_.*which)()); });
  };
  unwritten("file", &LineFile::failed);
  unwritten("queue", &LineFile::dropped_full);
}

}  // namespace sbc::app
