#include "sbc/register/keep_alive.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "sbc/register/limits.h"
#include "sbc/register/memory_store.h"
#include "sbc/sip/parser.h"

namespace sbc::registrar {
namespace {

using base::seconds;
using policy::KeepAlive;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

constexpr const char* kAor = "sip:anna@example.org";

class KeepAliveTest : public ::testing::Test {
 protected:
  KeepAliveTest() {
    wish = {.method = KeepAlive::Options,
            .interval = seconds(30),
            .silence = {.action = SilencePolicy::Action::Unbind, .misses = 2},
            .realm = "access",
            .sent_by = "192.0.2.1:5060",
            .host = "example.org"};
  }
  // A REGISTER that was accepted.
  void bind(const std::string& call_id = "one", const std::string& remote = "198.51.100.7:40001",
            sip::Transport transport = sip::Transport::Udp, const std::string& path = {}) {
    Update update;
    update.aor = kAor;
    update.call_id = call_id;
    update.cseq = ++cseq;
    update.flow = {transport, 0, *base::Endpoint::parse(remote), {}};
    update.path = path;
    update.max_contacts = 10;
    ContactChange change;
    change.uri = "sip:anna@10.0.0.5;x=" + call_id;
    change.expires_s = 600;
    update.changes.push_back(change);
    ASSERT_TRUE(store.apply(update, now));
    auto bindings = store.lookup(kAor, now);
    std::erase_if(bindings, [&](const Binding& b) { return b.call_id != call_id; });
    keep_alives.registered(bindings, wish, now);
  }
  void pass(base::Duration time) {
    now += time;
    out = {};
    keep_alives.on_deadline(now, out);
  }
  // Until the next ping; how long it took.
  base::Duration next() {
    const auto before = now;
    do pass(keep_alives.next_deadline() - now);
    while (out.pings.empty() && keep_alives.next_deadline() != base::kNever);
    return now - before;
  }
  void silence() {
    const auto id = out.pings.back().id;
    out = {};
    keep_alives.on_silence(id, now, out);
  }

