#pragma once
// Why the last calls of the process went their way: all shards write into one ring, `sbcctl policy explain` reads it.

#include <atomic>
#include <expected>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "media-relay/observe/metrics.h"

#include "sbc/app/explanation_log.h"
#include "sbc/explain/ring.h"

namespace sbc::app {

class Explanations final : public explain::Explainer {
 public:
  // How many calls are kept; 0: nothing is written down.
  void keep(std::size_t calls);
  bool wanted() const { return wanted_.load(std::memory_order_relaxed); }

  void tell(std::string_view call_id, explain::Step step) override;
  // From now on each call that ends has its explanation in this file. "": no file.
  std::expected<void, std::string> write_to(const std::string& path) { return log_.write_to(path); }
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
  ExplanationLog log_;
};

}  // namespace sbc::app
