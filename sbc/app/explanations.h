#pragma once
// Why the last calls of the process went their way: all shards write into one ring, `sbcctl policy explain` reads it.

#include <atomic>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "media-relay/observe/metrics.h"

#include "sbc/app/line_file.h"
#include "sbc/explain/ring.h"

namespace sbc::app {

class Explanations final : public explain::Explainer {
 public:
  // How many calls are kept; 0: nothing is written down.
  void keep(std::size_t calls);
  bool wanted() const { return wanted_.load(std::memory_order_relaxed); }

  void tell(std::string_view call_id, explain::Step step) override;
  // From now on each call that ends has its explanation in this file, as a line of JSON. nullptr: no file.
  void write_to(LineFile::Handle file) { log_.use(std::move(file)); }
  // The call's record is written.
  void ended(std::string_view call_id);

  // As JSON on one line; nullopt: no such call is kept.
  std::optional<std::string> json(std::string_view call_id) const;

  void expose(observe::Metrics& metrics) const;

 private:
  explain::RingCounters counters() const;

  mutable std::mutex mutex_;
  explain::Ring ring_{0};
  std::atomic<bool> wanted_{false};
  // Waiting for the disk: what some seconds of a busy border end.
  LineFile log_{2048};
};

}  // namespace sbc::app
