#pragma once
// Requests outside of calls across the border: MESSAGE, OPTIONS, PUBLISH, SUBSCRIBE, NOTIFY and methods that nobody
// knows, each as a server transaction on one side and a client transaction of our own on the other (RFC 3261 8, RFC
// 4320); and subscriptions, as a pair of dialogs (RFC 6665). Sans-IO, one per shard, beside call::Calls.
//
//   A -- SUBSCRIBE --> us -- SUBSCRIBE (own Call-ID, tag, CSeq, Contact) --> B
//   A <-- 200 -------- us <-- 200 ------------------------------------------ B   in either order with
//   A <-- NOTIFY ----- us <-- NOTIFY --------------------------------------- B   (RFC 6665 4.1.2.4)
//
// A notifier more (a fork) is a dialog more toward A, with a tag of its own. A REFER makes a subscription as well,
// unless both sides agree that it does not (RFC 3515, RFC 4488).

#include <memory>
#include <span>
#include <unordered_map>

#include "media-relay/base/random.h"

#include "sbc/call/core.h"
#include "sbc/call/credentials.h"
#include "sbc/call/leak_guard.h"
#include "sbc/call/output.h"
#include "sbc/call/settings.h"
#include "sbc/exchange/advisor.h"
#include "sbc/exchange/counters.h"
#include "sbc/exchange/crossing.h"
#include "sbc/exchange/settings.h"
#include "sbc/exchange/state.h"
#include "sbc/route/health.h"
#include "sbc/sip/minter.h"
#include "sbc/sip/response.h"
#include "sbc/transaction/layer.h"

namespace sbc::exchange {

class Exchange {
 public:
  // What it shares with the calls of the shard: which targets are well, our accounts with trunks, and who looks at what
  // goes out.
  struct Shared {
    route::TrunkHealth& health;
    call::Credentials& credentials;
    call::LeakGuard& guard;
  };
  // All references outlive the object.
  Exchange(transaction::Layer& layer, const sip::Minter& minter, base::Random& random, Advisor& advisor,
           const Dialogs& dialogs, Shared shared, std::shared_ptr<const call::Settings> calls, Settings settings);

  void replace_settings(std::shared_ptr<const call::Settings> calls, Settings settings);
  // From now on nothing new is carried; subscriptions go on.
  void drain() { draining_ = true; }

  // Asks the policy. False: the border answers by itself, as the caller of this function does.
  bool on_request(const transaction::RequestArrived& request, const call::Arrival& arrival, base::Instant now,
                  call::Output& out);
  // Whether a To tag is of a subscription; then on_dialog_request answers in every case.
  bool owns_tag(std::string_view tag) const { return tags_.contains(tag); }
  void on_dialog_request(const transaction::RequestArrived& request, base::Instant now, call::Output& out);

  // False: the transaction is not ours.
  bool on_response(const transaction::ResponseArrived& response, base::Instant now, call::Output& out);
  bool on_client_failed(const transaction::ClientFailed& failed, base::Instant now, call::Output& out);
  // Look-ups of ours have no owner; those of calls always have one.
  static bool owns(const call::Lookup& lookup) { return lookup.owner == 0; }
  void on_located(const call::Lookup& lookup, const std::vector<route::Place>& places, base::Instant now,
                  call::Output& out);

  base::Instant next_deadline() const { return timers_.next(); }
  void on_deadline(base::Instant now, call::Output& out);

  route::TrunkHealth& health() { return health_; }
  const Counters& counters() const { return counters_; }
  std::size_t flights() const { return flights_.size(); }
  std::size_t subscriptions() const { return subscriptions_.size(); }
  std::size_t tags() const { return tags_.size(); }

 private:
  struct Context {
    base::Instant now;
    call::Output& out;
  };
  using Headers = std::span<const sip::ExtraHeader>;

  // exchange.cc: requests outside of dialogs.
  bool refuse_early(const transaction::RequestArrived& request, bool inside, const Context& context);
  void carry(const transaction::RequestArrived& request, const call::Arrival& arrival,
             std::vector<policy::Candidate> candidates, const Context& context);
  void try_target(Flight& flight, const Context& context);
  void send_to_target(Flight& flight, const Context& context);
  void failed(Flight& flight, const route::Failure& failure, const Context& context);
  void give_up(Flight& flight, const Context& context);
  void answer(const transaction::RequestArrived& request, int status, Headers headers, const Context& context,
              std::string_view reason = {});
  void finish(Flight& flight, int status, Headers headers, const Context& context, const body::Result& body = {});
  void send(Flight& flight, const sip::Hop& hop, std::string_view branch, base::SharedBytes bytes,
            const Context& context);
  Flight* flight_of(transaction::ClientId client);
  void forget_client(Flight& flight);
  void end(Flight& flight, Outcome outcome);
  void final_response(Flight& flight, const sip::Message& message, const sip::Source& source, const Context& context);
  void accepted(Flight& flight, const sip::Message& response, const Context& context);
  static bool may_leave(const sip::Message& request, body::Fate fate);
  bool crosses(const transaction::RequestArrived& request, const Toward& toward, const Context& context);
  bool again(Flight& flight, const transaction::ResponseArrived& response, const Context& context);
  void note_busy(const Flight& flight, const transaction::ResponseArrived& response, const Context& context);
  Crossing crossing(Toward toward) const { return {std::move(toward), key_, dialogs_, settings_}; }
  // Toward whoever waits for the flight's answer.
  Crossing crossing_back(const Flight& flight) const;

