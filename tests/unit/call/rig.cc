#include "rig.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <iostream>
#include <iterator>

#include "sbc/sip/parser.h"
#include "sbc/sip/response.h"

namespace sbc::call::test {
namespace {

base::Endpoint endpoint(const char* text) {
  return *base::Endpoint::parse(text);
}

const char* const kRealms[] = {"access", "core", "far"};
const char* const kListeners[] = {"198.51.100.1:5060", "203.0.113.1:5060", "192.0.2.129:5060"};

std::shared_ptr<Settings> make_settings(const RigOptions& options) {
  auto settings = std::make_shared<Settings>();
  std::vector<route::Realm> table;
  for (std::uint16_t i = 0; i < 3; ++i) {
    const auto where = endpoint(kListeners[i]);
    table.push_back(
        {.name = kRealms[i],
         .listeners = {{.index = i, .transport = i == 0 ? options.transport : sip::Transport::Udp, .address = where}},
         .media_network = kRealms[i],
         .trust = route::Trust::Untrusted});
    settings->faces.push_back({.host = where.ip.text(), .sent_by = where.ip.text(), .address = where.ip});
  }
  const auto trunk = [](const char* name, const char* realm, const char* target) {
    route::Trunk result;
    result.name = name;
    result.realm = realm;
    result.targets.push_back({.endpoint = endpoint(target)});
    return result;
  };
  const auto named_trunk = [] {
    route::Trunk result;
    result.name = "named";
    result.realm = "core";
    result.targets.push_back({.endpoint = {}, .name = route::NamedHost{.host = "pbx.example"}});
    return result;
  };
  auto built = route::Table::build(std::move(table),
                                   {trunk("t1", "core", "203.0.113.10:5060"), trunk("t2", "core", "203.0.113.11:5060"),
                                    trunk("far", "far", "192.0.2.200:5060"), named_trunk()},
                                   {});
  EXPECT_TRUE(built) << built.error();
  settings->routes = std::make_shared<const route::Table>(*std::move(built));
  settings->max_calls = options.max_calls;
  settings->leak_guard = leak::Mode::Log;
  return settings;
}

}  // namespace

Arrival FakeAdvisor::arrival_of(const sip::Message&, const sip::Source& source) {
  Arrival arrival;
  arrival.realm = kRealms[source.hop.listener];
  arrival.trunk = arrival_trunk;
  arrival.vouched = !arrival_trunk.empty();
  arrival.authenticated = authenticated;
  return arrival;
}

policy::Pending FakeAdvisor::wait(const Waiting& what) {
  waiting.emplace(++last_ticket_, what);
  return {.ticket = last_ticket_,
          .question = {.what = policy::HttpQuestion{.url = "http://db.example/", .headers = {}, .json = {}},
                       .timeout = base::seconds(2)}};
}

FakeAdvisor::Waiting FakeAdvisor::answered(std::uint64_t ticket, policy::Answer answer) {
  answers.push_back(std::move(answer));
  const auto found = waiting.extract(ticket);
  EXPECT_FALSE(found.empty()) << "nobody waits";
  Waiting what = found.mapped();
  --what.left;
  return what;
}

policy::Ruling<policy::InviteDecision> FakeAdvisor::invite(const policy::InviteFacts& facts, bool can_wait) {
  if (can_wait && asks != 0) return wait({&facts, nullptr, asks});
  return decide(facts);
}

policy::Ruling<policy::InviteDecision> FakeAdvisor::resume_invite(std::uint64_t ticket, policy::Answer answer) {
  const Waiting what = answered(ticket, std::move(answer));
  if (what.left != 0) return wait(what);
  return decide(*what.facts);
}

policy::Ruling<policy::FailureDecision> FakeAdvisor::failure(const policy::InviteFacts& facts,
                                                             const policy::AttemptFacts& attempt) {
  if (failure_asks != 0) return wait({&facts, &attempt, failure_asks});
  failures.push_back(attempt);
  histories.push_back(facts.attempts.size());
  return failure_decision;
}

policy::Ruling<policy::FailureDecision> FakeAdvisor::resume_failure(std::uint64_t ticket, policy::Answer answer) {
  const Waiting what = answered(ticket, std::move(answer));
  if (what.left != 0) return wait(what);
  caller = what.facts->from;
  failures.push_back(*what.attempt);
  return failure_decision;
}

void FakeAdvisor::abandon(std::uint64_t ticket) {
  EXPECT_EQ(waiting.erase(ticket), 1U);
  ++abandoned;
}

policy::InviteDecision FakeAdvisor::decide(const policy::InviteFacts& facts) {
  last_invite_emergency = facts.emergency;
  referred_by = facts.referred_by;
  caller = facts.from;
  replaces = facts.replaces;
  if (decision) return *decision;
  policy::InviteDecision route;
  route.kind = policy::InviteDecision::Kind::Route;
  for (const auto& name : facts.referred_by.empty() ? trunks : transfer_trunks) {
    policy::Candidate candidate;
    candidate.kind = policy::Candidate::Kind::Trunk;
    candidate.name = name;
    candidate.timeout_s = timeout_s;
    candidate.ring_timeout_s = ring_timeout_s;
    if (facts.referred_by.empty() && route.candidates.size() < at_once) candidate.at_once = 1;
    route.candidates.push_back(std::move(candidate));
  }
  route.where = "test:1";
  return route;
}

Rig::Rig(const RigOptions& options)
    : random(options.seed),
      minter({11, 12}, options.shard),
      layer({}, minter, random),
      settings(make_settings(options)),
      calls(layer, minter, random, advisor, settings),
      a(*this, "alice", "198.51.100.77:5066", 0),
      b(*this, "bob", "203.0.113.10:5060", 1),
      c(*this, "carol", "203.0.113.11:5060", 1),
      d(*this, "dave", "192.0.2.200:5060", 2) {
  for (const char* text : kListeners) listeners_.push_back(endpoint(text));
}

Peer* Rig::peer_at(const base::Endpoint& remote) {
  for (Peer* peer : {&a, &b, &c, &d, guest, second_guest})
    if (peer != nullptr && peer->endpoint() == remote) return peer;
  return nullptr;
}

void Rig::inject(std::string bytes, const sip::Source& source) {
  incoming_.push_back({std::move(bytes), source});
  pump();
}

void Rig::on_events() {
  std::vector<transaction::Event> events;
  events.swap(out_.transaction.events);
  for (auto& event : events) {
    if (const auto* request = std::get_if<transaction::RequestArrived>(&event)) {
      if (!request->message->to_tag().empty()) {
        calls.on_dialog_request(*request, now, out_);
      } else if (request->message->method() == sip::Method::Invite) {
        ++invites_from_callers;
        calls.on_invite(*request, advisor.arrival_of(*request->message, request->source), now, out_);
      } else if (request->message->method() != sip::Method::Refer ||
                 !calls.on_refer(*request, advisor.arrival_of(*request->message, request->source), now, out_)) {
        layer.respond(request->transaction, 481,
                      base::share(sip::build_response(*request->message, 481, "none", request->source)), now,
                      out_.transaction);
      }
    } else if (const auto* ack = std::get_if<transaction::AckArrived>(&event)) {
      calls.on_ack(*ack, now, out_);
    } else if (const auto* cancel = std::get_if<transaction::CancelArrived>(&event)) {
      calls.on_cancel(*cancel, now, out_);
    } else if (const auto* response = std::get_if<transaction::ResponseArrived>(&event)) {
      calls.on_response(*response, now, out_);
    } else if (const auto* dead = std::get_if<transaction::ClientFailed>(&event)) {
      calls.on_client_failed(*dead, now, out_);
    } else {
      calls.on_server_failed(std::get<transaction::ServerFailed>(event), now, out_);
    }
  }
}

void Rig::carry(const transaction::Send& send) {
  sent_.push_back({send.hop, *send.bytes, send.token});
  auto parsed = sip::parse(*send.bytes);
  ASSERT_TRUE(parsed.ok()) << (parsed.error ? parsed.error->text : "") << "\n" << *send.bytes;
  Peer* peer = peer_at(send.hop.remote);
  print("->", peer != nullptr ? peer->name() : send.hop.remote.text(), *send.bytes);
  if (peer != nullptr) peer->ledger.on_its_way(*parsed.message, now);
  if (loss != 0 && random.below(1000) < loss) return;
  if (peer != nullptr) peer->receive(parsed.message);
}

void Rig::print(std::string_view arrow, std::string_view who, std::string_view message) const {
  if (!loud) return;
  const auto parsed = sip::parse(std::string(message));
  if (!parsed.ok()) return;
  const sip::Message& m = *parsed.message;
  std::cout << "           " << arrow << " " << who << ": " << message.substr(0, message.find('\r')) << " | "
            << m.cseq().number << " " << m.method_text() << ", " << m.from_tag() << " to " << m.to_tag() << "\n";
}

void Rig::pump() {
  if (pumping_) return;
  pumping_ = true;
  for (;;) {
    if (!out_.transaction.events.empty()) {
      on_events();
      continue;
    }
    if (!out_.transaction.sends.empty()) {
      std::vector<transaction::Send> sends;
      sends.swap(out_.transaction.sends);
      for (const auto& send : sends) carry(send);
      continue;
    }
    if (!out_.relay.empty()) {
      std::vector<RelayCommand> commands;
      commands.swap(out_.relay);
      for (const auto& command : commands) relay.take(command, now);
    }
    if (const auto replies = relay.replies(now); !replies.empty()) {
      for (const auto& reply : replies) calls.on_relay_reply(reply, now, out_);
      continue;
    }
    if (!out_.lookups.empty()) {
      std::ranges::move(out_.lookups, std::back_inserter(lookups));
      out_.lookups.clear();
      if (!slow_names) answer_lookups(false);
      continue;
    }
    if (!out_.questions.empty()) {
      std::ranges::move(std::exchange(out_.questions, {}), std::back_inserter(questions));
      if (!slow_policy) answer_questions(false);
      continue;
    }
    if (incoming_.empty()) break;
    Incoming in = std::move(incoming_.front());
    incoming_.pop_front();
    auto parsed = sip::parse(in.bytes);
    EXPECT_TRUE(parsed.ok()) << (parsed.error ? parsed.error->text : "") << "\n" << in.bytes;
    if (parsed.ok()) layer.on_message(parsed.message, in.source, now, out_.transaction);
  }
  for (auto& record : out_.records) records.push_back(std::move(record));
  for (auto& note : out_.notes) notes.push_back(std::move(note));
  out_.records.clear();
  out_.notes.clear();
  std::ranges::move(std::exchange(out_.wanted, {}), std::back_inserter(wanted));
  std::ranges::move(std::exchange(out_.guests_gone, {}), std::back_inserter(guests_gone));
  for (auto& note : calls.leak_guard().take_notes()) {
    if (leaks_are_wanted) {
      notes.push_back(std::move(note));
    } else {
      ADD_FAILURE() << note.text << "\n" << (sent_.empty() ? "" : sent_.back().bytes);
    }
  }
  pumping_ = false;
}

bool Rig::step(base::Duration most) {
  const base::Instant next = std::min({layer.next_deadline(), calls.next_deadline(), relay.next_deadline()});
  if (next > now + most) {
    now += most;
    return false;
  }
  now = std::max(now, next);
  layer.on_deadline(now, out_.transaction);
  calls.on_deadline(now, out_);
  pump();
  return true;
}

void Rig::pass(base::Duration how_long) {
  const base::Instant end = now + how_long;
  while (now < end)
    if (!step(end - now)) break;
}

void Rig::relay_event(control::Event event) {
  const auto owner = relay.owners.find(control::session_of(event));
  calls.on_relay_event({.owner = owner != relay.owners.end() ? owner->second : 0, .event = std::move(event)}, now,
                       out_);
  pump();
}

void Rig::media_lost() {
  const auto open = relay.sessions;
  for (const auto& [id, spec] : open) relay_event(control::MediaLost{id, 0, 60'000});
}

void Rig::one_sided(control::HalfSide silent) {
  const auto open = relay.sessions;
  for (const auto& [id, spec] : open) relay_event(control::OneSided{id, 0, silent, 10'000});
}

void Rig::quality(control::HalfSide from, std::uint64_t received, std::uint64_t lost) {
  const auto open = relay.sessions;
  for (const auto& [id, spec] : open) {
    control::Quality told{id, {}};
    control::HalfStats& half = from == control::HalfSide::A ? told.lately.a : told.lately.b;
    half.packets_received = received;
    half.packets_expected = received + lost;
    half.packets_lost = static_cast<std::int64_t>(lost);
    relay_event(told);
  }
}

void Rig::session_lost() {
  const auto open = relay.sessions;
  for (const auto& [id, spec] : open) {
    relay.forget(id);
    relay_event(control::SessionLost{id, "restarted"});
  }
}

void Rig::release_relay() {
  relay.release();
  pump();
}

void Rig::fail_relay(control::ErrorCode why) {
  relay.fail(why);
  pump();
}

void Rig::answer_questions(bool fail) {
  for (const auto& asked : std::exchange(questions, {})) {
    policy::Found found = std::unexpected("failed");
    if (!fail) found = policy::HttpAnswer{.status = 200, .content_type = "application/json", .body = "{}"};
    calls.on_answer(asked.owner, asked.number, std::move(found), now, out_);
  }
}

void Rig::release_answers(bool fail) {
  answer_questions(fail);
  pump();
}

void Rig::answer_lookups(bool fail) {
  std::vector<Lookup> waiting;
  waiting.swap(lookups);
  for (const Lookup& lookup : waiting) {
    const auto found = names.find(lookup.host.host);
    const bool known = found != names.end() && !fail;
    calls.on_located(lookup, known ? found->second : std::vector<route::Place>{}, known ? "" : "no such name", now,
                     out_);
  }
}

void Rig::release_lookups(bool fail) {
  answer_lookups(fail);
  pump();
}

void Rig::kill() {
  calls.kill_all(now, out_);
  pump();
}

std::expected<MovedLeg, int> Rig::give_leg(const LegWanted& asked) {
  auto moved = calls.give_leg(asked, now, out_);
  pump();
  return moved;
}

void Rig::take_leg(const LegWanted& asked, std::expected<MovedLeg, int> moved) {
  calls.on_leg(asked, std::move(moved), now, out_);
  pump();
}

void Rig::fail_last_send(const Peer& peer) {
  const auto found =
      std::find_if(sent_.rbegin(), sent_.rend(), [&peer](const Sent& s) { return s.hop.remote == peer.endpoint(); });
  if (found == sent_.rend()) return;
  const auto failed = sip::parse(found->bytes);
  Peer* known = peer_at(peer.endpoint());
  if (known != nullptr && failed.ok()) known->ledger.could_not_be_sent(*failed.message, now);
  layer.on_transport_error(found->token, now, out_.transaction);
  pump();
}

void Rig::ring() {
  a.invite();
  ASSERT_TRUE(b.has("INVITE"));
  b.answer(180);
  ASSERT_TRUE(a.has("180"));
}

void Rig::connect() {
  ring();
  b.answer(200, sdp(b.ip(), 6000));
  ASSERT_TRUE(a.has("200 INVITE"));
  a.ack();
  ASSERT_EQ(calls.connected(), 1U);
  a.clear();
  b.clear();
}

void Rig::expect_idle(std::string_view what) {
  EXPECT_TRUE(advisor.waiting.empty()) << what;
  EXPECT_EQ(calls.size(), 0U) << what;
  EXPECT_EQ(calls.endings(), 0U) << what;
  EXPECT_EQ(calls.connected(), 0U) << what;
  EXPECT_EQ(calls.dialogs(), 0U) << what;
  EXPECT_EQ(advisor.seats.size(), 0U) << what;
  EXPECT_EQ(calls.next_deadline(), base::kNever) << what;
  EXPECT_TRUE(relay.sessions.empty()) << what << ": " << relay.sessions.size() << " relay sessions left";
  EXPECT_EQ(relay.strange, 0U) << what;
  EXPECT_EQ(calls.counters().bugs, 0U) << what;
  EXPECT_EQ(layer.counters().bugs, 0U) << what;
  EXPECT_EQ(records.size() + calls.counters().takeovers, invites_from_callers) << what;
}

std::vector<std::string> Rig::dialogs_alive() const {
  std::vector<std::string> all;
  for (const Peer* peer : std::initializer_list<const Peer*>{&a, &b, &c, &d, guest, second_guest}) {
    if (peer == nullptr) continue;
    for (const auto& dialog : peer->ledger.alive()) all.push_back(peer->name() + " in " + dialog.call_id);
  }
  return all;
}

void Rig::expect_no_half_call(std::string_view what) {
  const auto alive = dialogs_alive();
  EXPECT_EQ(alive, std::vector<std::string>{}) << what;
}

void Rig::expect_offers_answered(std::string_view what) {
  for (const Peer* peer : std::initializer_list<const Peer*>{&a, &b, &c, &d, guest, second_guest})
    if (peer != nullptr) {
      EXPECT_EQ(peer->ledger.unanswered(), std::vector<std::string>{}) << what << ": " << peer->name();
    }
}

void Rig::expect_legs_in_pairs(std::string_view what) {
  const auto alive = dialogs_alive();
  EXPECT_EQ(alive.size(), 2 * calls.connected()) << what << ": " << testing::PrintToString(alive);
}

std::vector<std::string> Rig::said_to(const Peer& peer) const {
  std::vector<std::string> all;
  for (const auto& sent : sent_)
    if (sent.hop.remote == peer.endpoint()) all.push_back(sent.bytes);
  return all;
}

}  // namespace sbc::call::test
