#pragma once
// The transaction layer of one shard: RFC 3261 17 with RFC 6026 (2xx belong to the transaction user; Accepted states),
// RFC 4320 (non-INVITE), 8.2.2.2 (merged requests) and 9 (CANCEL). Sans-IO: messages and time go in, `Output` comes
// out.
//
//   net -> on_message -> match -> machine -> Output.sends, Output.events -> transaction user
//
// All functions append to `out` and never clear it. Nothing here calls the transaction user.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "media-relay/base/random.h"
#include "media-relay/base/shared_bytes.h"
#include "media-relay/base/time.h"

#include "sbc/sip/message.h"
#include "sbc/sip/method.h"
#include "sbc/sip/minter.h"
#include "sbc/sip/transport.h"
#include "sbc/transaction/client_request.h"
#include "sbc/transaction/config.h"
#include "sbc/transaction/counters.h"
#include "sbc/transaction/events.h"
#include "sbc/transaction/ids.h"
#include "sbc/transaction/oversize.h"

namespace sbc::transaction {

class Layer {
 public:
  // `minter` and `random` outlive the layer.
  Layer(const Config& config, const sip::Minter& minter, base::Random& random);
  ~Layer();
  Layer(const Layer&) = delete;
  Layer& operator=(const Layer&) = delete;

  void on_message(sip::MessagePtr message, const sip::Source& source, base::Instant now, Output& out);
  // `token` of a Send whose bytes could not be delivered to the network (RFC 3261 17.1.4, 17.2.4). Stale tokens are
  // harmless.
  void on_transport_error(std::uint64_t token, base::Instant now, Output& out);
  // The same for a connection that was open and has ended under it; `perhaps`: its peer may have read the bytes before.
  // A request that nobody has answered is sent once more, over a new connection: it keeps its branch, so that who had
  // it knows it again (RFC 3261 17.2.3).
  void on_connection_lost(std::uint64_t token, bool perhaps, base::Instant now, Output& out);

  // RFC 3261 18.1.1: by listener, what large requests go over. Without it every request goes as its hop says.
  void use_twins(std::vector<std::optional<TcpTwin>> twins);
  // What calls for help when it is dialled, besides urn:service:sos: a full table takes such an INVITE
  // (Config::emergency_reserve).
  void use_emergency_numbers(std::vector<std::string> numbers);
  // Whose INVITEs with Resource-Priority (RFC 4412) it takes as well; without it nobody's.
  void use_trust(std::function<bool(const sip::Source&)> trusts);

  // --- server side -----------------------------------------------------------------------------------------------
  void set_owner(ServerId id, Owner owner);
  // The request and where it came from; nullptr when the transaction is gone or has got its final response.
  const sip::Message* request_of(ServerId id) const;
  sip::MessagePtr request_ptr(ServerId id) const;
  const sip::Source* source_of(ServerId id) const;
  // Sends `bytes` (a response with `status`, built with sip::build_response) and moves the machine. In the Accepted
  // state of an INVITE further 2xx (retransmissions of the dialog room) go out through here as well. Returns false, and
  // counts, when the transaction is gone or its state does not allow the response, or for 408 to a non-INVITE (RFC
  // 4320 4.2: silence instead).
  bool respond(ServerId id, int status, base::SharedBytes bytes, base::Instant now, Output& out);
  // Never answers the request: it and its repetitions are swallowed for T4. For senders to whom any answer, 100
  // included, would only prove that somebody is here. After a provisional response this does nothing.
  void ignore(ServerId id, base::Instant now);

  // --- client side -----------------------------------------------------------------------------------------------
  // Sends the request, over TCP if it is too large for UDP (use_twins). Not for ACK (send it directly) nor CANCEL (see
  // cancel). An id of 0 means that the table and its reserves are full: no event will come.
  // A BYE has left all the same, once.
  ClientId request(const ClientRequest& request, base::Instant now, Output& out);
  // Asks to end an INVITE of ours: CANCEL leaves now if a provisional response has come, or when it comes (RFC
  // 3261 9.1); never when a final one comes first. `extra_headers`: whole lines, each with its CRLF (Reason). The
  // INVITE's own final response, a 2xx that crossed included, still arrives as an event; if none does within 64*T1,
  // ClientFailed.
  void cancel(ClientId invite, std::string_view extra_headers, base::Instant now, Output& out);
  // The transaction user is no longer interested: no event will name this transaction again. The machine runs on, and
  // acknowledges failures. A 2xx would be lost: for an INVITE use cancel() and wait.
  void abandon(ClientId id);
  bool is_live(ClientId id) const;
  // The INVITE of ours that has this branch, and whose it is; 0 when there is none any more.
  ClientId find_invite(std::string_view branch) const;
  Owner owner_of(ClientId id) const;

  // --- time ------------------------------------------------------------------------------------------------------
  base::Instant next_deadline() const;
  void on_deadline(base::Instant now, Output& out);

  const Counters& counters() const;
  std::size_t server_count() const;
  std::size_t client_count() const;

 private:
  struct Core;
  std::unique_ptr<Core> core_;
};

}  // namespace sbc::transaction
