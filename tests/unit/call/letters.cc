#include "letters.h"

#include <string_view>
#include <utility>

namespace sbc::call::test {
namespace {

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

bool ack_with_answer(Peer& peer) {
  if (!peer.has_unacked()) return false;
  peer.ack(sdp(peer.ip(), 4000, "sendrecv", 9));
  return true;
}

// The callee inside its early dialog, before it has one that the stage knows of.
bool early_update(Stage& stage) {
  const auto invite = last_invite(stage.b);
  if (invite == nullptr || stage.b.in_dialog()) return false;
  const auto contact = invite->find(sip::HeaderId::Contact).value_or("<sip:x@y.invalid>");
  const std::string body = sdp(stage.b.ip(), 6000, "sendonly", 11);
  const std::string number = std::to_string(stage.rig.next_number());
  stage.b.send_raw(
      "UPDATE " + std::string(contact.substr(1, contact.size() - 2)) + " SIP/2.0\r\nVia: SIP/2.0/UDP " +
      stage.b.endpoint().text() + ";branch=z9hG4bK-early-" + number + "\r\nMax-Forwards: 70\r\nFrom: <" +
      std::string(invite->to().uri_text) + ">;tag=tag-of-bob\r\nTo: <" + std::string(invite->from().uri_text) +
      ">;tag=" + std::string(invite->from_tag()) + "\r\nCall-ID: " + std::string(invite->call_id()) +
      "\r\nCSeq: " + number + " UPDATE\r\nContact: <sip:early@" + stage.b.endpoint().text() +
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

// RFC 3262 3: there is nothing of ours that the callee could acknowledge.
bool stray_prack(Stage& stage) {
  if (!stage.b.in_dialog()) return false;
  stage.b.request("PRACK", {}, "RAck: 1 1 INVITE\r\n");
  return true;
}

// --- calls of others --------------------------------------------------------------------------------------------

// A call that is none of the first one's business: to dave.
bool call_dave(Stage& stage) {
  if (!stage.erin.log.empty()) return false;
  const auto usual = std::exchange(stage.rig.advisor.trunks, {"far"});
  stage.erin.invite({.body = sdp(stage.erin.ip(), 4000), .headers = std::string(kAllow)});
  stage.rig.advisor.trunks = usual;
  return true;
}

std::string last_sent_invite(const Peer& peer) {
  for (auto at = peer.sent.rbegin(); at != peer.sent.rend(); ++at)
    if (at->starts_with("INVITE ")) return *at;
  return {};
}

// RFC 3261 17.2.1: the same request once more; 8.2.2.2: by another way.
bool invite_again(Peer& peer, bool another_way) {
  std::string invite = last_sent_invite(peer);
  if (invite.empty() || !peer.invite_pending()) return false;
  const std::string_view branch = "branch=z9hG4bK-";
  if (another_way) invite.insert(invite.find(branch) + branch.size(), "merged-");
  peer.send_raw(std::move(invite));
  return true;
}

// RFC 3261 16.3: what the border sent comes back to it by a proxy.
bool send_back(Stage& stage) {
  const auto invite = last_invite(stage.b);
  if (invite == nullptr || !invite->to_tag().empty() || stage.b.pending_invites() == 0) return false;
  std::string bytes(invite->bytes());
  bytes.insert(bytes.find("\r\n") + 2, "Via: SIP/2.0/UDP " + stage.b.endpoint().text() + ";branch=z9hG4bK-back-" +
                                           std::to_string(stage.rig.next_number()) + "\r\n");
  stage.b.send_raw(std::move(bytes));
  return true;
}

}  // namespace

bool answer_update(Peer& peer, int status) {
  const auto update = peer.take("UPDATE");
  if (update == nullptr) return false;
  peer.answer_to(update, status, status == 200 && !update->body().empty() ? sdp(peer.ip(), 6000, "recvonly", 9) : "");
  return true;
}

bool answer_as(Peer& peer, int status, std::string_view tag, std::string_view headers) {
  const auto invite = last_invite(peer);
  if (invite == nullptr || !invite->to_tag().empty() || (tag.empty() && peer.pending_invites() == 0)) return false;
  peer.answer_to(invite, status, status == 183 || status == 200 ? sdp(peer.ip(), 6000, "sendrecv", 9) : "",
                 std::string(headers) + std::string(kAllow), tag);
  return true;
}

// Each with the next RSeq, so that none is a repetition.
bool ring_reliably(Stage& stage, Peer& callee, std::string_view tag) {
  return answer_as(callee, 183, tag, "Require: 100rel\r\nRSeq: " + std::to_string(stage.rig.next_number()) + "\r\n");
}

bool answer_prack(Peer& peer, int status) {
  const auto request = peer.take("PRACK");
  if (request == nullptr) return false;
  peer.answer_to(request, status);
  return true;
}

// The same reliably, with what the re-INVITE asks for or without.
bool ring_again_reliably(Stage& stage, Peer& peer, bool described) {
  const auto invite = last_invite(peer);
  if (invite == nullptr || invite->to_tag().empty() || peer.pending_invites() == 0) return false;
  peer.answer_to(invite, 183, described ? sdp(peer.ip(), 6000, "sendrecv", 9) : "",
                 "Require: 100rel\r\nRSeq: " + std::to_string(stage.rig.next_number()) + "\r\n" + std::string(kAllow));
  return true;
}

// RFC 3891 3: the dialog as whoever is in it with the border would be asked for it.
bool replace(Stage& stage, Peer& newcomer, Peer& party, bool offers) {
  if (!newcomer.log.empty()) return false;
  std::string named;
  for (auto at = party.log.rbegin(); at != party.log.rend() && named.empty(); ++at) {
    const sip::Message& message = **at;
    if (message.method() != sip::Method::Invite) continue;
    const std::string id(message.call_id());
    if (message.is_request() && message.to_tag().empty()) {
      named = id + ";to-tag=" + std::string(message.from_tag()) + ";from-tag=tag-of-" + party.name();
    } else if (message.is_response() && message.status() > 100 && message.status() < 300) {
      named = id + ";to-tag=" + std::string(message.to_tag()) + ";from-tag=" + std::string(message.from_tag());
    }
  }
  if (named.empty()) return false;
  if (&party == &stage.b) stage.rig.advisor.arrival_trunk = "t1";
  newcomer.invite(
      {.body = offers ? sdp(newcomer.ip(), 4000) : "", .headers = "Replaces: " + named + "\r\n" + std::string(kAllow)});
  stage.rig.advisor.arrival_trunk.clear();
  return true;
}

void drain(Rig& rig) {
  const auto open = rig.relay.sessions;
  for (const auto& [id, spec] : open) rig.relay_event(control::SessionDrains{id});
}

namespace {

// What either of the two does.
void add_of_both(std::vector<Letter>& letters) {
  for (const bool caller : {true, false}) {
    const auto peer = [caller](Stage& stage) -> Peer& { return caller ? stage.a : stage.b; };
    const std::string who = caller ? "a:" : "b:";
    letters.push_back({who + "reinvite", [peer](Stage& s) { return change(peer(s), "INVITE", 7); }});
    letters.push_back({who + "reinvite-empty", [peer](Stage& s) { return change(peer(s), "INVITE", 0); }});
    letters.push_back({who + "update", [peer, caller](Stage& s) {
                         return caller || s.b.in_dialog() ? change(peer(s), "UPDATE", 8) : early_update(s);
                       }});
    letters.push_back({who + "update-empty", [peer](Stage& s) { return change(peer(s), "UPDATE", 0); }});
    for (const int status : {200, 481, 491})
      letters.push_back(
          {who + std::to_string(status), [peer, status](Stage& s) { return answer_invite(peer(s), status); }});
    for (const int status : {200, 491})
      letters.push_back({who + "update-" + std::to_string(status),
                         [peer, status](Stage& s) { return answer_update(peer(s), status); }});
    letters.push_back({who + "reinvite-reliable", [peer](Stage& s) { return change_reliably(peer(s), 7); }});
    letters.push_back({who + "reinvite-empty-reliable", [peer](Stage& s) { return change_reliably(peer(s), 0); }});
    letters.push_back({who + "reinvite-180", [peer](Stage& s) { return ring_again(peer(s)); }});
    letters.push_back(
        {who + "reinvite-180-reliable", [peer](Stage& s) { return ring_again_reliably(s, peer(s), false); }});
    letters.push_back(
        {who + "reinvite-183-reliable", [peer](Stage& s) { return ring_again_reliably(s, peer(s), true); }});
    letters.push_back({who + "prack", [peer](Stage& s) { return prack(peer(s), false); }});
    letters.push_back({who + "prack-described", [peer](Stage& s) { return prack(peer(s), true); }});
    letters.push_back({who + "prack-200", [peer](Stage& s) { return answer_prack(peer(s), 200); }});
    letters.push_back({who + "ack", [peer](Stage& s) { return ack(peer(s)); }});
    letters.push_back({who + "ack-described", [peer](Stage& s) { return ack_with_answer(peer(s)); }});
    letters.push_back({who + "bye", [peer](Stage& s) { return bye(peer(s)); }});
    letters.push_back({who + "cancel", [peer](Stage& s) { return cancel(peer(s)); }});
    letters.push_back({who + "refer", [peer](Stage& s) { return refer(peer(s)); }});
  }
}

void add_early(std::vector<Letter>& letters) {
  letters.push_back({"a:update-more", [](Stage& s) {
                       if (!s.a.invite_pending()) return false;
                       s.a.request("UPDATE", sdp_two_lines(s.a.ip(), 4000, 8));
                       return true;
                     }});
  letters.push_back({"b:180", [](Stage& s) { return answer_as(s.b, 180, ""); }});
  letters.push_back({"b:183", [](Stage& s) { return answer_as(s.b, 183, ""); }});
  letters.push_back({"b:183-reliable", [](Stage& s) { return ring_reliably(s, s.b, ""); }});
  letters.push_back({"b:fork-183-reliable", [](Stage& s) { return ring_reliably(s, s.b, "fork"); }});
  letters.push_back({"b:fork-183", [](Stage& s) { return answer_as(s.b, 183, "fork"); }});
  letters.push_back({"b:fork-199", [](Stage& s) { return answer_as(s.b, 199, "fork"); }});
  letters.push_back({"b:fork-200", [](Stage& s) { return answer_as(s.b, 200, "fork"); }});
  letters.push_back({"b:486", [](Stage& s) { return answer_invite(s.b, 486); }});
  letters.push_back({"b:302", [](Stage& s) {
                       return answer_as(s.b, 302, "", "Contact: <sip:600@203.0.113.11>, <sip:7@203.0.113.10>\r\n");
                     }});
  letters.push_back({"c:183", [](Stage& s) { return answer_as(s.c, 183, ""); }});
  letters.push_back({"c:183-reliable", [](Stage& s) { return ring_reliably(s, s.c, ""); }});
  letters.push_back({"c:200", [](Stage& s) { return answer_invite(s.c, 200); }});
  letters.push_back({"c:fork-200", [](Stage& s) { return answer_as(s.c, 200, "fork"); }});
  letters.push_back({"c:302", [](Stage& s) { return answer_as(s.c, 302, "", "Contact: <sip:8@203.0.113.10>\r\n"); }});
  letters.push_back({"c:486", [](Stage& s) { return answer_invite(s.c, 486); }});
  letters.push_back({"c:603", [](Stage& s) { return answer_invite(s.c, 603); }});
  letters.push_back({"b:prack-stray", stray_prack, Letter::Kind::Idle});
  letters.push_back({"b:prack-481", [](Stage& s) { return answer_prack(s.b, 481); }});
}

// Other calls, and INVITEs that are none.
void add_calls(std::vector<Letter>& letters) {
  letters.push_back({"a:invite-again", [](Stage& s) { return invite_again(s.a, false); }, Letter::Kind::Idle});
  letters.push_back({"a:invite-merged", [](Stage& s) { return invite_again(s.a, true); }, Letter::Kind::Idle});
  letters.push_back({"b:invite-comes-back", send_back, Letter::Kind::Idle});
  letters.push_back({"e:invite", call_dave});
  letters.push_back({"d:200", [](Stage& s) { return answer_invite(s.d, 200); }});
  letters.push_back({"d:486", [](Stage& s) { return answer_invite(s.d, 486); }});
  letters.push_back({"e:replaces-b", [](Stage& s) { return replace(s, s.erin, s.b, true); }});
  letters.push_back({"e:replaces-b-empty", [](Stage& s) { return replace(s, s.erin, s.b, false); }});
  letters.push_back({"f:replaces-a", [](Stage& s) { return replace(s, s.frank, s.a, true); }});
  for (const bool callee : {true, false}) {
    const auto peer = [callee](Stage& stage) -> Peer& { return callee ? stage.erin : stage.frank; };
    const std::string who = callee ? "e:" : "f:";
    letters.push_back({who + "ack", [peer](Stage& s) { return ack(peer(s)); }});
    letters.push_back({who + "ack-described", [peer](Stage& s) { return ack_with_answer(peer(s)); }});
    letters.push_back({who + "bye", [peer](Stage& s) { return bye(peer(s)); }});
    letters.push_back({who + "cancel", [peer](Stage& s) { return cancel(peer(s)); }});
  }
}

// What the relay does, or does not do.
void add_of_relay(std::vector<Letter>& letters) {
  const auto relay = [&letters](std::string name, auto act, Letter::Kind kind = Letter::Kind::Usual) {
    letters.push_back({std::move(name),
                       [act](Stage& s) {
                         if (s.rig.relay.sessions.empty()) return false;
                         act(s.rig);
                         return true;
                       },
                       kind});
  };
  relay("media-lost", [](Rig& r) { r.media_lost(); });
  relay("session-lost", [](Rig& r) { r.session_lost(); });
  relay("session-closed", [](Rig& r) {
    const auto open = r.relay.sessions;
    for (const auto& [id, spec] : open) {
      r.relay.forget(id);
      r.relay_event(control::SessionClosed{id, "stops", {}});
    }
  });
  relay("relay-drains", drain);
  relay("relay-refuses", [](Rig& r) { r.relay.refuse_next = 1; }, Letter::Kind::Mood);
  relay("relay-slow", [](Rig& r) { r.relay.mood = FakeRelay::Mood::Slow; }, Letter::Kind::Mood);
  relay("relay-silent", [](Rig& r) { r.relay.mood = FakeRelay::Mood::Silent; }, Letter::Kind::Mood);

  // Of what it was asked while it was slow.
  const auto late = [&letters](std::string name, auto act) {
    letters.push_back({std::move(name), [act](Stage& s) {
                         if (!s.rig.relay.waits()) return false;
                         act(s.rig);
                         return true;
                       }});
  };
  late("relay-answers", [](Rig& r) { r.release_relay(); });
  late("relay-has-no-ports", [](Rig& r) { r.fail_relay(control::ErrorCode::NoPorts); });
  late("relay-knows-no-session", [](Rig& r) { r.fail_relay(control::ErrorCode::UnknownSession); });
  late("relay-dies", [](Rig& r) {
    r.fail_relay(control::ErrorCode::LinkDown);
    r.session_lost();
  });
}

// What is nobody's doing.
void add_of_nobody(std::vector<Letter>& letters) {
  const auto timed = [](base::Duration time) {
    return [time](Stage& s) {
      if (s.rig.calls.size() == 0) return false;
      s.rig.pass(time);
      return true;
    };
  };
  for (const bool fails : {false, true}) {
    letters.push_back({fails ? "policy-gets-no-answer" : "policy-gets-its-answer", [fails](Stage& s) {
                         if (s.rig.questions.empty()) return false;
                         s.rig.release_answers(fails);
                         return true;
                       }});
  }
  letters.push_back({"3s", timed(base::seconds(3))});
  letters.push_back({"46s", timed(base::seconds(46))});
  letters.push_back({"kill", [](Stage& s) {
                       if (s.rig.calls.size() == 0) return false;
                       s.rig.kill();
                       return true;
                     }});
}

}  // namespace

std::vector<Letter> alphabet() {
  std::vector<Letter> letters;
  add_of_both(letters);
  add_early(letters);
  add_calls(letters);
  add_of_relay(letters);
  add_of_nobody(letters);
  return letters;
}

}  // namespace sbc::call::test
