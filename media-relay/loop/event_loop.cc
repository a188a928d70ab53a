#include "media-relay/loop/event_loop.h"

#include <event2/event.h>
#include <event2/thread.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <mutex>
#include <stdexcept>
#include <vector>

#include "media-relay/base/clock.h"
#include "media-relay/loop/event_loop_inner.h"
#include "media-relay/loop/limits.h"
#include "media-relay/loop/socket.h"

namespace loop {

struct TurnEnd::Inner {
  EventLoop::Inner* loop = nullptr;
  std::function<void()> at_end;
  bool requested = false;
  bool running = false;
  bool dead = false;
};

struct EventLoop::Inner {
  event_base* base = nullptr;
  event* wake_event = nullptr;
  event* pace_event = nullptr;
  Fd wake;
  std::atomic<bool> stopping{false};

  std::mutex mutex;
  std::vector<Task> posted;  // under mutex

  bool in_turn = false;
  bool now_known = false;
  base::Instant now{};
  std::vector<TurnEnd::Inner*> requested;  // null: destroyed meanwhile
  std::vector<TurnEnd::Inner*> running;

  void ring() const {
    const std::uint64_t one = 1;
    // The only possible failure is a counter at its maximum: the loop is then awake anyway.
    [[maybe_unused]] const ssize_t written = ::write(wake.get(), &one, sizeof one);
  }

  void turn(int flags) {
    in_turn = true;
    now_known = false;
    if (!requested.empty() || stopping.load(std::memory_order_acquire)) flags |= EVLOOP_NONBLOCK;
    event_base_loop(base, EVLOOP_ONCE | flags);
    run_posted();
    run_turn_ends();
    in_turn = false;
  }

  void run_posted() {
    std::vector<Task> tasks;
    {
      const std::lock_guard lock(mutex);
      tasks.swap(posted);
    }
    for (Task& task : tasks) {
      task();
      task = nullptr;  // what it holds goes now, not after the last of its batch
    }
  }

  void run_turn_ends() {
    for (int round = 0; round < kMostTurnEndRounds && !requested.empty(); ++round) {
      running.swap(requested);
      for (std::size_t i = 0; i < running.size(); ++i) {
        TurnEnd::Inner* const it = running[i];
        if (it == nullptr) continue;
        running[i] = nullptr;
        it->requested = false;
        it->running = true;
        it->at_end();
        it->running = false;
        if (it->dead) delete it;
      }
      running.clear();
    }
  }
};

namespace {

void on_wake(evutil_socket_t fd, short, void*) {
  std::uint64_t count = 0;
  [[maybe_unused]] const ssize_t got = ::read(fd, &count, sizeof count);
}

void on_pace(evutil_socket_t, short, void*) {}

event_base* make_base() {
  // libevent's few globals need locks; the bases themselves are used by one thread each and need none.
  static const bool threads_ready = evthread_use_pthreads() == 0;
  event_config* const config = event_config_new();
  if (!threads_ready || config == nullptr) throw std::runtime_error("libevent: no event loop");
  event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK | EVENT_BASE_FLAG_IGNORE_ENV);
  event_base* const made = event_base_new_with_config(config);
  event_config_free(config);
  if (made == nullptr) throw std::runtime_error("libevent: no event loop");
  return made;
}

}  // namespace

timeval to_timeval(base::Duration d) {
  const auto us = std::chrono::ceil<base::microseconds>(std::max(d, base::Duration::zero())).count();
  return timeval{.tv_sec = static_cast<time_t>(us / 1'000'000), .tv_usec = static_cast<suseconds_t>(us % 1'000'000)};
}

EventLoop::EventLoop() : inner_(std::make_unique<Inner>()) {
  inner_->base = make_base();
  inner_->wake = Fd(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
  if (!inner_->wake) throw std::runtime_error("eventfd: no descriptor left");
  inner_->wake_event = event_new(inner_->base, inner_->wake.get(), EV_READ | EV_PERSIST, on_wake, nullptr);
  inner_->pace_event = evtimer_new(inner_->base, on_pace, nullptr);
  if (inner_->wake_event == nullptr || inner_->pace_event == nullptr || event_add(inner_->wake_event, nullptr) != 0)
    throw std::runtime_error("libevent: no event");
}

EventLoop::~EventLoop() {
  std::vector<Task> left;
  {
    const std::lock_guard lock(inner_->mutex);
    left.swap(inner_->posted);
  }
  left.clear();
  event_free(inner_->wake_event);
  event_free(inner_->pace_event);
  event_base_free(inner_->base);
}

void EventLoop::run() {
  while (!inner_->stopping.load(std::memory_order_acquire)) inner_->turn(0);
  inner_->run_posted();
  inner_->run_turn_ends();
  inner_->stopping.store(false, std::memory_order_release);
}

void EventLoop::run_once(base::Duration most) {
  if (most <= base::Duration::zero()) {
    inner_->turn(EVLOOP_NONBLOCK);
    return;
  }
  const timeval wait = to_timeval(most);
  event_add(inner_->pace_event, &wait);
  inner_->turn(0);
  event_del(inner_->pace_event);
}

void EventLoop::stop() {
  inner_->stopping.store(true, std::memory_order_release);
  inner_->ring();
}

void EventLoop::post(Task task) {
  bool first = false;
  {
    const std::lock_guard lock(inner_->mutex);
    first = inner_->posted.empty();
    inner_->posted.push_back(std::move(task));
  }
  if (first) inner_->ring();
}

base::Instant EventLoop::now() {
  if (!inner_->in_turn) return base::monotonic_now();
  if (!inner_->now_known) {
    inner_->now = base::monotonic_now();
    inner_->now_known = true;
  }
  return inner_->now;
}

event_base* EventLoop::native() {
  return inner_->base;
}

TurnEnd::TurnEnd(EventLoop& loop, std::function<void()> at_end) : inner_(new Inner) {
  inner_->loop = loop.inner_.get();
  inner_->at_end = std::move(at_end);
}

TurnEnd::~TurnEnd() {
  if (inner_->requested) {
    std::ranges::replace(inner_->loop->requested, inner_, nullptr);
    std::ranges::replace(inner_->loop->running, inner_, nullptr);
  }
  if (inner_->running)
    inner_->dead = true;  // freed when its callback returns
  else
    delete inner_;
}

void TurnEnd::request() {
  if (inner_->requested) return;
  inner_->requested = true;
  inner_->loop->requested.push_back(inner_);
}

}  // namespace loop
