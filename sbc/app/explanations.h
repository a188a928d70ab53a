#pragma once
// Why the last calls of the process went their way: all shards write into one ring, `sbcctl policy explain` reads it.

#include <atomic>
#include <cstdio>
#include <expected>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "media-relay/base/counter.h"
#include "media-relay/observe/metrics.h"

#include "sbc/explain/ring.h"

namespace sbc::app {

class Explanations final : public explain::Explainer {
 public:
  // How many calls are kept; 0: nothing is written down.
  void keep(std::size_t calls);
  bool wanted() const { return wanted_.load(std::memory_order_relaxed); }

  void tell(std::string_view call_id, explain::Step step) override;
  // From now on each call that ends has its explanation in this file (mode 0600), one line of JSON each; opened anew
  // each time, for whoever rotates it. "": no file.
  std::expected<void, std::string> write_to(const std::string& path);
  // The call's record is written. Blocks for the disk, as a trace does.
  void ended(std::string_view call_id);

  // As JSON on one line; nullopt: no such call is kept.
  std::optional<std::string> json(std::string_view call_id) const;

  void expose(observe::Metrics& metrics) const;

 private:
  explain::RingCounters counters() const;

  mutable std::mutex mutex_;
  explain::Ring ring_{0};
  std::atomic<bool> wanted_{false};
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  std::mutex file_mutex_;
  std::unique_ptr<std::FILE, Close> file_;
  std::atomic<bool> written_{false};
  base::Counter lost_;  // that could not be written
};

}  // namespace sbc::app
