#pragma once
// Dialogs that nobody wants: a fork that answered when another had, an answer that crossed our CANCEL, a leg that left
// one call and that no other took. Each gets a BYE, which a trunk may ask credentials for (credentials.h), also when
// its call is gone.

#include <cstdint>
#include <optional>
#include <unordered_map>

#include "sbc/call/call.h"
#include "sbc/transaction/events.h"
#include "sbc/transaction/ids.h"

namespace sbc::call {

struct Core;
struct Output;

// BYEs on their way to trunks with an account.
class Farewells {
 public:
  // True: a place was free.
  bool keep(transaction::ClientId client, Leg leg);
  Leg* find(transaction::ClientId client);
  void forget(transaction::ClientId client) { legs_.erase(client.pack()); }
  std::size_t size() const { return legs_.size(); }

 private:
  std::unordered_map<std::uint64_t, Leg> legs_;
};

// No call's: for requests whose answers are looked for among the farewells only.
inline constexpr transaction::Owner kOfNoCall = ~transaction::Owner{0};

// BYE. `owner`: the call whose words the leak guard looks for in it, alive or not.
void say_goodbye(Core& core, Leg& leg, transaction::Owner owner, base::Instant now, Output& out);

// RFC 3261 13.2.2.4: the dialog that a 2xx to the attempt's INVITE makes, and its ACK, with credentials of the INVITE.
// An offer in the 2xx is refused there: an answer it must have (RFC 3261 13.2.1). nullopt: it makes no dialog.
struct Unwanted {
  Leg leg;
  sip::Hop to;
  base::SharedBytes ack;
};
struct Peer {
  sip::Hop from;           // where its 2xx came from
  bool symmetric = false;  // Leg::symmetric
  std::string session_id;  // Told::session_id
};
std::optional<Unwanted> unwanted_dialog(Core& core, const Attempt& attempt, const sip::Message& response,
                                        const Peer& peer);

// A response to one of these BYEs. True: nobody else needs to know.
bool answer_farewell(Core& core, const transaction::ResponseArrived& response, base::Instant now, Output& out);

}  // namespace sbc::call
