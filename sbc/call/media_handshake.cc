// Media: what each leg shows its peer for DTLS and ICE, through offers, answers and restarts.

#include <algorithm>

#include "sbc/call/media.h"
#include "sbc/sdp/parser.h"

namespace sbc::call {

void Media::renew(Side side) {
  if (tools_.random != nullptr) own_[static_cast<std::size_t>(side)] = fresh_handshake(*tools_.random);
}

void Media::choose_handshakes(Side from, const sdp::Session& offer) {
  const LegSecurity& rules = leg(from).security;
  Answering& answering = answering_[static_cast<std::size_t>(from)];
  answering.handshakes.assign(offer.media.size(), std::nullopt);
  bool restarts = false;
  bool another = false;
  for (std::size_t i = 0; i < offer.media.size(); ++i) {
    const LineSecurity line = judge_offer(rules, offer, i);
    const auto before = agreed_security(from, i);
    if (!line.peer || !before || !before->peer) continue;
    another = another || !line.peer->same_association(*before->peer);
    restarts = restarts || line.peer->ice_ufrag != before->peer->ice_ufrag;
  }
  // RFC 8839 4.4.1.1.1: a restart is answered by one, and touches this leg only. RFC 8842 5.3: a new association has a
  // new name, and another place to tell its packets by (5.1), which new credentials are.
  sdp::OwnHandshake& own = own_[static_cast<std::size_t>(from)];
  const std::string association = own.tls_id;
  if (another || restarts) renew(from);
  if (!another) own.tls_id = association;
  for (std::size_t i = 0; i < offer.media.size(); ++i) {
    const LineSecurity line = judge_offer(rules, offer, i);
    if (!line.peer) continue;
    answering.handshakes[i] = own;
    answering.handshakes[i]->setup = answer_setup(*line.peer, another ? std::nullopt : agreed_security(from, i));
  }
}

void Media::offer_handshake(Side toward, std::size_t index, const sdp::Media& from, sdp::Anchor& anchor) const {
  const LegSecurity& rules = leg(toward).security;
  const sdp::OfferAnswer& leg_state = toward == Side::A ? a_ : *b_;
  const sdp::SessionPtr& agreed = leg_state.agreed_local();
  const bool agreed_on = agreed != nullptr && index < agreed->media.size() && agreed->media[index].port != 0;
  const sdp::Media* before = agreed_on ? &agreed->media[index] : nullptr;
  anchor.profile = sdp::handshake_profile((rules.uses_ice() && before == nullptr) ||
                                          offers_feedback(toward, before, sdp::has_feedback(from)));
  anchor.rtcp_mux = true;
  anchor.handshake = own_[static_cast<std::size_t>(toward)];
  anchor.handshake->setup = sdp::Setup::ActPass;  // RFC 8842 5.2, 5.5
  anchor.handshake->mux_only = rules.handshakes();
}

bool Media::offered_tls_id(Side from, std::size_t index) const {
  const sdp::SessionPtr& offer = (from == Side::A ? a_ : *b_).remote();
  if (offer == nullptr || index >= offer->media.size()) return false;
  const auto said = sdp::handshake_of(*offer, offer->media[index]);
  return said && !said->tls_id.empty();
}

// RFC 8445 8.2: with a lite agent the pair is where the checks come from, and the relay knows it.
bool Media::only_place(Side from, std::string_view body) const {
  const auto* leg_state = state_if(from);
  if (!leg(from).security.uses_ice() || leg_state == nullptr || leg_state->state() != sdp::OfferAnswer::State::Stable ||
      leg_state->agreed_remote() == nullptr)
    return false;
  const auto parsed = sdp::parse_shared(body);
  return parsed && sdp::same_but_place(**parsed, *leg_state->agreed_remote());
}

// The ports are there, but the relay has not said yet whose certificate it will show.
bool Media::lacks_fingerprint(const control::FlowSpec& flow) const {
  const auto known = std::ranges::find(flows_, flow.index, &control::FlowAddresses::index);
  if (known == flows_.end()) return false;
  return (flow.a.dtls && known->a.fingerprint.empty()) || (flow.b.dtls && known->b.fingerprint.empty());
}

}  // namespace sbc::call
