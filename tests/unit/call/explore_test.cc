// Thousands of calls in which everybody does anything at any time, each followed by a time in which everybody behaves.
// After it nothing may be left: no call, no tag, no relay session, no deadline; one record for each INVITE, at most one
// final answer to each, and no event that the state table calls impossible.
//
// A failure names its seed; PARAPET_SEED=<seed> runs that one alone and prints what happened;
// PARAPET_RUNS=<n> runs as many.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <map>

#include "stage.h"

namespace sbc::call::test {
namespace {

constexpr std::uint64_t kRuns = 3000;
constexpr int kDepth = 24;

class Explorer {
 public:
  Explorer(std::uint64_t seed, bool loud)
      : rig_({.seed = seed}), dice_(seed * 977 + 5), thoughts_(seed * 31 + 7), loud_(loud) {
    rig_.guest = &erin_;
    rig_.loud = loud;
  }

  void run(std::uint64_t seed) {
    if (chance(50)) {
      talk();
    } else {
      invite();
    }
    misbehave();
    const std::size_t depth = 4 + dice_.below(kDepth);
    for (std::size_t i = 0; i < depth; ++i) {
      act();
      EXPECT_LE(rig_.relay.sessions.size(), most_sessions(rig_)) << "seed " << seed << ": a session without a call";
    }
    heal(seed);
    rig_.expect_idle("seed " + std::to_string(seed));
    rig_.expect_no_half_call("seed " + std::to_string(seed));
    rig_.expect_offers_answered("seed " + std::to_string(seed));
    expect_one_final_answer(seed);
  }

 private:
  bool chance(std::uint64_t percent) { return dice_.below(100) < percent; }
  void say(const std::string& what) const {
    if (loud_) std::printf("%8.3f %s\n", base::to_seconds(rig_.now.time_since_epoch()) - 3600, what.c_str());
  }

  void misbehave() {
    if (chance(20)) rig_.advisor.failure_decision.kind = policy::FailureDecision::Kind::Next;
    if (chance(20)) rig_.advisor.nat_decision.symmetric_signalling = true;
    if (chance(30)) rig_.loss = 50 + dice_.below(250);
    for (Peer* peer : all_) {
      peer->auto_bye_ok = chance(85);
      peer->auto_cancel_ok = chance(85);
      peer->auto_terminate = chance(60);
      peer->ack_failures = chance(90);
      peer->repeats_ack = chance(90);
    }
    rig_.relay.mood = chance(60) ? FakeRelay::Mood::Willing : any_mood();
  }

  // Dice of its own: what the others do is as it would be without.
  void ponder() {
    rig_.advisor.asks = static_cast<int>(thoughts_.below(10) < 3 ? 1 + thoughts_.below(2) : 0);
    rig_.advisor.failure_asks = static_cast<int>(thoughts_.below(10) < 3 ? 1 : 0);
    rig_.slow_policy = thoughts_.below(2) != 0;
  }

  FakeRelay::Mood any_mood() { return static_cast<FakeRelay::Mood>(dice_.below(4)); }
  Peer& anyone() {
    const std::uint64_t roll = dice_.below(100);
    return roll < 45 ? rig_.a : roll < 78 ? rig_.b : roll < 87 ? rig_.c : roll < 95 ? rig_.d : erin_;
  }

  std::string body(const Peer& peer) {
    if (chance(4)) return "v=0\r\nnonsense\r\n";
    if (chance(15)) return {};
    ++version_;
    if (chance(15)) return sdp_two_lines(peer.ip(), 4000, version_);
    const char* const directions[] = {"sendrecv", "sendonly", "recvonly", "inactive"};
    return sdp(peer.ip(), 4000, directions[dice_.below(4)], version_);
  }

  // An answer with as many lines as the offer, or not.
  std::string answer_body(const Peer& peer, const sip::MessagePtr& invite) {
    if (chance(90) && invite->body().find("m=video") != std::string_view::npos)
      return sdp_two_lines(peer.ip(), 6000, ++version_);
    return body(peer);
  }

  // A call that everybody agrees on, to begin with.
  void talk() {
    say("a and b talk");
    const std::string able = chance(50) ? "Allow: INVITE, PRACK, UPDATE\r\n" : "";
    rig_.a.invite({.body = sdp(rig_.a.ip(), 4000), .headers = able});
    rig_.b.answer(200, sdp(rig_.b.ip(), 6000), able);
    rig_.a.ack();
  }

