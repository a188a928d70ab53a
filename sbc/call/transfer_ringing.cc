// A transfer's target that rings reliably (RFC 3262). Nobody has asked it to: whoever calls it has no answer yet to an
// offer in a provisional response. It is acknowledged all the same, so that it goes on, and an offer that its 2xx does
// not repeat is not lost.

#include <algorithm>

#include "media-relay/base/text.h"

#include "sbc/call/leg_message.h"
#include "sbc/call/limits.h"
#include "sbc/call/machine.h"
#include "sbc/call/under_way.h"
#include "sbc/sip/rseq.h"

namespace sbc::call {

void Machine::acknowledge_target(const transaction::ResponseArrived& response) {
  Transfer& transfer = *call_.transfer;
  const auto rseq = sip::reliable_number(*response.message);
  if (!rseq) return;
  auto found = std::ranges::find_if(transfer.ringing, [&response](const RingingTarget& ringing) {
    return ringing.dialog.remote_tag() == response.message->to_tag();
  });
  if (found == transfer.ringing.end()) {
    auto made = dialog::Dialog::from_client(transfer.attempt->start, *response.message);
    if (!made || transfer.ringing.size() >= kMaxForks) {
      ++core_.counters.refused_forks;
      return;
    }
    transfer.ringing.push_back({.dialog = *std::move(made)});
    found = transfer.ringing.end() - 1;
  }
  if (found->responses.on_response(*rseq) != dialog::ReliableClient::Verdict::Take) return;
  const auto sdp = sdp_of(*response.message);
  if (sdp && *sdp && found->offer == nullptr) found->offer = response.message;
  std::string headers = "RAck: ";
  base::append_number(headers, *rseq);
  headers += ' ';
  base::append_number(headers, transfer.attempt->start.cseq);
  headers += " INVITE\r\n";
  Leg leg = way_to(transfer.leg);
  leg.dialog = found->dialog;
  leg.hop = response.source.hop;
  const std::uint32_t cseq = found->dialog.next_cseq();
  const sip::Hop hop = next_hop(core_, leg);
  const std::string branch = core_.minter.branch(core_.random);
  auto bytes = in_dialog_request(core_, leg, hop, sip::Method::Prack, cseq, branch, headers, {});
  core_.layer.request({.method = sip::Method::Prack,
                       .method_text = {},
                       .branch = branch,
                       .hop = hop,
                       .bytes = std::move(bytes),
                       .owner = 0},  // its answer changes nothing
                      now_, out_.transaction);
}

// The message that has the offer of a target that accepts with `response`.
sip::MessagePtr Machine::offer_of_target(const sip::MessagePtr& response, const dialog::Dialog& dialog) const {
  const auto sdp = sdp_of(*response);
  if (!sdp || *sdp) return response;
  for (const RingingTarget& ringing : call_.transfer->ringing)
    if (ringing.dialog.remote_tag() == dialog.remote_tag() && ringing.offer) return ringing.offer;
  return response;
}

// Numbers that our PRACKs have used are not used again.
void Machine::pass_pracks(dialog::Dialog& dialog) const {
  if (!call_.transfer) return;
  for (const RingingTarget& ringing : call_.transfer->ringing)
    if (ringing.dialog.call_id() == dialog.call_id() && ringing.dialog.remote_tag() == dialog.remote_tag())
      dialog.raise_local_cseq(ringing.dialog.local_cseq().value_or(0));
}

}  // namespace sbc::call
