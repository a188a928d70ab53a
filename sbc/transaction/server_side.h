#pragma once
// Server transactions: the table, the matching, and what the actions of both server machines do.

#include <cstddef>
#include <optional>

#include "media-relay/base/slab.h"

#include "sbc/transaction/events.h"
#include "sbc/transaction/flat_table.h"
#include "sbc/transaction/invite_server.h"
#include "sbc/transaction/other_server.h"
#include "sbc/transaction/seats.h"
#include "sbc/transaction/shared.h"

namespace sbc::transaction {

class ServerSide {
 public:
  explicit ServerSide(Shared& shared)
      : shared_(shared),
        seats_(shared.config.max_servers, shared.config.dialog_reserve, shared.config.emergency_reserve) {}

  void on_request(sip::MessagePtr message, const sip::Source& source, base::Instant now, Output& out);
  void on_ack(sip::MessagePtr message, const sip::Source& source, base::Instant now, Output& out);
  void on_cancel(sip::MessagePtr message, const sip::Source& source, base::Instant now, Output& out);
  bool respond(ServerId id, int status, base::SharedBytes bytes, base::Instant now, Output& out);
  void ignore(ServerId id, base::Instant now);
  void on_timer(ServerId id, base::Instant now, Output& out);
  void on_transport_error(ServerId id, base::Instant now, Output& out);

  void set_owner(ServerId id, Owner owner);
  sip::MessagePtr request_of(ServerId id) const;
  const sip::Source* source_of(ServerId id) const;
  std::size_t size() const { return transactions_.size(); }

 private:
  struct Transaction {
    Fingerprint key;
    Fingerprint merge_key;  // none: in a dialog, CANCEL, or already failed
    Owner owner = 0;
    sip::MessagePtr request;     // until the final response
    base::SharedBytes response;  // what a repeated request gets
    sip::Source source;
    std::uint16_t reply_port = 0;
    bool invite = false;
    bool legacy = false;     // matched by RFC 2543 rules
    bool cancelled = false;  // CancelArrived was told
    invite_server::State invite_state = invite_server::State::Proceeding;
    other_server::State other_state = other_server::State::Trying;
    Seat seat = Seat::Common;
    Timers timers;

    bool reliable() const { return sip::is_reliable(source.hop.transport); }
    bool finished() const {
      return invite ? invite_state != invite_server::State::Proceeding : other_state == other_server::State::Completed;
    }
  };

  // What comes with an event.
  struct Input {
    base::Instant now;
    Output& out;
    base::SharedBytes bytes{};         // a response of the user
    const sip::MessagePtr* message{};  // an ACK
    const sip::Source* source{};
  };

  std::optional<Seat> seat_for(const sip::Message& request, const sip::Source& source);
  ServerId open(const sip::MessagePtr& message, const sip::Source& source, const Fingerprint& key, Seat seat);
  ServerId find(const Fingerprint& key) const;
  ServerId target_of_cancel(const Fingerprint& base) const;
  void admit(ServerId id, base::Instant now, Output& out);
  void answer_merged(ServerId id, base::Instant now, Output& out);
  void answer_stateless(const sip::Message& request, const sip::Source& source, int status, Output& out);

  // Does what the machine's table says.
  template <typename Action>
  using Act = bool (ServerSide::*)(ServerId, Transaction&, Action, const Input&);
  template <typename Machine, typename Event, typename Action>
  void run(const Machine& machine, typename Machine::StateOf& state, Event event, Act<Action> act, ServerId id,
           Transaction& t, const Input& in);
  void run_invite(ServerId id, Transaction& t, invite_server::Event event, const Input& in);
  bool act_invite(ServerId id, Transaction& t, invite_server::Action action, const Input& in);
  void run_other(ServerId id, Transaction& t, other_server::Event event, const Input& in);
  bool act_other(ServerId id, Transaction& t, other_server::Action action, const Input& in);

  void send(ServerId id, const Transaction& t, const base::SharedBytes& bytes, Output& out);
  void send_trying(ServerId id, Transaction& t, const Input& in);
  void answer_forgotten(ServerId id, Transaction& t, const Input& in);
  void fail(ServerId id, const Transaction& t, ServerFailed::Reason reason, Output& out);
  void drop_merge_key(Transaction& t);
  void destroy(ServerId id, Transaction& t);

  Shared& shared_;
  Seats seats_;
  base::Slab<Transaction, ServerTag> transactions_;
  FlatTable<ServerId> by_key_;
  FlatTable<ServerId> by_merge_;
};

}  // namespace sbc::transaction
