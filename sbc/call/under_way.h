#pragma once
// Requests of a call inside its dialogs that wait for their answer.

#include <functional>
#include <string_view>

#include "media-relay/base/shared_bytes.h"

#include "sbc/call/call.h"
#include "sbc/sip/writer.h"
#include "sbc/transaction/events.h"
#include "sbc/transaction/ids.h"

namespace sbc::call {

struct Core;
struct Output;

struct UnderWay {
  transaction::ClientId* slot = nullptr;  // where the call remembers the transaction
  Leg* leg = nullptr;
  dialog::Dialog* early = nullptr;  // of the fork that the request belongs to
  dialog::Dialog* dialog() const { return early != nullptr ? early : leg->dialog ? &*leg->dialog : nullptr; }
};

// The request of a transaction, if it is one that the call still wants answered; that of an attempt, too, whose leg has
// no dialog yet.
UnderWay under_way(Call& call, transaction::ClientId client, bool invite);

// What next_hop (leg_message.h) needs of a leg.
Leg way_to(const Leg& leg);

// The parts of what follows, for other dialogs than those of calls. A place of the leg's next hop has failed: it goes
// behind the others. False: it was the last one to be tried.
bool pass_over(Leg& leg, const base::Endpoint& failed);
// The same request for another place: with a Via of its own, and credentials for that place.
base::SharedBytes same_request(const sip::Message& request, std::string_view via,
                               const std::function<void(sip::Writer&)>& credentials);

// RFC 3263 4.3: a request inside a dialog whose next hop is a name, and that a place of the name did not take: 503, no
// answer at all within 64*T1, or no transport. It goes to the next place, as a new transaction: identical but for its
// Via (and its credentials, which are made for where it goes). Later requests of the dialog go there as well. Each
// failure in a row leads on, until there are no more places or kMaxFailovers.
struct Untaken {
  transaction::ClientId transaction;
  base::SharedBytes request;
  sip::Hop hop;
};
// True: it is on its way again; nobody else needs to know.
bool fail_over(Core& core, Call& call, const Untaken& untaken, base::Instant now, Output& out);
// RFC 3261 21.5.4: who answers 503 with Retry-After inside a dialog gets nothing new for that time either. That of an
// attempt is the hunt's to note.
void note_busy(Core& core, const Call& call, const transaction::ResponseArrived& response, base::Instant now);
// What a transaction came to; nullptr: nothing came.
void note_answer(Call& call, transaction::ClientId client, const sip::Message* response);

}  // namespace sbc::call
