#pragma once
// A candidate policy beside the one that decides: it is told what the running one was told, with the answers that that
// got, and what it would have decided is compared (sbc/replay). It acts on nothing: it has a Host of its own, in a
// thread of its own that steps back behind the shards (nice 19), and its log lines are nobody's.
//
// Shards pay for the values of an invocation and one entry of a queue: no lock, no system call. What the candidate
// cannot keep up with is dropped, and counted.

#include <array>
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "media-relay/base/counter.h"
#include "media-relay/observe/log.h"
#include "media-relay/observe/metrics.h"

#include "sbc/app/config.h"
#include "sbc/app/hearing.h"
#include "sbc/app/invocation_queue.h"
#include "sbc/app/shadow_report.h"
#include "sbc/policy/bundle.h"

namespace sbc::app {

class Shadow final : public Hearer {
 public:
  // Waiting for the candidate, each some 20 kB: a fifth of a second of a busy border.
  static constexpr std::size_t kMaxQueued = 1024;
  // The reader looks this often when nothing has come: nobody wakes it, since waking is a system call of a shard.
  static constexpr base::Duration kNap = base::milliseconds(5);

  explicit Shadow(observe::Log& log) : log_(log) {}
  ~Shadow() override;
  Shadow(const Shadow&) = delete;
  Shadow& operator=(const Shadow&) = delete;

  // The orders, from one thread; none of them waits. Loading a candidate takes up to what the limits of the
  // configuration allow, so the shadow's thread does it: what became of it is in standing().

  // A candidate, instead of the one that there may be; `share` of the decisions, above 0 and up to 1. Its number.
  std::uint64_t start(policy::Bundle candidate, double share, std::shared_ptr<const Config> config);
  // The same candidate under another configuration, with counts from nought: the policy that decides may be another
  // one. A candidate that cannot be loaded there ends. Nothing, when there is none.
  void reload(std::shared_ptr<const Config> config);
  // False: there is none.
  bool stop();

  // Any thread.
  ShadowStanding standing() const;
  bool alive() const { return alive_.load(); }  // there is a thread

  // Draws lots: of all decisions `share` are wanted.
  bool wants() const override;
  // What the candidate has a handler for.
  bool listens(policy::Handler handler) const override {
    return (listens_.load(std::memory_order_relaxed) >> static_cast<unsigned>(handler) & 1U) != 0;
  }
  void heard(const std::shared_ptr<const retell::Invocation>& invocation) override;

  // The object must outlive `metrics`' last reading.
  void expose(observe::Metrics& metrics) const;

 private:
  struct Order {
    std::uint64_t number = 0;
    std::shared_ptr<const policy::Bundle> candidate;
    double share = 1;
    std::shared_ptr<const Config> config;
  };
  using Counts = std::array<base::Counter, policy::kHandlerCount>;

  void give(Order order);
  void want_nothing();

  // The thread's own.
  void run();
  void serve();
  bool next(std::optional<Order>& order, bool has_policy);
  bool leave();
  std::unique_ptr<policy::Host> load(const Order& order);
  void tell_some(policy::Host& host);
  void tell(policy::Host& host, const retell::Invocation& invocation);
  void discard(base::Counter& reason);
  void note_cost(const policy::Host* host);

  observe::Log& log_;
  InvocationQueue<kMaxQueued> queue_;
  static_assert(policy::kHandlerCount <= 32);
  std::atomic<bool> wants_{false};
  std::atomic<std::uint32_t> listens_{0};  // a bit for each handler; 0 while nothing is wanted
  std::atomic<std::uint64_t> lots_{0};     // of 2^32
  std::atomic<bool> alive_{false};

  // Since the process began.
  Counts told_, different_, failed_, unanswered_;
  std::atomic<std::uint64_t> dropped_full_{0};
  base::Counter dropped_replaced_, dropped_stopped_, dropped_unreadable_;
  base::Counter cpu_ns_;
  base::Gauge memory_;

  std::optional<Order> wanted_;  // whoever orders: the last one
  std::uint64_t orders_ = 0;
  std::thread thread_;

  // Held for moments, and by no shard.
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<Order> next_;
  bool ends_ = false;
  bool over_ = true;  // the thread takes no order any more
  ShadowStanding standing_;

  // The thread's own.
  std::uint64_t cpu_before_ = 0;         // nanoseconds, of threads that are gone
  std::uint64_t candidate_cpu_ = 0;      // cpu_ns_ when this candidate came
  std::uint64_t candidate_dropped_ = 0;  // dropped_full_ then
};

}  // namespace sbc::app
