#include "sbc/app/shadow.h"

#include <sys/resource.h>
#include <unistd.h>

#include <cmath>
#include <ctime>
#include <utility>

#include "media-relay/base/clock.h"
#include "media-relay/base/random.h"

#include "sbc/history/history.h"
#include "sbc/retell/retell.h"

namespace sbc::app {
namespace {

constexpr double kLots = 4294967296.0;  // 2^32
constexpr int kLowest = 19;             // nice: only what nobody else wants
constexpr int kAtOnce = 64;             // decisions between two looks at orders

std::uint64_t thread_cpu_ns() {
  timespec used{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
  return static_cast<std::uint64_t>(used.tv_sec) * 1'000'000'000 + static_cast<std::uint64_t>(used.tv_nsec);
}

std::uint32_t handlers_of(const policy::Host& host) {
  std::uint32_t handlers = 0;
  for (std::size_t i = 0; i < policy::kHandlerCount; ++i)
    if (host.has(static_cast<policy::Handler>(i))) handlers |= std::uint32_t{1} << i;
  return handlers;
}

}  // namespace

Shadow::~Shadow() {
  stop();
  if (thread_.joinable()) thread_.join();
}

std::uint64_t Shadow::start(policy::Bundle candidate, double share, std::shared_ptr<const Config> config) {
  give({.number = ++orders_,
        .candidate = std::make_shared<const policy::Bundle>(std::move(candidate)),
        .share = share,
        .config = std::move(config)});
  return orders_;
}

void Shadow::reload(std::shared_ptr<const Config> config) {
  {
    const std::lock_guard lock(mutex_);
    if (!wanted_ || over_) return;  // one that could not be loaded has ended
  }
  Order order = *wanted_;
  order.config = std::move(config);
  give(std::move(order));
}

void Shadow::give(Order order) {
  wanted_ = order;
  bool begins = false;
  {
    const std::lock_guard lock(mutex_);
    want_nothing();
    lots_.store(static_cast<std::uint64_t>(std::llround(order.share * kLots)));
    standing_ = {};
    standing_.state = ShadowState::Loading;
    standing_.order = order.number;
    standing_.main = order.candidate->main();
    standing_.share = order.share;
    next_ = std::move(order);
    ends_ = false;  // one that was about to end goes on with this
    begins = std::exchange(over_, false);
  }
  if (begins) {
    if (thread_.joinable()) thread_.join();  // it has said that it is over: it returns at once
    alive_.store(true);
    thread_ = std::thread([this] { run(); });
  }
  changed_.notify_one();
}

bool Shadow::stop() {
  wanted_.reset();
  {
    const std::lock_guard lock(mutex_);
    if (over_) return false;
    want_nothing();
    next_.reset();
    ends_ = true;
    standing_.state = ShadowState::Stopped;
    if (standing_.since != 0) standing_.until = base::wall_now().seconds;
  }
  changed_.notify_one();
  return true;
}

ShadowStanding Shadow::standing() const {
  const std::lock_guard lock(mutex_);
  return standing_;
}

void Shadow::want_nothing() {
  wants_.store(false);
  listens_.store(0, std::memory_order_relaxed);
}

bool Shadow::wants() const {
  if (!wants_.load(std::memory_order_relaxed)) return false;
  // By chance, not each n-th: handlers take turns.
  thread_local base::SystemRandom random;
  const std::uint64_t lots = lots_.load(std::memory_order_relaxed);
  return static_cast<double>(lots) >= kLots || (random.next() >> 32U) < lots;
}

void Shadow::heard(const std::shared_ptr<const retell::Invocation>& invocation) {
  if (!queue_.push(invocation)) dropped_full_.fetch_add(1, std::memory_order_relaxed);
}

void Shadow::run() {
  setpriority(PRIO_PROCESS, static_cast<id_t>(gettid()), kLowest);
  do serve();
  while (!leave());
  cpu_before_ = cpu_ns_.value();
  alive_.store(false);
}

// Until it is told to end, or has nothing to run.
void Shadow::serve() {
  std::unique_ptr<policy::Host> host;
  std::optional<Order> order;
  while (next(order, host != nullptr)) {
    if (order) {
      discard(dropped_replaced_);
      host = nullptr;  // before the next: two at once are twice the memory
      host = load(*order);
    }
    if (host != nullptr) tell_some(*host);
    note_cost(host.get());
  }
  discard(dropped_stopped_);
  host = nullptr;
  note_cost(nullptr);
}

bool Shadow::next(std::optional<Order>& order, bool has_policy) {
  std::unique_lock lock(mutex_);
  if (has_policy && queue_.size() == 0) changed_.wait_for(lock, kNap, [this] { return ends_ || next_; });
  order = std::exchange(next_, std::nullopt);
  return order || (has_policy && !ends_);
}

// False: an order has come meanwhile.
bool Shadow::leave() {
  const std::lock_guard lock(mutex_);
  over_ = !next_;
  return over_;
}

std::unique_ptr<policy::Host> Shadow::load(const Order& order) {
  candidate_cpu_ = cpu_ns_.value();
  candidate_dropped_ = dropped_full_.load(std::memory_order_relaxed);
  const std::string hash = history::hash_of(*order.candidate);
  const Config& config = *order.config;
  auto host =
      policy::Host::load(*order.candidate, config.policy_limits, config.policy_environment, config.policy_fallback);
  const std::string error = host ? "" : host.error().message();
  if (host) {
    log_.info("a policy shadows the one that decides",
              {{"policy", order.candidate->main()}, {"hash", hash}, {"share", order.share}});
  } else {
    log_.error("the policy that should shadow cannot be loaded: nothing shadows",
               {{"policy", order.candidate->main()}, {"error", error}});
  }
  const std::lock_guard lock(mutex_);
  if (next_ || ends_) return nullptr;
  standing_.hash = hash;
  standing_.error = error;
  if (!host) {
    standing_.state = ShadowState::Failed;
    return nullptr;
  }
  standing_.state = ShadowState::Running;
  standing_.since = base::wall_now().seconds;
  listens_.store(handlers_of(**host), std::memory_order_relaxed);
  wants_.store(true);
  return *std::move(host);
}

void Shadow::tell_some(policy::Host& host) {
  for (int i = 0; i < kAtOnce; ++i) {
    const auto invocation = queue_.pop();
    if (invocation == nullptr) return;
    tell(host, *invocation);
  }
}

void Shadow::tell(policy::Host& host, const retell::Invocation& invocation) {
  const auto at = static_cast<std::size_t>(invocation.handler);
  const auto retold = retell::retell(host, invocation);
  if (!retold) {
    dropped_unreadable_.add();
    const std::lock_guard lock(mutex_);
    if (standing_.state == ShadowState::Running) standing_.comparison.cannot_tell(retold.error());
    return;
  }
  const bool failed = !retold->error.empty();
  const bool guesses = !retold->unanswered.empty();
  told_[at].add();
  if (!retell::same(invocation, *retold)) different_[at].add();
  if (failed) failed_[at].add();
  if (guesses) unanswered_[at].add();
  const std::lock_guard lock(mutex_);
  if (standing_.state != ShadowState::Running) return;  // this was for the candidate before, or it has been stopped
  standing_.comparison.add(invocation, *retold);
  if (failed) ++standing_.failed[at];
  if (guesses) ++standing_.unanswered[at];
}

void Shadow::discard(base::Counter& reason) {
  while (queue_.pop() != nullptr) reason.add();
}

void Shadow::note_cost(const policy::Host* host) {
  cpu_ns_.set(cpu_before_ + thread_cpu_ns());
  const std::uint64_t bytes = host != nullptr ? host->memory_in_use() : 0;
  memory_.set(static_cast<std::int64_t>(bytes));
  const std::lock_guard lock(mutex_);
  if (standing_.state != ShadowState::Running) return;
  standing_.cpu_seconds = static_cast<double>(cpu_ns_.value() - candidate_cpu_) / 1e9;
  standing_.memory_bytes = bytes;
  standing_.dropped = dropped_full_.load(std::memory_order_relaxed) - candidate_dropped_;
}

void Shadow::expose(observe::Metrics& metrics) const {
  const auto by_handler = [&metrics](const std::string& name, const std::string& help, const Counts& counts) {
    for (std::size_t i = 0; i < counts.size(); ++i)
      metrics.counter(name, help, {{"handler", std::string(policy::name_of(static_cast<policy::Handler>(i)))}},
                      counts[i]);
  };
  metrics.gauge("parapet_policy_shadow_running", "1 while there is a thread for a policy that shadows.", {},
                [this] { return alive() ? 1.0 : 0.0; });
  by_handler("parapet_policy_shadow_invocations_total", "Decisions that a shadowing policy made again.", told_);
  by_handler("parapet_policy_shadow_differences_total", "... of them, otherwise than the policy that decided.",
             different_);
  by_handler("parapet_policy_shadow_failures_total", "... of them, those in which its handler failed.", failed_);
  by_handler("parapet_policy_shadow_unanswered_total",
             "... of them, those in which it asked what the policy that decided had not asked.", unanswered_);
  const char* const dropped = "parapet_policy_shadow_dropped_total";
  const char* const help = "Decisions that a shadowing policy was not told of, by reason.";
  metrics.counter(dropped, help, {{"reason", "queue"}},
                  [this] { return static_cast<double>(dropped_full_.load(std::memory_order_relaxed)); });
  metrics.counter(dropped, help, {{"reason", "replaced"}}, dropped_replaced_);
  metrics.counter(dropped, help, {{"reason", "stopped"}}, dropped_stopped_);
  metrics.counter(dropped, help, {{"reason", "unreadable"}}, dropped_unreadable_);
  metrics.counter("parapet_policy_shadow_cpu_seconds_total", "CPU time of the thread for policies that shadow.", {},
                  [this] { return static_cast<double>(cpu_ns_.value()) / 1e9; });
  metrics.gauge("parapet_policy_shadow_memory_bytes", "Memory that a shadowing policy holds.", {}, memory_);
  metrics.gauge("parapet_policy_shadow_queue", "Decisions that wait for a shadowing policy.", {},
                [this] { return static_cast<double>(queue_.size()); });
}

}  // namespace sbc::app