  void permit() {
    std::vector<route::Trunk> trunks = rig_.settings->routes->trunks();
    for (auto& trunk : trunks) {
      trunk.on_redirect = static_cast<policy::OnRedirect>(dice_.below(3));
      trunk.redirect_to = {"t1", "t2", "far"};
      trunk.late_offer = static_cast<policy::LateOffer>(dice_.below(3));
    }
    auto built = route::Table::build(rig_.settings->routes->realms(), std::move(trunks), {});
    ASSERT_TRUE(built) << built.error();
    rig_.settings->routes = std::make_shared<const route::Table>(*std::move(built));
  }

  void invite() {
    permit();
    ponder();
    InviteOptions options;
    options.body = chance(80) ? sdp(rig_.a.ip(), 4000) : "";
    if (chance(50))
      options.headers =
          chance(40) ? "Require: 100rel\r\nAllow: UPDATE\r\n" : "Supported: 100rel, 199\r\nAllow: UPDATE\r\n";
    const std::vector<std::vector<std::string>> ways = {
        {"t1"}, {"t1", "t2"}, {"t1", "far"}, {"far", "t1", "t2"}, {"named"}, {"t2", "named", "far"}};
    rig_.advisor.trunks = ways[dice_.below(ways.size())];
    rig_.advisor.at_once = thoughts_.below(3) == 0 ? 3 : 0;
    rig_.names["pbx.example"] = {{.remote = rig_.b.endpoint()}, {.remote = rig_.c.endpoint()}};
    rig_.slow_names = chance(50);
    rig_.advisor.ring_timeout_s = chance(40) ? 20 : 0;
    say("a invites" + std::string(options.body.empty() ? " without offer" : ""));
    rig_.a.invite(options);
  }

  // Somebody answers an INVITE that came: the current one, one of long ago, or one answered already (a fork).
  void answer_something() {
    std::vector<Peer*> asked;
    for (Peer* peer : all_)
      if (peer->pending_invites() != 0) asked.push_back(peer);
    Peer& peer = !asked.empty() && chance(80) ? *asked[dice_.below(asked.size())] : anyone();
    std::vector<sip::MessagePtr> invites;
    for (const auto& message : peer.log)
      if (message->is_request() && message->method() == sip::Method::Invite) invites.push_back(message);
    if (invites.empty()) return;
    const auto& invite = chance(70) ? invites.back() : invites[dice_.below(invites.size())];
    const int statuses[] = {100, 180, 183, 180, 183, 199, 200, 200, 200, 200, 302,
                            401, 408, 481, 486, 487, 488, 491, 500, 503, 603};
    const int status = statuses[dice_.below(std::size(statuses))];
    const bool described = status == 183 || status == 200;
    const std::string tag = invite->to_tag().empty() && chance(15) ? "fork-of-" + peer.name() : "";
    say(peer.name() + " answers " + std::to_string(status) + " " + tag);
    std::string headers;
    const char* const places[] = {"5@203.0.113.10", "6@203.0.113.11", "7@192.0.2.200", "8@elsewhere.example"};
    if (status == 302)
      headers = "Contact: <sip:" + std::string(places[dice_.below(4)]) + ">, <sip:" + places[dice_.below(4)] + ">\r\n";
    if (status > 100 && status < 200 && chance(50)) {
      if (chance(80)) ++rseq_;
      headers = "Require: 100rel\r\nRSeq: " + std::to_string(rseq_) + "\r\nAllow: INVITE, UPDATE\r\n";
    }
    peer.answer_to(invite, status, described ? answer_body(peer, invite) : "", headers, tag);
  }

  // Inside an early dialog, or a bit later: PRACK of the caller, UPDATE of either side, answers to ours.
  void early() {
    if (chance(50)) {
      Peer& peer = anyone();
      for (const char* what : {"UPDATE", "PRACK"}) {
        const auto request = peer.take(what);
        if (request == nullptr) continue;
        say(peer.name() + " answers " + what);
        const int statuses[] = {200, 200, 200, 481, 488, 491, 500};
        return peer.answer_to(request, statuses[dice_.below(std::size(statuses))], body(peer));
      }
    }
    Peer& peer = chance(70) ? rig_.a : anyone();
    if (!peer.in_dialog()) return;
    if (chance(70)) {
      for (auto at = peer.log.rbegin(); at != peer.log.rend(); ++at) {
        const auto rseq = (*at)->find(sip::HeaderId::RSeq);
        if (!rseq) continue;
        say(peer.name() + " sends PRACK");
        return peer.request("PRACK", chance(60) ? "" : body(peer),
                            "RAck: " + std::string(*rseq) + " " + std::to_string((*at)->cseq().number) + " INVITE\r\n");
      }
    }
    say(peer.name() + " sends UPDATE");
    peer.request("UPDATE", body(peer));
  }

