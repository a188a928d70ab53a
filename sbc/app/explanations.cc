#include "sbc/app/explanations.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "sbc/explain/explanation.h"
#include "sbc/json/write.h"

namespace sbc::app {
namespace {

constexpr mode_t kMode = 0600;

}  // namespace

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
  std::unique_ptr<std::FILE, Close> next;
  if (!path.empty()) {
    // What is said in calls' messages is nobody's business but the operator's. A pipe that nobody reads must not hold
    // us up.
    const int descriptor =
        ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, kMode);
    if (descriptor < 0) return std::unexpected(path + ": " + std::strerror(errno));
    struct stat is{};
    const bool fits = ::fstat(descriptor, &is) == 0 && S_ISREG(is.st_mode) && ::fchmod(descriptor, kMode) == 0;
    if (fits) next.reset(::fdopen(descriptor, "a"));
    if (next == nullptr) {
      ::close(descriptor);
      return std::unexpected(path + ": expected a file of our own");
    }
  }
  const std::scoped_lock lock(file_mutex_);
  file_ = std::move(next);
  written_.store(file_ != nullptr, std::memory_order_relaxed);
  return {};
}

void Explanations::ended(std::string_view call_id) {
  if (!written_.load(std::memory_order_relaxed)) return;
  std::optional<explain::Explanation> call;
  {
    const std::scoped_lock lock(mutex_);
    call = ring_.ended(call_id);
  }
  if (!call) return;
  const std::string line = json::text_of(explain::to_json(*call)) + "\n";
  const std::scoped_lock lock(file_mutex_);
  if (file_ == nullptr) return;
  const bool whole = std::fputs(line.c_str(), file_.get()) >= 0 && std::fflush(file_.get()) == 0;
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
