#include "media-relay/loop/event_loop.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <optional>
#include <thread>
#include <vector>

#include "media-relay/base/clock.h"
#include "media-relay/loop/limits.h"
#include "media-relay/loop/socket.h"

namespace loop {
namespace {

using testing::ElementsAre;

struct Pair {
  Fd a;
  Fd b;
};

Pair socket_pair() {
  int fds[2];
  EXPECT_EQ(0, ::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds));
  return {Fd(fds[0]), Fd(fds[1])};
}

TEST(EventLoop, RunsPostedTasksInOrderBeforeItStops) {
  EventLoop loop;
  std::vector<int> ran;
  for (int i = 0; i < 3; ++i) loop.post([&ran, i] { ran.push_back(i); });
  loop.stop();
  loop.run();
  EXPECT_THAT(ran, ElementsAre(0, 1, 2));
}

TEST(EventLoop, RunsAgainAfterItWasStopped) {
  EventLoop loop;
  int turns = 0;
  for (int i = 0; i < 2; ++i) {
    loop.post([&] {
      ++turns;
      loop.stop();
    });
    loop.run();
  }
  EXPECT_EQ(2, turns);
}

TEST(EventLoop, TakesTasksFromOtherThreadsWithoutLosingAny) {
  EventLoop loop;
  constexpr int kThreads = 4;
  constexpr int kTasks = 2000;
  int ran = 0;  // touched by the loop's thread only
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t)
    threads.emplace_back([&] {
      for (int i = 0; i < kTasks; ++i)
        loop.post([&] {
          if (++ran == kThreads * kTasks) loop.stop();
        });
    });
  loop.run();
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(kThreads * kTasks, ran);
}

TEST(EventLoop, StopsFromAnotherThread) {
  EventLoop loop;
  bool ran_before = false;
  bool ran_after = false;
  std::thread other([&] {
    loop.post([&] { ran_before = true; });
    loop.stop();
  });
  loop.run();
  other.join();
  EXPECT_TRUE(ran_before) << "what was posted before stop() is run";
  loop.post([&] { ran_after = true; });
  EXPECT_FALSE(ran_after) << "nobody turns the loop any more";
  loop.run_once(base::Duration::zero());
  EXPECT_TRUE(ran_after);
}

TEST(EventLoop, TaskPostedByTaskRunsInALaterTurn) {
  EventLoop loop;
  std::vector<int> ran;
  loop.post([&] {
    loop.post([&] { ran.push_back(2); });
    ran.push_back(1);
  });
  loop.run_once(base::Duration::zero());
  EXPECT_THAT(ran, ElementsAre(1));
  loop.run_once(base::Duration::zero());
  EXPECT_THAT(ran, ElementsAre(1, 2));
}

TEST(EventLoop, DestroysTasksThatNeverRan) {
  auto token = std::make_shared<int>(1);
  const std::weak_ptr<int> watch = token;
  {
    EventLoop loop;
    loop.post([held = std::move(token)] {});
  }
  EXPECT_TRUE(watch.expired());
}

TEST(EventLoop, KeepsItsClockStillDuringATurn) {
  EventLoop loop;
  loop.post([&] {
    const base::Instant before = loop.now();
    while (base::monotonic_now() <= before) {
    }
    EXPECT_EQ(before, loop.now());
    loop.stop();
  });
  loop.run();
}

TEST(EventLoop, RunOnceComesBackWithNothingToDo) {
  EventLoop loop;
  const base::Instant start = base::monotonic_now();
  loop.run_once(base::milliseconds(5));
  EXPECT_LT(base::monotonic_now() - start, base::seconds(30));
}

TEST(TurnEnd, RunsOnceAfterEventsAndTasks) {
  EventLoop loop;
  std::vector<std::string> ran;
  TurnEnd end(loop, [&] { ran.push_back("end"); });
  loop.post([&] {
    end.request();
    end.request();
    ran.push_back("first");
  });
  loop.post([&] { ran.push_back("second"); });
  loop.run_once(base::Duration::zero());
  EXPECT_THAT(ran, ElementsAre("first", "second", "end"));
}

TEST(TurnEnd, RequestedAtTheEndOfATurnRunsInTheSameTurn) {
  EventLoop loop;
  std::vector<int> ran;
  TurnEnd flush(loop, [&] { ran.push_back(2); });
  TurnEnd work(loop, [&] {
    ran.push_back(1);
    flush.request();
  });
  loop.post([&] { work.request(); });
  loop.run_once(base::Duration::zero());
  EXPECT_THAT(ran, ElementsAre(1, 2));
}

TEST(TurnEnd, ThatAsksForItselfForeverDoesNotHoldTheLoop) {
  EventLoop loop;
  int ran = 0;
  TurnEnd* self = nullptr;
  TurnEnd end(loop, [&] {
    ++ran;
    self->request();
  });
  self = &end;
  end.request();
  loop.run_once(base::hours(1));
  EXPECT_EQ(kMostTurnEndRounds, ran);
  loop.run_once(base::hours(1));
  EXPECT_EQ(2 * kMostTurnEndRounds, ran);
}

TEST(TurnEnd, RequestedOutsideATurnWakesTheNextOne) {
  EventLoop loop;
  bool ran = false;
  TurnEnd end(loop, [&] { ran = true; });
  end.request();
  loop.run_once(base::hours(1));
  EXPECT_TRUE(ran);
}

TEST(TurnEnd, MayBeDestroyedByAnotherAndByItself) {
  EventLoop loop;
  int ran = 0;
  std::optional<TurnEnd> second;
  std::optional<TurnEnd> first;
  first.emplace(loop, [&] {
    ++ran;
    second.reset();
    first.reset();
  });
  second.emplace(loop, [&] { ++ran; });
  first->request();
  second->request();
  loop.run_once(base::Duration::zero());
  EXPECT_EQ(1, ran);
}

