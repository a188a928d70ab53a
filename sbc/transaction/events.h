#pragma once
// What goes out of a transaction layer: datagrams and stream messages to send, and events for the transaction user.

#include <cstdint>
#include <string_view>
#include <variant>
#include <vector>

#include "media-relay/base/shared_bytes.h"

#include "sbc/sip/message.h"
#include "sbc/sip/transport.h"
#include "sbc/transaction/ids.h"

namespace sbc::transaction {

struct Send {
  sip::Hop hop;
  base::SharedBytes bytes;
  std::uint64_t token =
      0;  // give it back in Layer::on_transport_error when the bytes could not be sent. 0: nobody cares
};

// A new request, neither ACK nor CANCEL. INVITE: the 100 is the layer's business. Answer with Layer::respond.
struct RequestArrived {
  ServerId transaction;
  sip::MessagePtr message;
  sip::Source source;
};

// An ACK that belongs to a 2xx (RFC 3261 13.3.1.4), or to nothing: whoever has the dialog knows. Never answer it.
struct AckArrived {
  sip::MessagePtr message;
  sip::Source source;
};

// CANCEL for an INVITE that has no final response yet; the layer has answered the CANCEL with 200. Answer the INVITE
// (487). Comes at most once for each INVITE.
struct CancelArrived {
  ServerId invite;
  Owner owner = 0;
  sip::MessagePtr message;
};

// Every provisional response, 100 too, and the final response once. INVITE: every 2xx, with its retransmissions and
// those of other branches of a fork (RFC 6026); the transaction user sends the ACK to each. ACK to non-2xx was sent by
// the layer.
//
// `request` is what the response answers, for those who send it again with credentials; null when the layer no longer
// has it (2xx that come again).
struct ResponseArrived {
  ClientId transaction;
  Owner owner = 0;
  sip::MessagePtr message;
  sip::Source source;
  base::SharedBytes request{};
  sip::Hop hop{};  // where the request went
};

// The end of a client transaction that got no final response. `transaction` is already gone.
struct ClientFailed {
  enum class Reason : std::uint8_t {
    Timeout,   // treat as 408 (RFC 3261 8.1.3.1); after CANCEL: no final response within 64*T1 of it (9.1)
    Transport  // treat as 503
  };
  ClientId transaction;
  Owner owner = 0;
  Reason reason = Reason::Timeout;
  // For those who send it elsewhere (RFC 3263 4.3): what nobody has answered, and where it went. Null when a
  // provisional response had come.
  base::SharedBytes request{};
  sip::Hop hop{};
};

// Something went wrong with a server transaction. After NoAck and Unanswered it is over for the transaction user;
// Transport leaves it where it is (RFC 6026 8.8), and the transaction user decides.
struct ServerFailed {
  enum class Reason : std::uint8_t {
    NoAck,      // timer H: no ACK to our non-2xx. Nothing is left to do.
    Transport,  // a response could not be sent
    Unanswered  // the transaction user forgot it (Config::invite_unanswered); the layer answered 500
  };
  ServerId transaction;
  Owner owner = 0;
  Reason reason = Reason::NoAck;
};

using Event = std::variant<RequestArrived, AckArrived, CancelArrived, ResponseArrived, ClientFailed, ServerFailed>;

// The caller owns it, hands it in empty or not, and may keep its memory between calls.
struct Output {
  std::vector<Send> sends;
  std::vector<Event> events;

  void clear() {
    sends.clear();
    events.clear();
  }
};

}  // namespace sbc::transaction