  void act() {
    Peer& peer = anyone();
    if (!rig_.lookups.empty() && chance(40)) {
      say("the resolver answers");
      rig_.release_lookups(chance(30));
    }
    if (!rig_.questions.empty() && thoughts_.below(10) < 4) {
      say("the policy gets its answer");
      rig_.release_answers(thoughts_.below(10) < 3);
    }
    switch (dice_.below(23)) {
      case 0:
      case 1:
      case 2:
      case 3:
      case 4:
        return answer_something();
      case 5:
        say("a cancels");
        return rig_.a.cancel();
      case 6:
      case 7:
        if (!peer.has_unacked()) return;
        say(peer.name() + " acks");
        return peer.ack(chance(30) ? body(peer) : "");
      case 8:
        if (!peer.in_dialog()) return;
        say(peer.name() + " says BYE");
        return peer.bye();
      case 9:
      case 10:
        if (!peer.in_dialog()) return;
        say(peer.name() + " re-invites");
        return peer.reinvite(body(peer), chance(40) ? "Supported: 100rel\r\nAllow: INVITE, PRACK, UPDATE\r\n" : "");
      case 11:
        if (!peer.in_dialog()) return;
        say(peer.name() + " cancels its re-INVITE");
        return peer.cancel();
      case 12:
        rig_.relay.mood = any_mood();
        say("relay mood " + std::to_string(static_cast<int>(rig_.relay.mood)));
        return rig_.release_relay();
      case 13:
        return relay_event();
      case 14:
        if (!chance(40)) return;
        say("sending to " + peer.name() + " fails");
        return rig_.fail_last_send(peer);
      case 15: {
        const base::Duration jumps[] = {base::milliseconds(100), base::milliseconds(600), base::seconds(3),
                                        base::seconds(9),        base::seconds(21),       base::seconds(33),
                                        base::seconds(70)};
        const auto jump = jumps[dice_.below(std::size(jumps))];
        say("time passes");
        return rig_.pass(jump);
      }
      case 16:
        if (chance(10)) return rig_.kill();
        if (peer.in_dialog() && chance(30)) return cross(peer);
        if (rig_.a.invite_pending() || !chance(30)) return;
        return invite();
      case 17:
      case 18:
      case 19:
      case 20:
        return early();
      case 21:
        return pick_up();
      default:
        return settle_something();
    }
  }

  void relay_event() {
    const auto open = rig_.relay.sessions;
    const std::uint64_t what = dice_.below(9);
    say("relay event " + std::to_string(what));
    switch (what) {
      case 0:
        return rig_.media_lost();
      case 1:
      case 2:
        return rig_.session_lost();
      case 3:
        for (const auto& [id, spec] : open) {
          rig_.relay.forget(id);
          rig_.relay_event(control::SessionClosed{id, "stops", {}});
        }
        return;
      case 4:
      case 5:
        for (const auto& [id, spec] : open) rig_.relay_event(control::SessionDrains{id});
        return;
      case 6:
        return rig_.fail_relay(chance(50) ? control::ErrorCode::NoPorts : control::ErrorCode::UnknownSession);
      case 7:
        rig_.fail_relay(control::ErrorCode::LinkDown);
        return rig_.session_lost();
      default:
        return rig_.release_relay();
    }
  }

  // A request for the other side; the other one answers what has come that way, or leaves it.
  void cross(Peer& peer) {
    const char* const methods[] = {"OPTIONS", "INFO", "INFO", "MESSAGE", "NOTIFY", "SUBSCRIBE", "PUBLISH", "FOO"};
    if (chance(25)) return transfer(peer);
    const char* const method = methods[dice_.below(std::size(methods))];
    say(peer.name() + " sends " + method);
    peer.request(method);
    for (Peer* one : all_) {
      if (!chance(60)) continue;
      for (const char* name : methods) {
        const auto request = one->take(name);
        if (request == nullptr) continue;
        const int statuses[] = {200, 200, 200, 202, 401, 408, 481, 489, 503};
        one->answer_to(request, statuses[dice_.below(std::size(statuses))]);
      }
    }
  }

  void transfer(Peer& peer) {
    rig_.advisor.transfer_trunks = chance(50) ? std::vector<std::string>{"t2"} : std::vector<std::string>{"far", "t2"};
    say(peer.name() + " transfers");
    peer.request("REFER", {}, "Refer-To: <sip:carol@example.com>\r\n");
  }