TEST(Timer, ComesDueOnceAndNotBeforeItsInstant) {
  EventLoop loop;
  const base::Instant when = base::monotonic_now() + base::milliseconds(3);
  int calls = 0;
  Timer timer(loop, [&] {
    ++calls;
    EXPECT_GE(loop.now(), when);
    loop.stop();
  });
  timer.arm(when);
  EXPECT_EQ(when, timer.deadline());
  loop.run();
  EXPECT_EQ(1, calls);
  EXPECT_EQ(base::kNever, timer.deadline());
}

TEST(Timer, ArmedInThePastComesDueAtOnce) {
  EventLoop loop;
  Timer timer(loop, [&] { loop.stop(); });
  timer.arm(base::Instant(base::Duration(1)));
  loop.run();
}

TEST(Timer, FarAwayDeadlinesAreAcceptedAndCancelled) {
  EventLoop loop;
  bool due = false;
  Timer timer(loop, [&] { due = true; });
  timer.arm(base::monotonic_now() + base::hours(24 * 365 * 50));
  loop.run_once(base::Duration::zero());
  timer.cancel();
  loop.run_once(base::Duration::zero());
  EXPECT_FALSE(due);
}

TEST(Timer, MovedEarlierUsesTheNewDeadline) {
  EventLoop loop;
  Timer timer(loop, [&] { loop.stop(); });
  timer.arm(base::monotonic_now() + base::hours(10));
  timer.arm(base::monotonic_now() + base::milliseconds(1));
  loop.run();
}

TEST(Timer, MayRearmOrDestroyItselfInItsCallback) {
  EventLoop loop;
  int calls = 0;
  std::optional<Timer> timer;
  timer.emplace(loop, [&] {
    if (++calls < 3) return timer->arm(loop.now());
    timer.reset();
    loop.stop();
  });
  timer->arm(base::monotonic_now());
  loop.run();
  EXPECT_EQ(3, calls);
}

TEST(FdWatch, TellsReadAndWriteReadiness) {
  EventLoop loop;
  Pair pair = socket_pair();
  bool read = false;
  bool write = false;
  FdWatch watch(loop, pair.a.get(), [&](Ready ready) {
    read |= ready.read;
    write |= ready.write;
  });
  watch.want({.write = true});
  loop.run_once(base::Duration::zero());
  EXPECT_TRUE(write);
  EXPECT_FALSE(read);
  watch.want({.read = true});
  ASSERT_EQ(1, ::write(pair.b.get(), "x", 1));
  loop.run_once(base::seconds(10));
  EXPECT_TRUE(read);
}

TEST(FdWatch, ReportsHangUpAsReadable) {
  EventLoop loop;
  Pair pair = socket_pair();
  bool read = false;
  FdWatch watch(loop, pair.a.get(), [&](Ready ready) { read = ready.read; });
  watch.want({.read = true});
  pair.b.reset();
  loop.run_once(base::seconds(10));
  EXPECT_TRUE(read);
}

TEST(FdWatch, MayBeDestroyedInItsCallback) {
  EventLoop loop;
  Pair pair = socket_pair();
  int calls = 0;
  std::optional<FdWatch> watch;
  watch.emplace(loop, pair.a.get(), [&](Ready) {
    ++calls;
    watch.reset();
  });
  ASSERT_EQ(1, ::write(pair.b.get(), "x", 1));
  watch->want({.read = true, .write = true});  // both become ready in one turn
  loop.run_once(base::seconds(10));
  loop.run_once(base::Duration::zero());
  EXPECT_EQ(1, calls);
}

TEST(SignalWatch, TurnsSignalsIntoEvents) {
  EventLoop loop;
  std::vector<int> got;
  SignalWatch watch(loop, {SIGUSR1, SIGUSR2}, [&](int signal) {
    got.push_back(signal);
    if (got.size() == 2) loop.stop();
  });
  // To this thread, which has them blocked: other threads of the test program have not.
  ::pthread_kill(::pthread_self(), SIGUSR1);
  ::pthread_kill(::pthread_self(), SIGUSR2);
  loop.run();
  EXPECT_THAT(got, testing::UnorderedElementsAre(SIGUSR1, SIGUSR2));
}

TEST(Socket, EndpointsSurviveTheKernelsForm) {
  for (const char* text : {"192.0.2.1:5060", "[2001:db8::1]:5061", "0.0.0.0:0"}) {
    const base::Endpoint endpoint = *base::Endpoint::parse(text);
    EXPECT_EQ(endpoint, from_kernel(to_kernel(endpoint).storage)) << text;
  }
}

TEST(Socket, BindErrorsNameTheAddressAndTheReason) {
  const auto first = open_bound(SocketKind::Datagram, *base::Endpoint::parse("127.0.0.1:0"));
  ASSERT_TRUE(first.has_value()) << first.error();
  const base::Endpoint taken = local_endpoint(first->get());
  const auto second = open_bound(SocketKind::Datagram, taken);
  ASSERT_FALSE(second.has_value());
  EXPECT_EQ("bind " + taken.text() + ": Address already in use", second.error());
}

TEST(Socket, ReusePortSharesAPortBetweenSockets) {
  const auto first = open_bound(SocketKind::Datagram, *base::Endpoint::parse("127.0.0.1:0"), {.reuse_port = true});
  ASSERT_TRUE(first.has_value()) << first.error();
  EXPECT_TRUE(open_bound(SocketKind::Datagram, local_endpoint(first->get()), {.reuse_port = true}).has_value());
}

}  // namespace
}  // namespace loop
