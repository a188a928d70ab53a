// Every sequence of events up to a depth, from four beginnings: nothing yet, ringing, talking, and a change under way.
// After each sequence everybody behaves for a while; then nothing may be left: no call, no tag, no relay session, no
// deadline, and no event that the state table calls impossible.
//
// A failure names its sequence. PARAPET_DEPTH=<n> goes as deep as that (default: 2, some seconds; 3 takes a minute).

#include <gtest/gtest.h>

#include <cstdlib>
#include <functional>
#include <string>
#include <vector>

#include "rig.h"

namespace sbc::call::test {
namespace {

constexpr std::string_view kAllow = "Allow: INVITE, ACK, CANCEL, BYE, UPDATE\r\n";

// Does the letter, or says that it means nothing now (false), so that nothing longer begins with it.
struct Letter {
  std::string name;
  std::function<bool(Rig&)> act;
};

bool change(Peer& peer, const char* method, int version) {
  if (!peer.in_dialog()) return false;
  const std::string body = version == 0 ? "" : sdp(peer.ip(), 4000, "sendonly", version);
  if (std::string_view(method) == "INVITE") {
    peer.reinvite(body);
  } else {
    peer.request(method, body);
  }
  return true;
}

bool answer_invite(Peer& peer, int status) {
  if (peer.pending_invites() == 0) return false;
  peer.answer(status, status == 200 || status == 183 ? sdp(peer.ip(), 6000, "sendrecv", 9) : "", kAllow);
  return true;
}

bool answer_update(Peer& peer, int status) {
  const auto update = peer.take("UPDATE");
  if (update == nullptr) return false;
  peer.answer_to(update, status, status == 200 && !update->body().empty() ? sdp(peer.ip(), 6000, "recvonly", 9) : "");
  return true;
}

bool ack(Peer& peer) {
  if (!peer.has_unacked()) return false;
  peer.ack();
  return true;
}

bool bye(Peer& peer) {
  if (!peer.in_dialog()) return false;
  peer.bye();
  return true;
}

bool cancel(Peer& peer) {
  if (!peer.invite_pending()) return false;
  peer.cancel();
  return true;
}

std::vector<Letter> alphabet() {
  std::vector<Letter> letters;
  for (const bool caller : {true, false}) {
    const auto peer = [caller](Rig& rig) -> Peer& { return caller ? rig.a : rig.b; };
    const std::string who = caller ? "a:" : "b:";
    letters.push_back({who + "reinvite", [peer](Rig& r) { return change(peer(r), "INVITE", 7); }});
    letters.push_back({who + "update", [peer](Rig& r) { return change(peer(r), "UPDATE", 8); }});
    letters.push_back({who + "update-empty", [peer](Rig& r) { return change(peer(r), "UPDATE", 0); }});
    letters.push_back({who + "200", [peer](Rig& r) { return answer_invite(peer(r), 200); }});
    letters.push_back({who + "491", [peer](Rig& r) { return answer_invite(peer(r), 491); }});
    letters.push_back({who + "481", [peer](Rig& r) { return answer_invite(peer(r), 481); }});
    letters.push_back({who + "update-200", [peer](Rig& r) { return answer_update(peer(r), 200); }});
    letters.push_back({who + "update-491", [peer](Rig& r) { return answer_update(peer(r), 491); }});
    letters.push_back({who + "ack", [peer](Rig& r) { return ack(peer(r)); }});
    letters.push_back({who + "bye", [peer](Rig& r) { return bye(peer(r)); }});
    letters.push_back({who + "cancel", [peer](Rig& r) { return cancel(peer(r)); }});
  }
  letters.push_back({"b:183", [](Rig& r) { return answer_invite(r.b, 183); }});
  letters.push_back({"a:reinvite-empty", [](Rig& r) { return change(r.a, "INVITE", 0); }});
  const auto timed = [](base::Duration time) {
    return [time](Rig& r) {
      if (r.calls.size() == 0) return false;
      r.pass(time);
      return true;
    };
  };
  letters.push_back({"3s", timed(base::seconds(3))});
  letters.push_back({"46s", timed(base::seconds(46))});
  const auto relay = [](auto act) {
    return [act](Rig& r) {
      if (r.relay.sessions.empty()) return false;
      act(r);
      return true;
    };
  };
  letters.push_back({"media-lost", relay([](Rig& r) { r.media_lost(); })});
  letters.push_back({"session-lost", relay([](Rig& r) { r.session_lost(); })});
  letters.push_back({"relay-refuses", relay([](Rig& r) { r.relay.refuse_next = 1; })});
  letters.push_back({"relay-slow", relay([](Rig& r) { r.relay.mood = FakeRelay::Mood::Slow; })});
  letters.push_back({"kill", relay([](Rig& r) { r.kill(); })});
  return letters;
}

enum class Beginning { Nothing, Ringing, Talking, Changing };

void begin(Rig& rig, Beginning beginning) {
  rig.settings->session.interval = 90;
  rig.a.invite({.body = sdp(rig.a.ip(), 4000), .headers = std::string(kAllow)});
  if (beginning == Beginning::Nothing) return;
  rig.b.answer(180);
  if (beginning == Beginning::Ringing) return;
  rig.b.answer(200, sdp(rig.b.ip(), 6000), kAllow);
  rig.a.ack();
  if (beginning == Beginning::Changing) rig.a.reinvite(sdp_two_lines(rig.a.ip(), 4000, 5));
}

void heal(Rig& rig) {
  rig.relay.mood = FakeRelay::Mood::Willing;
  rig.relay.refuse_next = 0;
  rig.release_relay();
  for (int round = 0; round < 6; ++round) {
    for (Peer* peer : {&rig.a, &rig.b}) {
      while (peer->pending_invites() != 0) peer->answer(486);
      while (answer_update(*peer, 488)) {
      }
      if (peer->has_unacked()) peer->ack();
      if (round > 1 && peer->in_dialog() && rig.calls.size() != 0) peer->bye();
      peer->clear();
    }
    if (rig.calls.size() == 0 && round > 2) break;
    rig.pass(base::seconds(35));
  }
  rig.pass(base::minutes(5));
}

class Exhaustion {
 public:
  Exhaustion(Beginning beginning, std::size_t depth) : beginning_(beginning), depth_(depth) {}

