#include "sbc/app/explanations.h"

#include <fcntl.h>

#include <cerrno>
#include <cstring>

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

std::expected<void, std::string> Explanations::write_to(const std::string& path) {
  const std::scoped_lock lock(file_mutex_);
  written_.store(false, std::memory_order_relaxed);
  file_.reset();
  if (path.empty()) return {};
  // What is said in calls' messages is nobody's business but the operator's.
  const int descriptor = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (descriptor < 0) return std::unexpected(path + ": " + std::strerror(errno));
  file_.reset(::fdopen(descriptor, "a"));
  written_.store(file_ != nullptr, std::memory_order_relaxed);
  return {};
}

void Explanations::ended(std::string_view call_id) {
  if (!written_.load(std::memory_order_relaxed)) return;
  const auto line = json(call_id);
  if (!line) return;
  const std::scoped_lock lock(file_mutex_);
  if (file_ == nullptr) return;
  const bool whole = std::fputs((*line + "\n").c_str(), file_.get()) >= 0 && std::fflush(file_.get()) == 0;
  if (!whole) lost_.add();
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
  metrics.counter("parapet_sbc_explanations_dropped_total",
                  "Explanations of calls, or steps of them, that are not kept, by reason.", {{"reason", "file"}},
                  lost_);
}

}  // namespace sbc::app
