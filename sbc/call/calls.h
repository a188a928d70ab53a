#pragma once
// All calls of one shard: events of the layers below find their call here, and calls that are over leave.
// Sans-IO: everything that is to happen is appended to `Output`.

#include <memory>

#include "sbc/body/identifiers.h"
#include "sbc/call/core.h"
#include "sbc/call/known_leg.h"
#include "sbc/call/machine.h"
#include "sbc/call/output.h"

namespace sbc::call {

class Calls {
 public:
  // All references outlive the object.
  Calls(transaction::Layer& layer, const sip::Minter& minter, base::Random& random, Advisor& advisor,
        std::shared_ptr<const Settings> settings);

  // New calls see the new settings; calls under way keep what they have decided.
  void replace_settings(std::shared_ptr<const Settings> settings) { core_.settings = std::move(settings); }

  // An INVITE outside a dialog.
  void on_invite(const transaction::RequestArrived& request, const Arrival& arrival, base::Instant now, Output& out);
  // A request with a To tag, other than ACK. Answers it in every case (481 when it belongs to no call).
  void on_dialog_request(const transaction::RequestArrived& request, base::Instant now, Output& out);
  // A REFER outside of dialogs which the policy leaves to the border (RFC 4538, RFC 7647 4). False: it names no dialog,
  // or comes from a realm whose transfers the border does not carry out.
  bool on_refer(const transaction::RequestArrived& request, const Arrival& arrival, base::Instant now, Output& out);
  void on_ack(const transaction::AckArrived& ack, base::Instant now, Output& out);
  void on_cancel(const transaction::CancelArrived& cancel, base::Instant now, Output& out);
  void on_response(const transaction::ResponseArrived& response, base::Instant now, Output& out);
  void on_client_failed(const transaction::ClientFailed& failed, base::Instant now, Output& out);
  void on_server_failed(const transaction::ServerFailed& failed, base::Instant now, Output& out);

  // The answer to a Lookup of ours; no places: `problem` says why.
  void on_located(const Lookup& lookup, const std::vector<route::Place>& places, const std::string& problem,
                  base::Instant now, Output& out);

  // The answer to a PolicyQuestion of ours.
  void on_answer(std::uint64_t owner, std::uint32_t number, policy::Found found, base::Instant now, Output& out);

  // Between shards: a leg of a call here leaves for `wanted.call` of another shard, or comes from there.
  // Error: the status that the transferor is told.
  std::expected<MovedLeg, int> give_leg(const LegWanted& wanted, base::Instant now, Output& out);
  void on_leg(const LegWanted& wanted, std::expected<MovedLeg, int> moved, base::Instant now, Output& out);

  void on_relay_reply(const control::RelayReply& reply, base::Instant now, Output& out);
  void on_relay_event(const control::RelayEvent& event, base::Instant now, Output& out);
  bool owns_session(std::string_view session) const { return core_.sessions.contains(session); }

  // A dialog that a peer names in a body: what it is called on the side of `realm`, when it is one leg of a call here
  // and that side has part in the call (trap 78).
  std::optional<body::DialogIds> other_side(const body::DialogIds& named, std::string_view realm) const;

  // A leg that a header of a request outside of calls names.
  std::optional<KnownLeg> known_leg(const body::DialogIds& named) const;
  // For another shard, where that dialog is spoken of; and what another shard has answered.
  std::optional<DialogPair> pair_of(const body::DialogIds& named) const;
  void learn(const body::DialogIds& named, DialogPair pair);

  base::Instant next_deadline() const { return core_.timers.next(); }
  void on_deadline(base::Instant now, Output& out);

  // From now on new calls get 503 with Retry-After.
  void drain() { core_.draining = true; }
  // Ends every call.
  void kill_all(base::Instant now, Output& out);

  std::size_t size() const { return core_.calls.size(); }
  std::size_t endings() const { return core_.endings.size(); }  // calls that are over and whose record is not written
  std::size_t dialogs() const { return core_.dialogs.size(); }  // known tags of ours
  std::uint64_t connected() const { return core_.connected; }
  const Counters& counters() const { return core_.counters; }
  const LateForks& late_forks() const { return core_.late_forks; }
  limit::Counts limits() const;  // what was left out, forgotten or refused, of everything here
  const CredentialCounters& credential_counters() const { return core_.credentials->counters; }
  // What leaves the calls is looked at by this; the exchange has its messages looked at too.
  std::size_t farewells() const { return core_.farewells.size(); }
  LeakGuard& leak_guard() { return core_.layer.guard(); }
  const LeakCounters& leaks() const { return core_.layer.guard().counters(); }
  // What requests outside of calls share with calls: accounts of trunks, and which targets are well.
  Credentials& credentials() { return *core_.credentials; }
  route::TrunkHealth& health() { return core_.health; }
  std::size_t marked_targets(base::Instant now) const { return core_.health.marked(now); }

 private:
  // Feeds one event and removes the call if it ended by it.
  void feed(CallHandle handle, Event event, const Input& input, base::Instant now, Output& out);
  void sweep(CallHandle handle);
  bool refuse_early(const transaction::RequestArrived& request, const Arrival& arrival, base::Instant now, Output& out);
  void answer(const transaction::RequestArrived& request, int status, std::span<const sip::ExtraHeader> headers,
              base::Instant now, Output& out, std::string_view reason = {});
  bool calls_for_help(const sip::Message& invite) const;
  bool comes_first(const sip::Message& invite, const Arrival& arrival) const;
  bool refuses_body(const transaction::RequestArrived& request, base::Instant now, Output& out);
  void on_call_request(CallHandle handle, Side side, const transaction::RequestArrived& request, base::Instant now,
                       Output& out);
  // ending.cc
  void on_last_reply(const control::RelayReply& reply, Output& out);
  void on_ending_due(CallHandle call, Output& out);
  void on_play_ended(CallHandle handle, const control::PlayEnded& ended, base::Instant now, Output& out);
  // told_quality.cc
  void on_one_sided(Call& call, const control::OneSided& event, base::Instant now, Output& out);
  void on_quality(Call& call, const control::Quality& event, base::Instant now, Output& out);

  Core core_;
};

}  // namespace sbc::call
