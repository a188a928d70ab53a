#pragma once
// One early dialog of leg B and the early dialog of leg A that mirrors it: the two have tags, offer/answer state and
// reliable responses of their own, so that what one fork of the far side says never mixes with what another says (RFC
// 3261 12.1, 13.2.2.4; RFC 3262 4). The fork whose 2xx comes first becomes the call's two legs.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "media-relay/base/shared_bytes.h"

#include "sbc/call/media.h"
#include "sbc/dialog/dialog.h"
#include "sbc/dialog/reliable.h"
#include "sbc/policy/decision.h"
#include "sbc/sip/message.h"
#include "sbc/sip/transport.h"
#include "sbc/transaction/ids.h"

namespace sbc::call {

// An offer that crosses from one early dialog of a fork to the other: it came in UPDATE (RFC 3311) or in PRACK (RFC
// 3262 5), and goes on in UPDATE.
struct EarlyExchange {
  Side from = Side::A;
  transaction::ServerId server;  // the request that brought the offer, not answered yet
  sip::MessagePtr request;
  sip::Source source;
  transaction::ClientId client;  // our UPDATE
  bool anchoring = false;        // which waits for ports of the relay
};

// A provisional response as the caller gets it.
struct Progress {
  int status = 183;
  std::string reason{};                     // "": the standard phrase
  std::vector<policy::HeaderOp> changes{};  // of the policy, to its headers
};

struct Fork {
  std::string attempt;              // our tag on leg B: of the INVITE that it answers
  std::string remote_tag;           // the callee's; "": a peer without tags (RFC 2543)
  std::string tag;                  // ours toward the caller; "": another fork has taken it over
  std::optional<dialog::Dialog> a;  // from the first response that the caller was sent
  std::optional<dialog::Dialog> b;  // nullopt: the callee's response makes no dialog
  sip::Hop hop;                     // where the callee's responses come from
  bool symmetric = false;           // as Leg::symmetric
  std::optional<Media> media;       // nullopt: it is the selected one, and Call::media is its media
  std::uint32_t spoke = 0;          // order of its last SDP among all forks; 0: none
  bool allows_update = false;       // the callee's Allow lists UPDATE
  bool described = false;           // the caller was sent SDP in it
  bool ended = false;               // by 199, or with its attempt
  bool hung_up = false;             // by the caller's BYE
  bool player = false;              // no fork of the callee's, but the border with a sound for the caller

  // Toward the caller.
  dialog::ReliableServer to_caller;
  base::SharedBytes unacknowledged;  // the response that waits for PRACK
  int unacknowledged_status = 0;
  bool unacknowledged_sdp = false;
  std::vector<Progress> held;  // responses that wait for that PRACK
  Progress last;               // that it was sent last, or that waits
  bool muted = false;  // the policy keeps the callee's early media from the caller: it gets no SDP before the 2xx

  // Toward the callee.
  dialog::ReliableClient from_callee;
  transaction::ClientId prack;        // ours, the last one
  std::optional<std::uint32_t> owed;  // RSeq of its response with an offer: the PRACK waits for the caller's answer
  bool offered = false;               // the caller has that offer

  std::optional<EarlyExchange> exchange;

  std::optional<dialog::Dialog>& dialog(Side side) { return side == Side::A ? a : b; }
};

}  // namespace sbc::call