  base::Instant now{base::hours(1)};
  base::SeededRandom random{5};
  sip::Minter minter{{1, 2}, 0};
  MemoryLocationStore store;
  KeepAlives keep_alives{store, minter, random};
  KeepAlives::Wish wish;
  KeepAlives::Output out;
  std::uint32_t cseq = 0;
};

TEST_F(KeepAliveTest, OptionsGoOverTheFlowToTheContact) {
  bind();
  EXPECT_LE(next(), seconds(30));
  ASSERT_THAT(out.pings, SizeIs(1));
  EXPECT_EQ(out.pings[0].hop.remote.text(), "198.51.100.7:40001");
  const auto request = sip::parse(*out.pings[0].bytes).message;
  ASSERT_NE(request, nullptr);
  EXPECT_EQ(request->method(), sip::Method::Options);
  EXPECT_EQ(request->request_uri_text(), "sip:anna@10.0.0.5;x=one");
  EXPECT_EQ(request->top_via().branch, out.pings[0].branch);
  const auto before = request->cseq().number;
  keep_alives.on_answer(out.pings[0].id, now);
  const auto wait = next();
  EXPECT_GE(wait, seconds(30) * 3 / 4);
  EXPECT_LE(wait, seconds(30));
  EXPECT_EQ(sip::parse(*out.pings[0].bytes).message->cseq().number, before + 1);
  EXPECT_EQ(keep_alives.counters().options, 2U);
  EXPECT_EQ(keep_alives.counters().answered, 1U);
}

TEST_F(KeepAliveTest, NoneIsSentWhileOneIsUnderWay) {
  bind();
  next();
  pass(base::minutes(5));
  EXPECT_THAT(out.pings, IsEmpty());
}

// RFC 5626 4.4.1; RFC 8489 5, 6.3.
TEST_F(KeepAliveTest, LineEndsAndStunNeedNoAnswer) {
  wish.method = KeepAlive::Crlf;
  bind();
  next();
  EXPECT_EQ(*out.pings[0].bytes, "\r\n\r\n");
  EXPECT_EQ(out.pings[0].id, 0U);
  EXPECT_LE(next(), seconds(30));

  wish.method = KeepAlive::Stun;
  bind();
  next();
  ASSERT_THAT(*out.pings[0].bytes, SizeIs(20));
  EXPECT_EQ(out.pings[0].bytes->substr(0, 8), std::string("\x00\x11\x00\x00\x21\x12\xa4\x42", 8));
  bind("one", "198.51.100.7:40001", sip::Transport::Tcp);
  next();
  EXPECT_EQ(*out.pings[0].bytes, "\r\n\r\n") << "on a stream";
  EXPECT_EQ(keep_alives.counters().stun, 1U);
}

TEST_F(KeepAliveTest, PhonesThatRegisterTogetherAreSpread) {
  std::set<base::Instant> times;
  for (int i = 0; i < 100; ++i) {
    store.remove_aor(kAor);
    bind("call-" + std::to_string(i));
    times.insert(keep_alives.next_deadline());
  }
  EXPECT_GT(times.size(), 3U);
  EXPECT_EQ(keep_alives.size(), 100U);
  EXPECT_LT(*times.begin(), now + seconds(3)) << "the first of a hundred comes early";
}

TEST_F(KeepAliveTest, ARefreshDoesNotPushThePingAway) {
  bind();
  const auto due = keep_alives.next_deadline();
  bind();
  EXPECT_EQ(keep_alives.next_deadline(), due);
}

TEST_F(KeepAliveTest, WhatIsNoLongerBoundIsForgotten) {
  bind();
  store.remove_aor(kAor);
  next();
  EXPECT_THAT(out.pings, IsEmpty());
  EXPECT_EQ(keep_alives.size(), 0U);
  bind();
  bind("one", "198.51.100.7:50000");  // moved: the new flow is kept open
  next();
  EXPECT_EQ(out.pings[0].hop.remote.port, 50000);
}

TEST_F(KeepAliveTest, ThePolicyMayChangeItsMind) {
  bind();
  wish.method = KeepAlive::None;
  bind();
  EXPECT_EQ(keep_alives.size(), 0U);
  EXPECT_EQ(keep_alives.next_deadline(), base::kNever);
}

// RFC 5626 5.4: the edge proxy's business.
TEST_F(KeepAliveTest, APhoneBehindAProxyIsLeftToTheProxy) {
  bind("one", "198.51.100.7:40001", sip::Transport::Udp, "<sip:198.51.100.7;lr>");
  EXPECT_EQ(keep_alives.size(), 0U);
}

TEST_F(KeepAliveTest, ASilentPhoneIsUnboundAfterSoManyMisses) {
  bind();
  next();
  silence();
  EXPECT_THAT(store.lookup(kAor, now), SizeIs(1));
  next();
  silence();
  EXPECT_THAT(store.lookup(kAor, now), IsEmpty());
  ASSERT_THAT(out.lost, SizeIs(1));
  EXPECT_EQ(out.lost[0].realm, "access");
  EXPECT_EQ(out.lost[0].call_id, "one");
  EXPECT_EQ(keep_alives.counters().unbound, 1U);
  EXPECT_EQ(keep_alives.size(), 0U);
}

TEST_F(KeepAliveTest, MissesCountInARow) {
  bind();
  for (int i = 0; i < 4; ++i) {
    next();
    silence();
    next();
    keep_alives.on_answer(out.pings[0].id, now);
  }
  EXPECT_THAT(store.lookup(kAor, now), SizeIs(1));
}

TEST_F(KeepAliveTest, AMarkedPhoneIsCalledLastUntilItAnswers) {
  wish.silence = {.action = SilencePolicy::Action::Mark, .misses = 1};
  bind("old");
  now += seconds(1);
  wish.method = KeepAlive::None;
  bind("new");
  const auto order = [&] {
    std::vector<std::string> found;
    for (const auto& b : store.lookup(kAor, now)) found.push_back(b.call_id);
    return found;
  };
  wish.method = KeepAlive::Options;
  bind("new", "198.51.100.8:5060");
  next();
  const bool old_first = out.pings[0].hop.remote.port == 40001;
  const std::string quiet = old_first ? "old" : "new";
  const std::string other = old_first ? "new" : "old";
  silence();
  EXPECT_THAT(order(), ElementsAre(other, quiet));
  EXPECT_EQ(keep_alives.counters().marked, 1U);
  for (int i = 0; i < 4 && keep_alives.counters().recovered == 0; ++i) {
    next();
    keep_alives.on_answer(out.pings[0].id, now);
  }
  EXPECT_THAT(order(), ElementsAre("new", "old"));
  EXPECT_EQ(keep_alives.counters().recovered, 1U);
}

TEST_F(KeepAliveTest, APhoneThatMovedMeanwhileIsNotUnbound) {
  wish.silence.misses = 1;
  bind();
  next();
  const auto id = out.pings[0].id;
  bind("one", "198.51.100.7:50000");
  keep_alives.on_silence(id, now, out);
  EXPECT_THAT(store.lookup(kAor, now), SizeIs(1));
}

TEST_F(KeepAliveTest, OneTurnSendsALimitedNumber) {
  for (std::size_t i = 0; i < kKeepAliveBurst + 1; ++i) {
    store.remove_aor(kAor);
    Update update;
    update.aor = "sip:u" + std::to_string(i) + "@example.org";
    update.call_id = "c";
    update.cseq = 1;
    update.flow = {sip::Transport::Udp, 0, *base::Endpoint::parse("198.51.100.7:40001"), {}};
    update.max_contacts = 1;
    ContactChange change;
    change.uri = "sip:u@10.0.0.5";
    change.expires_s = 600;
    update.changes.push_back(change);
    keep_alives.registered(store.apply(update, now)->bindings, wish, now);
  }
  pass(seconds(31));
  EXPECT_THAT(out.pings, SizeIs(kKeepAliveBurst));
  EXPECT_LE(keep_alives.next_deadline(), now);
  pass(seconds(0));
  EXPECT_THAT(out.pings, SizeIs(1));
}

}  // namespace
}  // namespace sbc::registrar
