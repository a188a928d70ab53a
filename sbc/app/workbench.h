#pragma once
// Questions about policies that take longer than the main thread may: asked on the control socket, one after the other,
// by a thread of its own that steps back behind the shards (nice 19). Nothing that it does acts on a call.

#include <array>
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <expected>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

#include "media-relay/base/counter.h"
#include "media-relay/observe/metrics.h"

namespace sbc::app {

class Workbench {
 public:
  static constexpr std::size_t kMaxWaiting = 8;
  static constexpr std::size_t kMaxKept = 16;  // jobs that are over, the newest

  enum class Tool : std::uint8_t { Check, Test, Simulate, Replay, kCount };
  static std::string_view name_of(Tool tool);

  // What was found, as JSON. The error says why nothing could be.
  using Found = std::expected<std::string, std::string>;
  // In the workbench's thread. One that reads much asks now and then whether it is to stop.
  using Work = std::function<Found(const std::atomic<bool>& stop)>;

  Workbench() = default;
  ~Workbench();  // waits for the job that runs to see `stop`
  Workbench(const Workbench&) = delete;
  Workbench& operator=(const Workbench&) = delete;

  // Its number; nullopt: too many wait.
  std::optional<std::uint64_t> take(Tool tool, Work work);
  // {"job", "tool", "state": "waiting"|"running"|"done"|"failed", "error", "result"}; nullopt: no job has that number,
  // or it is kept no more.
  std::optional<std::string> json(std::uint64_t number) const;

  // The object must outlive `metrics`' last reading.
  void expose(observe::Metrics& metrics) const;

 private:
  enum class State : std::uint8_t { Waiting, Running, Over };
  struct Job {
    std::uint64_t number = 0;
    Tool tool = Tool::Check;
    State state = State::Waiting;
    Work work;
    Found found;
  };

  void run();
  Job* next_waiting();
  Job* find(std::uint64_t number);
  void forget_old();

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Job> jobs_;  // by number
  std::uint64_t last_ = 0;
  std::atomic<bool> stop_{false};
  std::thread thread_;  // from the first job on

  std::array<base::Counter, static_cast<std::size_t>(Tool::kCount)> done_, failed_;
  base::Counter refused_;
};

}  // namespace sbc::app
