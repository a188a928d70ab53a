#pragma once
// The calls on a stage: the real transaction layer and the real calls between scripted peers, a fake relay, a policy
// made of values, a clock that is moved by hand, and dice with a seed.
//
//   a (access realm)  <-->  Layer + Calls  <-->  b (trunk t1), c (trunk t2), d (trunk far, in another network)

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "media-relay/base/ip.h"
#include "media-relay/base/random.h"

#include "sbc/call/calls.h"
#include "sbc/call/occupancy.h"
#include "sbc/sip/minter.h"
#include "sbc/transaction/layer.h"

#include "peer.h"
#include "relay.h"

namespace sbc::call::test {

class FakeAdvisor final : public Advisor {
 public:
  Arrival arrival_of(const sip::Message& request, const sip::Source& source) override;
  policy::Ruling<policy::InviteDecision> invite(const policy::InviteFacts& facts, bool can_wait) override;
  policy::Ruling<policy::InviteDecision> resume_invite(std::uint64_t ticket, policy::Answer answer) override;
  policy::NatDecision nat(const policy::LegFacts&) override { return nat_decision; }
  policy::Ruling<policy::FailureDecision> failure(const policy::InviteFacts& facts,
                                                  const policy::AttemptFacts& attempt) override;
  policy::Ruling<policy::FailureDecision> resume_failure(std::uint64_t ticket, policy::Answer answer) override;
  void abandon(std::uint64_t ticket) override;
  bool hears_quality(const Arrival& /*of*/) const override { return true; }
  void quality(const policy::InviteFacts& facts, const policy::QualityFacts& quality) override {
    qualities.push_back(quality);
    caller = facts.from;
  }
  bool hears(policy::Handler handler, const Arrival& /*of*/) const override { return heard.contains(handler); }
  policy::ResponseDecision provisional(const policy::InviteFacts& facts,
                                       const policy::ResponseFacts& response) override {
    caller = facts.from;
    responses.push_back(response);
    return provisional_decision;
  }
  policy::ResponseDecision answer(const policy::InviteFacts& facts, const policy::ResponseFacts& response) override {
    caller = facts.from;
    responses.push_back(response);
    return answer_decision;
  }
  policy::InsideDecision inside(policy::Handler handler, const policy::InviteFacts& facts,
                                const policy::InsideFacts& event) override {
    caller = facts.from;
    insides.emplace_back(handler, event);
    return inside_decision;
  }
  policy::TimerDecision timer(const policy::InviteFacts& facts, const policy::TimerFacts& due) override {
    caller = facts.from;
    timers_due.push_back(due);
    return timer_decision;
  }
  std::vector<policy::TimerOp> take_timers() override { return std::exchange(timers, {}); }
  void end(const policy::InviteFacts& facts, const policy::EndFacts& end) override {
    ends.push_back(end);
    last_attempts = facts.attempts;
  }
  Challenge challenge(const sip::Message&, std::string_view) override {
    return {407, {{"Proxy-Authenticate", "Digest realm=\"x\", nonce=\"y\""}}};
  }
  std::optional<route::ContactWay> way_to(std::uint64_t) override { return std::nullopt; }

  explain::Explainer* explainer() override { return listener; }
  explain::Explainer* listener = nullptr;
  Occupancy* occupancy() override { return &seats; }
  OccupancyTable seats;

  // Routes to these trunks in this order unless `decision` says otherwise.
  std::vector<std::string> trunks{"t1"};
  std::size_t at_once = 0;                         // so many of them, from the first on, are called together
  std::vector<std::string> transfer_trunks{"t2"};  // the same for a call that a REFER asks for
  std::string referred_by;                         // of the last question
  std::string arrival_trunk;                       // of callers
  bool authenticated = false;                      // they are
  policy::Address caller;                          // of the last question
  std::string replaces;                            // of the last question
  std::uint32_t timeout_s = 0;
  std::uint32_t ring_timeout_s = 0;
  std::optional<policy::InviteDecision> decision;
  policy::NatDecision nat_decision;
  policy::FailureDecision failure_decision;
  bool last_invite_emergency = false;
  std::vector<policy::AttemptFacts> failures;
  std::vector<std::size_t> histories;  // earlier attempts that each of them was told of
  // Questions before each decision of on_invite and of on_failure; each has two seconds.
  int asks = 0;
  int failure_asks = 0;
  struct Waiting {
    const policy::InviteFacts* facts;
    const policy::AttemptFacts* attempt;  // null: on_invite
    int left;
  };
  std::map<std::uint64_t, Waiting> waiting;
  std::vector<policy::Answer> answers;
  std::size_t abandoned = 0;
  std::set<policy::Handler> heard;  // handlers of what happens in a call
  policy::ResponseDecision provisional_decision, answer_decision;
  std::vector<policy::ResponseFacts> responses;  // their headers are gone
  policy::InsideDecision inside_decision;
  std::vector<std::pair<policy::Handler, policy::InsideFacts>> insides;  // their headers are gone
  policy::TimerDecision timer_decision;
  std::vector<policy::TimerFacts> timers_due;
  std::vector<policy::TimerOp> timers;  // that the next handler sets
  std::vector<policy::QualityFacts> qualities;
  std::vector<policy::EndFacts> ends;
  std::vector<policy::AttemptFacts> last_attempts;  // that the last of them was told of