  // Somebody wants the place of a party that has an INVITE of ours, or had one.
  void pick_up() {
    if (erin_.invite_pending()) {
      say("erin cancels");
      return erin_.cancel();
    }
    Peer& callee = chance(80) ? rig_.b : rig_.c;
    for (auto at = callee.log.rbegin(); at != callee.log.rend(); ++at) {
      const sip::Message& invite = **at;
      if (invite.is_response() || invite.method() != sip::Method::Invite || !invite.to_tag().empty()) continue;
      const std::string tag = (chance(85) ? "tag-of-" : "fork-of-") + callee.name();
      say("erin picks up what rings at " + callee.name());
      rig_.advisor.arrival_trunk = &callee == &rig_.b ? "t1" : "t2";
      erin_.invite({.body = body(erin_),
                    .headers = "Replaces: " + std::string(invite.call_id()) +
                               ";to-tag=" + std::string(invite.from_tag()) + ";from-tag=" + tag + "\r\n"});
      rig_.advisor.arrival_trunk.clear();
      return;
    }
  }

  // The likely next thing, so that runs also get far.
  void settle_something() {
    for (Peer* peer : all_) {
      if (peer->has_unacked()) {
        say(peer->name() + " acks duly");
        return peer->ack(peer->last_accepted()->body().empty() || !chance(60) ? "" : sdp(peer->ip(), 4000));
      }
      if (peer->pending_invites() != 0) {
        say(peer->name() + " accepts duly");
        return peer->answer(200, sdp(peer->ip(), 6000));
      }
    }
  }

  void heal(std::uint64_t seed) {
    say("heal");
    rig_.loss = 0;
    rig_.slow_names = false;
    rig_.release_lookups();
    rig_.slow_policy = false;
    rig_.release_answers();
    rig_.relay.mood = FakeRelay::Mood::Willing;
    rig_.release_relay();
    for (Peer* peer : all_) peer->auto_bye_ok = peer->auto_cancel_ok = peer->auto_terminate = peer->ack_failures = true;
    for (int round = 0; round < 4; ++round) {
      for (Peer* peer : all_) {
        while (peer->pending_invites() != 0) peer->answer(486);
        for (std::size_t i = 0; i < peer->inbox.size(); ++i) {
          const auto message = peer->inbox[i];
          if (message->is_request() && message->method() != sip::Method::Invite &&
              message->method() != sip::Method::Ack)
            peer->answer_to(message, 200);
        }
        if (peer->has_unacked()) peer->ack();
        peer->clear();
      }
      rig_.pass(base::seconds(20));
    }
    rig_.expect_legs_in_pairs("seed " + std::to_string(seed));
    for (Peer* peer : all_)
      if (peer->in_dialog()) peer->bye();
    for (int round = 0; round < 3; ++round) {
      for (Peer* peer : all_)
        while (peer->pending_invites() != 0) peer->answer(486);
      rig_.pass(base::seconds(70));
    }
    if (rig_.calls.size() != 0) rig_.pass(base::minutes(12));
    // A peer that made a second call has forgotten the first, and cannot end it.
    if (rig_.calls.size() != 0 && rig_.invites_from_callers > 1) {
      rig_.session_lost();
      rig_.pass(base::minutes(3));
    }
  }

  void expect_one_final_answer(std::uint64_t seed) const {
    for (const Peer* peer : all_) {
      std::map<std::string, std::string> finals;
      for (const auto& message : peer->log) {
        if (!message->is_response() || message->method() != sip::Method::Invite || message->status() < 200) continue;
        const std::string branch(message->top_via().branch);
        const auto [known, fresh] = finals.emplace(branch, std::string(message->bytes()));
        if (fresh) continue;
        EXPECT_EQ(known->second, message->bytes()) << "seed " << seed << ": two final answers to one INVITE";
      }
    }
    EXPECT_EQ(rig_.layer.server_count(), 0U) << "seed " << seed << ": an INVITE never got its final answer";
  }

  Rig rig_;
  base::SeededRandom dice_;
  base::SeededRandom thoughts_;
  bool loud_;
  int version_ = 10;
  int rseq_ = 100;
  Peer erin_{rig_, "erin", "203.0.113.12:5060", 1};
  Peer* all_[5] = {&rig_.a, &rig_.b, &rig_.c, &rig_.d, &erin_};
};

TEST(Explorer, WhateverHappensEveryCallEndsAndNothingIsLeft) {
  if (const char* one = std::getenv("PARAPET_SEED")) {
    const std::uint64_t seed = std::strtoull(one, nullptr, 10);
    Explorer(seed, true).run(seed);
    return;
  }
  const char* runs = std::getenv("PARAPET_RUNS");
  const std::uint64_t most = runs != nullptr ? std::strtoull(runs, nullptr, 10) : kRuns;
  for (std::uint64_t seed = 1; seed <= most && !HasFailure(); ++seed) Explorer(seed, false).run(seed);
}

}  // namespace
}  // namespace sbc::call::test
