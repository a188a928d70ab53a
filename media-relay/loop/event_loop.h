#pragma once
// An event loop for one thread, on libevent. Everything here belongs to the thread that calls run(), except post() and
// stop(), which any thread may call.
//
// One turn of the loop: wait; read the clock once; call the watches and timers that are ready; run the posted tasks;
// run what asked for the end of the turn (TurnEnd), until nothing asks any more.

#include <functional>
#include <initializer_list>
#include <memory>

#include "media-relay/base/time.h"

struct event_base;

namespace loop {

// What post() carries: small, move-only.
using Task = std::move_only_function<void()>;

class EventLoop {
 public:
  EventLoop();  // throws std::runtime_error when the kernel refuses an event queue: start-up only
  ~EventLoop();
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  // Turns until stop(). Tasks posted before stop() are run before it returns. May be called again afterwards.
  void run();
  // One turn; waits no longer than `most`. For tests and for owners that pace themselves.
  void run_once(base::Duration most);
  // Any thread. Ends run() after the current turn; when no run() is active, ends the next one at once.
  void stop();
  // Any thread. Runs the task on the loop's thread in a later turn; tasks of one thread keep their order. A task that
  // is never run because the loop ended is destroyed with the loop.
  void post(Task task);

  // The time at which this turn woke up; the real clock outside run().
  base::Instant now();

  // libevent's object, for this room only.
  event_base* native();

 private:
  friend class TurnEnd;
  struct Inner;
  std::unique_ptr<Inner> inner_;
};

// One deadline that is moved again and again. The callback is called once for each arming, never before its instant.
class Timer {
 public:
  Timer(EventLoop& loop, std::function<void()> on_due);
  ~Timer();  // also from inside its callback
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

  // Replaces an earlier deadline. kNever disarms. An instant that has passed comes due in the next turn.
  void arm(base::Instant when);
  void cancel() { arm(base::kNever); }
  base::Instant deadline() const;  // kNever: not armed

 private:
  struct Inner;
  Inner* inner_;
};

struct Ready {
  bool read = false;
  bool write = false;
};

// Watches a file descriptor that somebody else owns (and must keep open while the watch lives); level-triggered.
// Read readiness is also reported for hang-up and error, so that the following read shows them.
class FdWatch {
 public:
  FdWatch(EventLoop& loop, int fd, std::function<void(Ready)> on_ready);
  ~FdWatch();  // also from inside its callback
  FdWatch(const FdWatch&) = delete;
  FdWatch& operator=(const FdWatch&) = delete;

  void want(Ready interest);  // starts with nothing
  Ready interest() const;

 private:
  struct Inner;
  Inner* inner_;
};

// Takes signals as events through a signalfd. The constructor blocks them in the calling thread and thus in the threads
// which that one starts later: make it before any other thread exists.
class SignalWatch {
 public:
  SignalWatch(EventLoop& loop, std::initializer_list<int> signals, std::function<void(int)> on_signal);
  ~SignalWatch();  // the signals stay blocked
  SignalWatch(const SignalWatch&) = delete;
  SignalWatch& operator=(const SignalWatch&) = delete;

 private:
  struct Inner;
  std::unique_ptr<Inner> inner_;
};

// Work that is worth doing once per turn, after everything else: flushing batches, arming the one timer anew.
// request() is cheap and idempotent; the callback then runs at the end of this turn (of the next when called outside).
class TurnEnd {
 public:
  TurnEnd(EventLoop& loop, std::function<void()> at_end);
  ~TurnEnd();  // also from inside its callback
  TurnEnd(const TurnEnd&) = delete;
  TurnEnd& operator=(const TurnEnd&) = delete;

  void request();

 private:
  friend class EventLoop;
  struct Inner;
  Inner* inner_;
};

}  // namespace loop