  void run() { extend(); }
  std::size_t runs() const { return runs_; }

 private:
  void extend() {
    for (std::size_t i = 0; i < letters_.size() && !testing::Test::HasFailure(); ++i) {
      word_.push_back(i);
      const bool meant_something = play();
      if (meant_something && word_.size() < depth_) extend();
      word_.pop_back();
    }
  }

  bool play() {
    Rig rig;
    begin(rig, beginning_);
    for (std::size_t i = 0; i < word_.size(); ++i)
      if (!letters_[word_[i]].act(rig)) return false;
    EXPECT_LE(rig.relay.sessions.size(), rig.calls.size()) << name();
    ++runs_;
    heal(rig);
    rig.expect_idle(name());
    return true;
  }

  std::string name() const {
    std::string text = "beginning " + std::to_string(static_cast<int>(beginning_));
    for (const std::size_t i : word_) text += ", " + letters_[i].name;
    return text;
  }

  Beginning beginning_;
  std::size_t depth_;
  std::vector<Letter> letters_ = alphabet();
  std::vector<std::size_t> word_;
  std::size_t runs_ = 0;
};

class EverySequence : public testing::TestWithParam<Beginning> {};

TEST_P(EverySequence, EndsTheCallOnBothLegsAndLeavesNothing) {
  const char* depth = std::getenv("PARAPET_DEPTH");
  Exhaustion all(GetParam(), depth != nullptr ? std::strtoull(depth, nullptr, 10) : 2);
  all.run();
  EXPECT_GT(all.runs(), 10U);
  RecordProperty("sequences", static_cast<int>(all.runs()));
}

INSTANTIATE_TEST_SUITE_P(Explorer, EverySequence,
                         testing::Values(Beginning::Nothing, Beginning::Ringing, Beginning::Talking,
                                         Beginning::Changing));

}  // namespace
}  // namespace sbc::call::test
