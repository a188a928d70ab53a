#pragma once
// Client transactions: the table, the matching, and what the actions of both client machines do.

#include <cstddef>
#include <memory>
#include <optional>
#include <string_view>

#include "media-relay/base/slab.h"

#include "sbc/transaction/client_request.h"
#include "sbc/transaction/events.h"
#include "sbc/transaction/flat_table.h"
#include "sbc/transaction/invite_client.h"
#include "sbc/transaction/other_client.h"
#include "sbc/transaction/seats.h"
#include "sbc/transaction/shared.h"

namespace sbc::transaction {

class ClientSide {
 public:
  explicit ClientSide(Shared& shared)
      : shared_(shared),
        seats_(shared.config.max_clients, shared.config.dialog_reserve, shared.config.emergency_reserve) {}

  ClientId request(const ClientRequest& request, base::Instant now, Output& out);
  void cancel(ClientId invite, std::string_view extra_headers, base::Instant now, Output& out);
  void abandon(ClientId id);
  bool is_live(ClientId id) const { return transactions_.find(id) != nullptr; }
  ClientId find_invite(std::string_view branch) const;
  Owner owner_of(ClientId id) const;
  void on_response(sip::MessagePtr message, const sip::Source& source, base::Instant now, Output& out);
  void on_timer(ClientId id, base::Instant now, Output& out);
  void on_transport_error(ClientId id, base::Instant now, Output& out);
  void on_connection_lost(ClientId id, base::Instant now, Output& out);
  std::size_t size() const { return transactions_.size(); }

 private:
  enum class Audience : std::uint8_t { User, Abandoned, Nobody /* our own CANCEL */ };
  enum class Cancelling : std::uint8_t { No, Held, Sent };

  struct Transaction {
    Fingerprint base;
    Fingerprint key;
    Owner owner = 0;
    base::SharedBytes bytes;        // what is sent again: the request; in Completed of an INVITE the ACK
    base::SharedBytes held_cancel;  // waits for the first provisional response
    sip::Hop hop;
    bool invite = false;
    bool again = false;  // sent once more, since its connection had ended
    Seat seat = Seat::Common;
    Audience audience = Audience::User;
    Cancelling cancelling = Cancelling::No;
    invite_client::State invite_state = invite_client::State::Calling;
    other_client::State other_state = other_client::State::Trying;
    Timers timers;

    // The request as it goes over UDP, while it is tried over TCP for its size and nothing was heard.
    struct Spare {
      sip::Hop hop;
      base::SharedBytes bytes;
    };
    std::unique_ptr<Spare> spare;

    bool reliable() const { return sip::is_reliable(hop.transport); }
  };

  struct Input {
    base::Instant now;
    Output& out;
    const sip::MessagePtr* message{};
    const sip::Source* source{};
  };

  struct Opening {
    Fingerprint base;
    Fingerprint key;
    bool invite = false;
    Audience audience = Audience::User;
    Seat seat = Seat::Common;
    Owner owner = 0;
    sip::Hop hop;
    base::SharedBytes bytes;
  };
  std::optional<Seat> seat_for(const ClientRequest& request);
  ClientId open(const Opening& opening, base::Instant now, Output& out);

  // Does what the machine's table says.
  template <typename Action>
  using Act = bool (ClientSide::*)(ClientId, Transaction&, Action, const Input&);
  template <typename Machine, typename Event, typename Action>
  void run(const Machine& machine, typename Machine::StateOf& state, Event event, Act<Action> act, ClientId id,
           Transaction& t, const Input& in);
  void run_invite(ClientId id, Transaction& t, invite_client::Event event, const Input& in);
  bool act_invite(ClientId id, Transaction& t, invite_client::Action action, const Input& in);
  void run_other(ClientId id, Transaction& t, other_client::Event event, const Input& in);
  bool act_other(ClientId id, Transaction& t, other_client::Action action, const Input& in);

  void ring(ClientId id, Transaction& t, const Input& in);
  void send_cancel(Transaction& t, base::SharedBytes bytes, base::Instant now, Output& out);
  void send(ClientId id, const Transaction& t, Output& out);
  void fall_back(ClientId id, Transaction& t, base::Instant now, Output& out);
  void retransmit(ClientId id, Transaction& t, base::Duration interval, const Input& in);
  void pass_up(ClientId id, const Transaction& t, const Input& in, base::SharedBytes request);
  void fail(ClientId id, const Transaction& t, ClientFailed::Reason reason, Output& out);
  void destroy(ClientId id, Transaction& t);

  Shared& shared_;
  Seats seats_;
  base::Slab<Transaction, ClientTag> transactions_;
  FlatTable<ClientId> by_key_;
};

}  // namespace sbc::transaction
