#pragma once
// Records what policies decide, with all that they were told, so that it can be played again (`sbcctl policy replay`).
// Shards hand over and go on: a thread of its own makes the lines and writes them. What it cannot keep up with is
// dropped, and counted.

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <thread>
#include <vector>

#include "media-relay/observe/log.h"
#include "media-relay/observe/metrics.h"

#include "sbc/app/hearing.h"
#include "sbc/app/record_file.h"

namespace sbc::app {

class Recorder final : public Hearer {
 public:
  // Waiting for the disk, each some 20 kB: what a second of a busy border decides.
  static constexpr std::size_t kMaxQueued = 4096;
  static constexpr std::size_t kMaxQueuedBytes = 128U << 20;  // of them together, with those that are being written

  explicit Recorder(observe::Log& log) : log_(log) {}
  ~Recorder() override;  // writes what is queued
  Recorder(const Recorder&) = delete;
  Recorder& operator=(const Recorder&) = delete;

  // What comes from now on goes there; null: nothing is recorded. Never waits for the disk.
  void use(std::unique_ptr<RecordFile> file);

  bool wants() const override { return wants_.load(std::memory_order_relaxed); }
  void heard(const std::shared_ptr<const retell::Invocation>& invocation) override;

  void expose(observe::Metrics& metrics);
  std::uint64_t recorded() const { return recorded_.load(); }
  std::uint64_t dropped() const { return queue_full_.load() + too_long_.load() + failed_.load(); }

 private:
  using Queue = std::vector<std::shared_ptr<const retell::Invocation>>;

  void run();
  void write(std::span<const std::shared_ptr<const retell::Invocation>> queue);
  void change_to(std::unique_ptr<RecordFile> next);
  void failed(const std::string& why);
  void say(const std::string& why);

  observe::Log& log_;
  observe::RateLimit failures_;
  std::atomic<bool> wants_{false};
  std::atomic<std::uint64_t> recorded_{0};
  std::atomic<std::uint64_t> queue_full_{0};
  std::atomic<std::uint64_t> too_long_{0};
  std::atomic<std::uint64_t> failed_{0};
  std::atomic<std::uint64_t> turned_{0};

  std::mutex mutex_;
  std::condition_variable changed_;
  Queue queue_;
  std::size_t queued_bytes_ = 0;                     // of the queue, and of what is being written
  std::size_t fresh_bytes_ = 0;                      // of the queue alone
  std::optional<std::unique_ptr<RecordFile>> next_;  // for what comes after the first so many of the queue:
  std::size_t before_next_ = 0;
  bool ends_ = false;

  std::unique_ptr<RecordFile> file_;  // the thread's own
  std::thread thread_;
};

}  // namespace sbc::app
