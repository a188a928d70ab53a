// Timer, FdWatch and SignalWatch: libevent's events with owners.

#include <event2/event.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <stdexcept>

#include "media-relay/loop/event_loop.h"
#include "media-relay/loop/event_loop_inner.h"
#include "media-relay/loop/socket.h"

namespace loop {

struct Timer::Inner {
  EventLoop* loop = nullptr;
  event* due = nullptr;
  std::function<void()> on_due;
  base::Instant deadline = base::kNever;
  bool running = false;
  bool dead = false;

  ~Inner() {
    if (due != nullptr) event_free(due);
  }

  void schedule() {
    // A wait of more than a day is cut: it comes due early, sees that, and waits again. Guards the conversion.
    const base::Duration wait = std::min<base::Duration>(deadline - loop->now(), base::hours(24));
    const timeval tv = to_timeval(wait);
    event_add(due, &tv);
  }

  static void call(evutil_socket_t, short, void* self) {
    Inner* const it = static_cast<Inner*>(self);
    // libevent keeps time by a coarser clock than ours and may be some milliseconds early.
    if (it->deadline > it->loop->now()) return it->schedule();
    it->deadline = base::kNever;
    it->running = true;
    it->on_due();
    it->running = false;
    if (it->dead) delete it;
  }
};

Timer::Timer(EventLoop& loop, std::function<void()> on_due) : inner_(new Inner) {
  inner_->loop = &loop;
  inner_->on_due = std::move(on_due);
  inner_->due = evtimer_new(loop.native(), Inner::call, inner_);
}

Timer::~Timer() {
  if (!inner_->running) {
    delete inner_;
    return;
  }
  inner_->dead = true;
  event_del(inner_->due);
}

void Timer::arm(base::Instant when) {
  if (when == inner_->deadline) return;
  inner_->deadline = when;
  if (when == base::kNever)
    event_del(inner_->due);
  else
    inner_->schedule();
}

base::Instant Timer::deadline() const {
  return inner_->deadline;
}

struct FdWatch::Inner {
  event* readable = nullptr;
  event* writable = nullptr;
  std::function<void(Ready)> on_ready;
  Ready interest;
  bool running = false;
  bool dead = false;

  ~Inner() {
    if (readable != nullptr) event_free(readable);
    if (writable != nullptr) event_free(writable);
  }

  static void call(evutil_socket_t, short what, void* self) {
    Inner* const it = static_cast<Inner*>(self);
    if (it->dead) return;
    it->running = true;
    it->on_ready(Ready{.read = (what & EV_READ) != 0, .write = (what & EV_WRITE) != 0});
    it->running = false;
    if (it->dead) delete it;
  }
};

FdWatch::FdWatch(EventLoop& loop, int fd, std::function<void(Ready)> on_ready) : inner_(new Inner) {
  inner_->on_ready = std::move(on_ready);
  inner_->readable = event_new(loop.native(), fd, EV_READ | EV_PERSIST, Inner::call, inner_);
  inner_->writable = event_new(loop.native(), fd, EV_WRITE | EV_PERSIST, Inner::call, inner_);
}

FdWatch::~FdWatch() {
  want({});
  if (inner_->running)
    inner_->dead = true;
  else
    delete inner_;
}

void FdWatch::want(Ready interest) {
  if (interest.read != inner_->interest.read)
    interest.read ? event_add(inner_->readable, nullptr) : event_del(inner_->readable);
  if (interest.write != inner_->interest.write)
    interest.write ? event_add(inner_->writable, nullptr) : event_del(inner_->writable);
  inner_->interest = interest;
}

Ready FdWatch::interest() const {
  return inner_->interest;
}

struct SignalWatch::Inner {
  Fd fd;
  std::function<void(int)> on_signal;
  std::unique_ptr<FdWatch> watch;
};

SignalWatch::SignalWatch(EventLoop& loop, std::initializer_list<int> signals, std::function<void(int)> on_signal)
    : inner_(std::make_unique<Inner>()) {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : signals) sigaddset(&set, signal);
  if (pthread_sigmask(SIG_BLOCK, &set, nullptr) != 0) throw std::runtime_error("signals cannot be blocked");
  inner_->fd = Fd(::signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC));
  if (!inner_->fd) throw std::runtime_error("signalfd: no descriptor left");
  inner_->on_signal = std::move(on_signal);
  inner_->watch = std::make_unique<FdWatch>(loop, inner_->fd.get(), [inner = inner_.get()](Ready) {
    // One per call: the callback may destroy the watch. Level-triggered, the next one comes in the next turn.
    signalfd_siginfo info{};
    if (::read(inner->fd.get(), &info, sizeof info) == static_cast<ssize_t>(sizeof info))
      inner->on_signal(static_cast<int>(info.ssi_signo));
  });
  inner_->watch->want({.read = true});
}

SignalWatch::~SignalWatch() = default;

}  // namespace loop
