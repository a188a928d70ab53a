#pragma once
// What is said of a re-INVITE before its final response: reliable provisional responses (RFC 3262) of the leg that was
// asked, ours to the leg that asks, and the offers and answers in them, in their PRACKs, and in UPDATEs meanwhile (RFC
// 6337 2.2, patterns 3 to 6). Each leg is an endpoint of its own: either may do without.

#include <optional>

#include "media-relay/base/shared_bytes.h"

#include "sbc/call/fork.h"
#include "sbc/call/media.h"
#include "sbc/dialog/reliable.h"
#include "sbc/sip/message.h"
#include "sbc/sip/transport.h"
#include "sbc/transaction/ids.h"

namespace sbc::call {

struct ChangeProgress {
  // Of the leg that was asked.
  dialog::ReliableClient from_asked;
  transaction::ClientId prack = {};        // ours, the last one
  std::optional<std::uint32_t> owed = {};  // RSeq of its response with an offer: PRACK waits for the other's answer
  bool settled = false;                    // the exchange that the re-INVITE is about is complete there
  sip::MessagePtr accepted = {};           // its 2xx, while the leg that asks cannot have one
  sip::Source accepted_from = {};
  bool acknowledged = false;  // that 2xx

  // Toward the leg that asks.
  dialog::ReliableServer to_asking;
  std::uint32_t cseq = 0;                 // of its INVITE
  bool told = false;                      // it has an offer or an answer in a reliable response
  base::SharedBytes unacknowledged = {};  // that response, until its PRACK
  int status = 0;

  std::optional<EarlyExchange> exchange = {};  // of an UPDATE, or of an offer in a PRACK
  std::optional<Media::Agreed> before = {};    // set once something new was agreed, with either leg
};

}  // namespace sbc::call