  // refer.cc
  std::string named_party(const sip::Message& request) const;
  bool may_refer(const transaction::RequestArrived& request, const Context& context);
  bool refer_crosses(const transaction::RequestArrived& request, const Toward& toward, const Context& context);
  void referred(Flight& flight, Subscription& subscription, const sip::Message& response, const Context& context);
  void note_refer_id(Subscription& subscription, const sip::Message& notify) const;

  // subscription.cc
  bool has_room(const transaction::RequestArrived& request, const Context& context);
  bool may_subscribe(const transaction::RequestArrived& request, const Context& context);
  void open_subscription(Flight& flight, const call::Arrival& arrival, const Context& context);
  void start_attempt(Flight& flight, const route::Target& target);
  void opened(Flight& flight, Subscription& subscription, const sip::Message& response, const sip::Source& source,
              const Context& context);
  void on_subscribe(Subscription& subscription, const transaction::RequestArrived& request, const Context& context);
  void on_notify(Subscription& subscription, const transaction::RequestArrived& request, const Context& context);
  void relay_in_dialog(Subscription& subscription, Pair& pair, Side from, const transaction::RequestArrived& request,
                       const Context& context);
  void in_dialog_answer(Flight& flight, const sip::Message& response, const sip::Source& source,
                        const Context& context);
  Pair* pair_of(Subscription& subscription, std::string_view remote_tag_of_b);
  Pair* add_pair(Subscription& subscription, dialog::Dialog b);
  void drop_pair(Subscription& subscription, std::string_view remote_tag_of_b, base::Instant now);
  void arm(Subscription& subscription);
  void expire(SubscriptionHandle handle);
  void remove(SubscriptionHandle handle);

  // way.cc
  sip::Hop next_hop(const SubscriptionLeg& leg, const dialog::Dialog& dialog) const;
  void learn_ways(Subscription& subscription, const Pair& pair, const Context& context);
  void learn_way(Subscription& subscription, Side side, const dialog::Dialog& dialog, const Context& context);
  void way_located(const call::Lookup& lookup, const std::vector<route::Place>& places);
  // RFC 3263 4.3, as call/under_way.h has it. True: the request is on its way again.
  bool fail_over(Flight& flight, const base::SharedBytes& request, const sip::Hop& hop, const Context& context);

  // message.cc
  base::SharedBytes outside_request(const Flight& flight, const route::Target& target, std::string_view branch,
                                    const dialog::ClientStart& start, std::string_view contact);
  dialog::ClientStart fresh_start(const Flight& flight, const route::Target& target);
  std::string domain_of(const std::string& realm, std::uint16_t listener) const;
  Toward toward(const Flight& flight, const route::Target& target) const;
  bool trusts(const Flight& flight, const route::Target& target) const;
  bool trusts(const SubscriptionLeg& one, const SubscriptionLeg& other) const;

  transaction::Layer& layer_;
  const sip::Minter& minter_;
  base::Random& random_;
  Advisor& advisor_;
  const Dialogs& dialogs_;
  call::LeakGuard& guard_;
  std::shared_ptr<const call::Settings> calls_;
  Settings settings_;
  base::HashKey key_;  // of opaque identifiers

  route::TrunkHealth& health_;
  call::Credentials& credentials_;
  base::Slab<Flight> flights_;
  std::unordered_map<std::uint64_t, FlightHandle> by_client_;  // ClientId, packed
  std::unordered_map<std::uint32_t, FlightHandle> by_lookup_;  // number of the look-up
  std::unordered_map<std::uint32_t, TagRef> ways_asked_;       // the same, for a leg's way
  std::uint32_t lookups_ = 0;
  base::Slab<Subscription> subscriptions_;
  call::ByText<TagRef> tags_;  // by our tag
  call::ByText<std::size_t> per_source_;
  base::DeadlineQueue<Deadline> timers_;
  Counters counters_;
  bool draining_ = false;
};

}  // namespace sbc::exchange
