// Every sequence of events up to a depth, from eleven beginnings: nothing yet, ringing, talking, a change under way,
// two in which the policy waits for an answer before it decides of the call or of a target that failed, two with a
// change that was answered or offered reliably and not acknowledged yet, and three with early dialogs: a callee that
// rang reliably, a caller whose offer we made, a redirection that is followed. One alphabet for all of them: INVITE,
// CANCEL, 1xx, 2xx, failures, ACK, PRACK, UPDATE, re-INVITE, BYE and REFER from both sides, forks, time, the relay's
// events, the operator.
//
// After each sequence everybody behaves for a while. What the border has left of the call has two legs or none then;
// and in the end nothing is left: no call, no dialog that a peer holds alone, no offer without its answer, no tag, no
// relay session, no deadline, and no event that the state table calls impossible.
//
// A failure names its sequence. PARAPET_DEPTH=<n> goes as deep as that (default: 2, some seconds; 3 takes ten minutes).

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

// Of somebody who can have something told reliably before the final response.
bool change_reliably(Peer& peer, int version) {
  if (!peer.in_dialog()) return false;
  peer.reinvite(version == 0 ? "" : sdp(peer.ip(), 4000, "sendonly", version),
                "Supported: 100rel\r\n" + std::string(kAllow));
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

bool refer(Peer& peer) {
  if (!peer.in_dialog()) return false;
  peer.request("REFER", {}, "Refer-To: <sip:carol@elsewhere.example>\r\n");
  return true;
}

// --- early dialogs ----------------------------------------------------------------------------------------------

// The last INVITE that came, answered or not: its forks may say anything at any time.
sip::MessagePtr last_invite(const Peer& peer) {
  for (auto at = peer.log.rbegin(); at != peer.log.rend(); ++at)
    if ((*at)->is_request() && (*at)->method() == sip::Method::Invite) return *at;
  return nullptr;
}

bool answer_as(Peer& peer, int status, std::string_view tag, std::string_view headers = {}) {
  const auto invite = last_invite(peer);
  if (invite == nullptr || !invite->to_tag().empty() || (tag.empty() && peer.pending_invites() == 0)) return false;
  peer.answer_to(invite, status, status == 183 || status == 200 ? sdp(peer.ip(), 6000, "sendrecv", 9) : "",
                 std::string(headers) + std::string(kAllow), tag);
  return true;
}

// Each with the next RSeq, so that none is a repetition.
bool ring_reliably(Rig& rig, std::string_view tag) {
  return answer_as(rig.b, 183, tag, "Require: 100rel\r\nRSeq: " + std::to_string(rig.next_number()) + "\r\n");
}

bool prack(Peer& peer, bool described) {
  for (auto at = peer.log.rbegin(); at != peer.log.rend(); ++at) {
    const auto rseq = (*at)->find(sip::HeaderId::RSeq);
    if (!rseq) continue;
    peer.request("PRACK", described ? sdp(peer.ip(), 4000, "sendrecv", 9) : "",
                 "RAck: " + std::string(*rseq) + " " + std::to_string((*at)->cseq().number) + " INVITE\r\n");
    return true;
  }
  return false;
}

bool answer_prack(Peer& peer, int status) {
  const auto request = peer.take("PRACK");
  if (request == nullptr) return false;
  peer.answer_to(request, status);
  return true;
}

bool ack_with_answer(Peer& peer) {
  if (!peer.has_unacked()) return false;
  peer.ack(sdp(peer.ip(), 4000, "sendrecv", 9));
  return true;
}

// The callee inside its early dialog, before it has one that the stage knows of.
bool early_update(Rig& rig) {
  const auto invite = last_invite(rig.b);
  if (invite == nullptr || rig.b.in_dialog()) return false;
  const auto contact = invite->find(sip::HeaderId::Contact).value_or("<sip:x@y.invalid>");
  const std::string body = sdp(rig.b.ip(), 6000, "sendonly", 11);
  const std::string number = std::to_string(rig.next_number());
  rig.b.send_raw(
      "UPDATE " + std::string(contact.substr(1, contact.size() - 2)) + " SIP/2.0\r\nVia: SIP/2.0/UDP " +
      rig.b.endpoint().text() + ";branch=z9hG4bK-early-" + number + "\r\nMax-Forwards: 70\r\nFrom: <" +
      std::string(invite->to().uri_text) + ">;tag=tag-of-bob\r\nTo: <" + std::string(invite->from().uri_text) +
      ">;tag=" + std::string(invite->from_tag()) + "\r\nCall-ID: " + std::string(invite->call_id()) +
      "\r\nCSeq: " + number + " UPDATE\r\nContact: <sip:early@" + rig.b.endpoint().text() +
      ">\r\nContent-Type: application/sdp\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
  return true;
}

// Something provisional to a re-INVITE of ours.
bool ring_again(Peer& peer) {
  const auto invite = last_invite(peer);
  if (invite == nullptr || invite->to_tag().empty() || peer.pending_invites() == 0) return false;
  peer.answer_to(invite, 180, {}, kAllow);
  return true;
}

// The same reliably, with what the re-INVITE asks for or without.
bool ring_again_reliably(Rig& rig, Peer& peer, bool described) {
  const auto invite = last_invite(peer);
  if (invite == nullptr || invite->to_tag().empty() || peer.pending_invites() == 0) return false;
  peer.answer_to(invite, 183, described ? sdp(peer.ip(), 6000, "sendrecv", 9) : "",
                 "Require: 100rel\r\nRSeq: " + std::to_string(rig.next_number()) + "\r\n" + std::string(kAllow));
  return true;
}

// RFC 3262 3: there is nothing of ours that the callee could acknowledge.
bool stray_prack(Rig& rig) {
  if (!rig.b.in_dialog()) return false;
  rig.b.request("PRACK", {}, "RAck: 1 1 INVITE\r\n");
  return true;
}

// --- the alphabet -----------------------------------------------------------------------------------------------

// What either of the two does.
void add_of_both(std::vector<Letter>& letters) {
  for (const bool caller : {true, false}) {
    const auto peer = [caller](Rig& rig) -> Peer& { return caller ? rig.a : rig.b; };
    const std::string who = caller ? "a:" : "b:";
    letters.push_back({who + "reinvite", [peer](Rig& r) { return change(peer(r), "INVITE", 7); }});
    letters.push_back({who + "reinvite-empty", [peer](Rig& r) { return change(peer(r), "INVITE", 0); }});
    letters.push_back({who + "update", [peer, caller](Rig& r) {
                         return caller || r.b.in_dialog() ? change(peer(r), "UPDATE", 8) : early_update(r);
                       }});
    letters.push_back({who + "update-empty", [peer](Rig& r) { return change(peer(r), "UPDATE", 0); }});
    for (const int status : {200, 481, 491})
      letters.push_back(
          {who + std::to_string(status), [peer, status](Rig& r) { return answer_invite(peer(r), status); }});
    for (const int status : {200, 491})
      letters.push_back({who + "update-" + std::to_string(status),
                         [peer, status](Rig& r) { return answer_update(peer(r), status); }});
    letters.push_back({who + "reinvite-reliable", [peer](Rig& r) { return change_reliably(peer(r), 7); }});
    letters.push_back({who + "reinvite-empty-reliable", [peer](Rig& r) { return change_reliably(peer(r), 0); }});
    letters.push_back({who + "reinvite-180", [peer](Rig& r) { return ring_again(peer(r)); }});
    letters.push_back(
        {who + "reinvite-180-reliable", [peer](Rig& r) { return ring_again_reliably(r, peer(r), false); }});
    letters.push_back(
        {who + "reinvite-183-reliable", [peer](Rig& r) { return ring_again_reliably(r, peer(r), true); }});
    letters.push_back({who + "prack", [peer](Rig& r) { return prack(peer(r), false); }});
    letters.push_back({who + "prack-described", [peer](Rig& r) { return prack(peer(r), true); }});
    letters.push_back({who + "prack-200", [peer](Rig& r) { return answer_prack(peer(r), 200); }});
    letters.push_back({who + "ack", [peer](Rig& r) { return ack(peer(r)); }});
    letters.push_back({who + "ack-described", [peer](Rig& r) { return ack_with_answer(peer(r)); }});
    letters.push_back({who + "bye", [peer](Rig& r) { return bye(peer(r)); }});
    letters.push_back({who + "cancel", [peer](Rig& r) { return cancel(peer(r)); }});
    letters.push_back({who + "refer", [peer](Rig& r) { return refer(peer(r)); }});
  }
}

void add_early(std::vector<Letter>& letters) {
  letters.push_back({"b:180", [](Rig& r) { return answer_as(r.b, 180, ""); }});
  letters.push_back({"b:183", [](Rig& r) { return answer_as(r.b, 183, ""); }});
  letters.push_back({"b:183-reliable", [](Rig& r) { return ring_reliably(r, ""); }});
  letters.push_back({"b:fork-183-reliable", [](Rig& r) { return ring_reliably(r, "fork"); }});
  letters.push_back({"b:fork-183", [](Rig& r) { return answer_as(r.b, 183, "fork"); }});
  letters.push_back({"b:fork-199", [](Rig& r) { return answer_as(r.b, 199, "fork"); }});
  letters.push_back({"b:fork-200", [](Rig& r) { return answer_as(r.b, 200, "fork"); }});
  letters.push_back({"b:486", [](Rig& r) { return answer_invite(r.b, 486); }});
  letters.push_back({"b:302", [](Rig& r) {
                       return answer_as(r.b, 302, "", "Contact: <sip:600@203.0.113.11>, <sip:7@203.0.113.10>\r\n");
                     }});
  letters.push_back({"c:183", [](Rig& r) { return answer_as(r.c, 183, ""); }});
  letters.push_back({"c:200", [](Rig& r) { return answer_invite(r.c, 200); }});
  letters.push_back({"c:fork-200", [](Rig& r) { return answer_as(r.c, 200, "fork"); }});
  letters.push_back({"c:302", [](Rig& r) { return answer_as(r.c, 302, "", "Contact: <sip:8@203.0.113.10>\r\n"); }});
  letters.push_back({"c:486", [](Rig& r) { return answer_invite(r.c, 486); }});
  letters.push_back({"b:prack-stray", stray_prack});
  letters.push_back({"b:prack-481", [](Rig& r) { return answer_prack(r.b, 481); }});
}

// What is nobody's doing.
void add_of_nobody(std::vector<Letter>& letters) {
  const auto timed = [](base::Duration time) {
    return [time](Rig& r) {
      if (r.calls.size() == 0) return false;
      r.pass(time);
      return true;
    };
  };
  for (const bool fails : {false, true}) {
    letters.push_back({fails ? "policy-gets-no-answer" : "policy-gets-its-answer", [fails](Rig& r) {
                         if (r.questions.empty()) return false;
                         r.release_answers(fails);
                         return true;
                       }});
  }
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
}

std::vector<Letter> alphabet() {
  std::vector<Letter> letters;
  add_of_both(letters);
  add_early(letters);
  add_of_nobody(letters);
  return letters;
}

enum class Beginning {
  Nothing,
  Ringing,
  Talking,
  Changing,
  Answered,
  Offered,
  Asking,
  AskingOfAFailure,
  Reliable,
  Proposed,
  Redirected
};

bool is_early(Beginning beginning) {
  return beginning >= Beginning::Reliable;
}

// Trunks that may redirect to each other, and get offers of ours.
void permit_everything(Rig& rig) {
  std::vector<route::Trunk> trunks = rig.settings->routes->trunks();
  for (auto& trunk : trunks) {
    trunk.on_redirect = policy::OnRedirect::Follow;
    trunk.redirect_to = {"t1", "t2"};
    trunk.late_offer = policy::LateOffer::Offer;
  }
  auto built = route::Table::build(rig.settings->routes->realms(), std::move(trunks), {});
  ASSERT_TRUE(built) << built.error();
  rig.settings->routes = std::make_shared<const route::Table>(*std::move(built));
}

void begin_early(Rig& rig, Beginning beginning) {
  permit_everything(rig);
  rig.a.invite({.body = beginning == Beginning::Proposed ? "" : sdp(rig.a.ip(), 4000),
                .headers = "Supported: 100rel, 199\r\n" + std::string(kAllow)});
  if (beginning == Beginning::Redirected) {
    answer_as(rig.b, 302, "", "Contact: <sip:600@203.0.113.11>, <sip:7@203.0.113.10>\r\n");
  } else {
    ring_reliably(rig, "");
  }
}

void begin(Rig& rig, Beginning beginning) {
  rig.settings->session.interval = 90;
  if (is_early(beginning)) return begin_early(rig, beginning);
  if (beginning == Beginning::Asking || beginning == Beginning::AskingOfAFailure) {
    rig.slow_policy = true;
    rig.advisor.trunks = {"t1", "t2"};
    rig.advisor.asks = beginning == Beginning::Asking ? 2 : 0;
    rig.advisor.failure_asks = 1;
  }
  rig.a.invite({.body = sdp(rig.a.ip(), 4000), .headers = std::string(kAllow)});
  if (beginning == Beginning::Nothing || beginning == Beginning::Asking) return;
  rig.b.answer(180);
  if (beginning == Beginning::AskingOfAFailure) rig.b.answer(503);
  if (beginning == Beginning::Ringing || beginning == Beginning::AskingOfAFailure) return;
  rig.b.answer(200, sdp(rig.b.ip(), 6000), kAllow);
  rig.a.ack();
  if (beginning == Beginning::Changing) rig.a.reinvite(sdp_two_lines(rig.a.ip(), 4000, 5));
  if (beginning != Beginning::Answered && beginning != Beginning::Offered) return;
  change_reliably(rig.a, beginning == Beginning::Offered ? 0 : 5);
  ring_again_reliably(rig, rig.b, true);
}

// Everybody behaves, first without a BYE of theirs: what the border leaves of the call by itself has two legs or none.
void heal(Rig& rig, const std::string& name) {
  rig.relay.mood = FakeRelay::Mood::Willing;
  rig.relay.refuse_next = 0;
  rig.release_relay();
  rig.slow_policy = false;
  rig.release_answers();
  for (int round = 0; round < 6; ++round) {
    if (round == 2) rig.expect_legs_in_pairs(name);
    for (Peer* peer : {&rig.a, &rig.b, &rig.c}) {
      while (peer->pending_invites() != 0) peer->answer(486);
      while (answer_update(*peer, 488) || answer_prack(*peer, 200)) {
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
    heal(rig, name());
    rig.expect_idle(name());
    rig.expect_no_half_call(name());
    rig.expect_offers_answered(name());
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
                                         Beginning::Changing, Beginning::Answered, Beginning::Offered,
                                         Beginning::Asking, Beginning::AskingOfAFailure, Beginning::Reliable,
                                         Beginning::Proposed, Beginning::Redirected));

}  // namespace
}  // namespace sbc::call::test
