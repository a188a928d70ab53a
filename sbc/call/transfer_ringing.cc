// A transfer's target that rings reliably (RFC 3262). Since our INVITE has no offer, its first reliable response brings
// one (RFC 3262 5), and the PRACK has to answer before anybody is there to talk: what can be had is taken, and held
// (RFC 3264 6.1). When the target accepts, it is asked for an offer once more, as one that comes from another call
// (attended.cc): for the party that stays.

#include <algorithm>

#include "media-relay/base/text.h"

#include "sbc/call/leg_message.h"
#include "sbc/call/limits.h"
#include "sbc/call/machine.h"
#include "sbc/call/under_way.h"
#include "sbc/sdp/parser.h"
#include "sbc/sip/rseq.h"

namespace sbc::call {
namespace {

// RFC 863: where nothing is heard, and nothing was asked for.
constexpr std::uint16_t kDiscard = 9;

bool is_plain(const sdp::Session& offer, std::size_t index) {
  return judge_offer({}, offer, index).kind == LineSecurity::Kind::Plain;
}

}  // namespace

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
  std::string answer;
  if (sdp && *sdp && !found->agreed) answer = answer_for_now(*found, **sdp, response.source.hop.listener);
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
  auto bytes = in_dialog_request(core_, leg, hop, sip::Method::Prack, cseq, branch, headers, sdp_body(answer));
  core_.layer.request({.method = sip::Method::Prack,
                       .method_text = {},
                       .branch = branch,
                       .hop = hop,
                       .bytes = std::move(bytes),
                       .owner = 0},  // its answer changes nothing
                      now_, out_.transaction);
}

// "": it cannot be read; the 2xx decides then.
std::string Machine::answer_for_now(RingingTarget& target, std::string_view offer, std::uint16_t listener) {
  const auto said = sdp::parse_shared(offer);
  sdp::OfferAnswer exchange(new_identity(listener));
  if (!said || !exchange.remote_offer(*said)) return {};
  std::vector<std::optional<sdp::Anchor>> anchors((*said)->media.size());
  for (std::size_t i = 0; i < anchors.size(); ++i)
    if (is_plain(**said, i)) anchors[i] = sdp::Anchor{.rtp = {core_.settings->faces.at(listener).address, kDiscard}};
  auto body =
      exchange.answer({.from = **said, .anchors = anchors, .at_most = sdp::Direction::Inactive}, sdp::Finality::Final);
  if (!body) return {};
  target.agreed = std::move(exchange);
  return *std::move(body);
}

// What was answered in the dialog of a target that accepts.
std::optional<sdp::OfferAnswer> Machine::agreed_with_target(const dialog::Dialog& dialog) const {
  for (const RingingTarget& ringing : call_.transfer->ringing)
    if (ringing.dialog.remote_tag() == dialog.remote_tag()) return ringing.agreed;
  return std::nullopt;
}

// Numbers that our PRACKs have used are not used again.
void Machine::pass_pracks(dialog::Dialog& dialog) const {
  if (!call_.transfer) return;
  for (const RingingTarget& ringing : call_.transfer->ringing)
    if (ringing.dialog.call_id() == dialog.call_id() && ringing.dialog.remote_tag() == dialog.remote_tag())
      dialog.raise_local_cseq(ringing.dialog.local_cseq().value_or(0));
}

}  // namespace sbc::call