 private:
  policy::Pending wait(const Waiting& what);
  Waiting answered(std::uint64_t ticket, policy::Answer answer);
  policy::InviteDecision decide(const policy::InviteFacts& facts);
  std::uint64_t last_ticket_ = 0;
};

struct RigOptions {
  sip::Transport transport = sip::Transport::Udp;  // of a's listener
  std::uint64_t seed = 1;
  std::size_t max_calls = 100;
  std::uint8_t shard = 0;
};

class Rig {
 public:
  explicit Rig(const RigOptions& options = {});

  // Bytes from the network; everything that follows from them happens before this returns.
  void inject(std::string bytes, const sip::Source& source);
  // Time passes, with a stop at each deadline.
  void pass(base::Duration how_long);
  // As pass(), but no further than the next deadline.
  bool step(base::Duration most);
  void pump();

  void relay_event(control::Event event);
  void one_sided(control::HalfSide silent);  // likewise
  // What the relay tells of a stretch: packets of PCMU from that side.
  void quality(control::HalfSide from, std::uint64_t received, std::uint64_t lost);
  void media_lost();                                              // of every session that is open
  void session_lost();                                            // the relay forgets every session that is open
  void release_relay();                                           // FakeRelay::Mood::Slow
  void fail_relay(control::ErrorCode why);                        // FakeRelay::fail
  void kill();                                                    // Calls::kill_all
  std::expected<MovedLeg, int> give_leg(const LegWanted& asked);  // Calls::give_leg
  void take_leg(const LegWanted& asked, std::expected<MovedLeg, int> moved);  // Calls::on_leg
  // Answers what waits for the resolver: by `names` or, with `fail`, "nothing".
  void release_lookups(bool fail = false);
  // Answers what the policy waits for or, with `fail`, says that there is none.
  void release_answers(bool fail = false);
  // The last thing sent to a peer could not be delivered.
  void fail_last_send(const Peer& peer);

  // The usual beginnings.
  void ring();     // a calls, b rings
  void connect();  // a and b talk

  std::uint64_t next_number() { return ++number_; }
  bool loud = false;  // prints each message on its way
  void print(std::string_view arrow, std::string_view who, std::string_view message) const;
  const base::Endpoint& listener(std::uint16_t index) const { return listeners_.at(index); }
  // Everything is over and nothing is left; `what` names the run in failures.
  void expect_idle(std::string_view what = {});
  // No peer talks to nobody: each has sent or got a BYE in every dialog that was confirmed.
  void expect_no_half_call(std::string_view what = {});
  // Every offer in a 2xx to the border has got its answer with the ACK.
  void expect_offers_answered(std::string_view what = {});
  // Both legs of every call are up and no other dialog is: to be asked when everything that was under way has ended.
  void expect_legs_in_pairs(std::string_view what = {});
  std::vector<std::string> dialogs_alive() const;
  // Every word that the border sent to the peer.
  std::vector<std::string> said_to(const Peer& peer) const;

  base::Instant now{base::hours(1)};
  base::SeededRandom random;
  sip::Minter minter;
  FakeAdvisor advisor;
  FakeRelay relay;
  transaction::Layer layer;
  std::shared_ptr<Settings> settings;
  Calls calls;
  Peer a, b, c, d;
  Peer* guest = nullptr;  // two more, of the test's own
  Peer* second_guest = nullptr;
  std::vector<CallRecord> records;
  std::vector<Note> notes;
  std::vector<LegWanted> wanted;         // of other shards
  std::vector<std::string> guests_gone;  // tags of theirs
  std::size_t invites_from_callers = 0;  // that reached the calls
  // The resolver: places by host; others have none. `lookups` waits for release_lookups() when `slow_names`.
  std::map<std::string, std::vector<route::Place>> names;
  bool slow_names = false;
  std::vector<Lookup> lookups;
  bool slow_policy = false;  // what it wants to know waits for release_answers()
  std::vector<PolicyQuestion> questions;
  // Every message is searched for words of the other side; one that has any fails the test, unless it is about that.
  bool leaks_are_wanted = false;
  // Drops what the border sends with this chance in 1000.
  std::uint64_t loss = 0;

 private:
  struct Incoming {
    std::string bytes;
    sip::Source source;
  };
  struct Sent {
    sip::Hop hop;
    std::string bytes;
    std::uint64_t token;
  };

  void on_events();
  void answer_lookups(bool fail);
  void answer_questions(bool fail);
  void carry(const transaction::Send& send);
  Peer* peer_at(const base::Endpoint& remote);

  std::vector<base::Endpoint> listeners_;
  std::deque<Incoming> incoming_;
  std::vector<Sent> sent_;
  Output out_;
  std::uint64_t number_ = 0;
  bool pumping_ = false;
};

// What has ended leaves nothing.
inline void end_well(Rig& rig) {
  rig.pass(base::minutes(3));
  rig.expect_idle();
}

// Its body; of nothing, nothing.
inline std::string text_of(const sip::MessagePtr& message) {
  return message != nullptr ? std::string(message->body()) : std::string();
}

}  // namespace sbc::call::test
