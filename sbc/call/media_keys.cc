// Media: which keys protect each m-line toward each leg, through offers, answers and what comes of them.

#include <algorithm>

#include "sbc/call/lingering.h"
#include "sbc/call/media.h"
#include "sbc/sdp/remote_media.h"

namespace sbc::call {
namespace {

using Kind = LineSecurity::Kind;

bool is_usable(const sdp::Session& session, std::size_t index) {
  return index < session.media.size() && session.media[index].port != 0;
}

bool stays_at(const sdp::Session& session, const sdp::Media& media, const base::Endpoint& anchor) {
  const auto* connection = session.connection_of(media);
  return media.port == anchor.port && connection != nullptr && connection->ip == anchor.ip;
}

// What the peer is known to have: the suite of before, its keys lost or not.
std::optional<sdp::Suite> suite_of_before(const LegSecurity& rules, const sdp::OfferAnswer& leg_state,
                                          std::size_t index) {
  if (!leg_state.established() || leg_state.agreed_local() == nullptr) return std::nullopt;
  const auto line = judge_agreed(rules, *leg_state.agreed_local(), *leg_state.agreed_remote(), index);
  if (!line.ours || std::ranges::find(rules.suites, line.ours->suite) == rules.suites.end()) return std::nullopt;
  return line.ours->suite;
}

}  // namespace

bool Media::any_acceptable(Side from, const sdp::Session& offer) const {
  bool any = false;
  for (std::size_t i = 0; i < offer.media.size(); ++i)
    if (sdp::remote_media(offer, i).usable())
      any = judge_offer(leg(from).security, offer, i, tools_.skipped).kind != Kind::Refused || any;
  return any;
}

bool Media::agrees(Side from, const sdp::Session& answer) const {
  const auto& local = state_if(from)->local();
  if (local == nullptr) return true;  // nothing was offered: the exchange itself will say so
  bool wanted = false;
  bool any = false;
  for (std::size_t i = 0; i < answer.media.size(); ++i) {
    if (!sdp::remote_media(answer, i).usable() || !is_usable(*local, i)) continue;
    wanted = true;
    any = judge_agreed(leg(from).security, *local, answer, i, tools_.skipped).kind != Kind::Refused || any;
  }
  return any || !wanted;
}

bool Media::has_lost_keys(Side side) const {
  const auto& lost = lost_keys_[static_cast<std::size_t>(side)];
  return lost != nullptr && lost == agreed_local(side);
}

std::optional<LineSecurity> Media::agreed_security(Side side, std::size_t index) const {
  const auto* leg_state = state_if(side);
  if (leg_state == nullptr || !leg_state->established() || leg_state->agreed_local() == nullptr) return std::nullopt;
  if (!is_usable(*leg_state->agreed_local(), index) || !is_usable(*leg_state->agreed_remote(), index))
    return std::nullopt;
  auto line = judge_agreed(leg(side).security, *leg_state->agreed_local(), *leg_state->agreed_remote(), index);
  if (line.kind == Kind::Protected && has_lost_keys(side)) return std::nullopt;
  return line;
}

LineSecurity Media::security(Side side, std::size_t index) const {
  using Stage = sdp::OfferAnswer::State;
  const LegSecurity& rules = leg(side).security;
  // Before anything was agreed nothing passes that may come to be protected: not unchecked, and not in clear.
  LineSecurity unknown{.kind = rules.may_protect()    ? Kind::Protected
                               : rules.must_protect() ? Kind::Refused
                                                      : Kind::Plain};
  if (rules.may_shake_hands()) unknown.own = own_[static_cast<std::size_t>(side)];
  const auto* leg_state = state_if(side);
  if (leg_state == nullptr) return unknown;
  const Stage state = leg_state->state();
  if (leg_state->early() || (state == Stage::Stable && leg_state->established())) {
    auto line = judge_agreed(rules, *leg_state->local(), *leg_state->remote(), index);
    return line.kind == Kind::Protected && has_lost_keys(side) && !leg_state->early() ? unknown : line;
  }
  if (state != Stage::OfferReceived || lingers(*leg_state, index))
    return agreed_security(side, index).value_or(unknown);

  LineSecurity offered = judge_offer(rules, *leg_state->remote(), index);
  if (offered.kind == Kind::Refused) return offered;
  // What was agreed before holds until the other side has answered: the offer may still come to nothing, and then the
  // counters of the old keys must not have been given up.
  const Answering& answering = answering_[static_cast<std::size_t>(side)];
  const auto* asked = state_if(other(side));
  const bool answered = asked != nullptr && asked->remote() != answering.other_before;
  if (const auto before = agreed_security(side, index); before && !answered) return *before;
  if (offered.kind == Kind::Protected && index < answering.ours.size()) offered.ours = answering.ours[index];
  if (offered.peer && index < answering.handshakes.size()) {
    offered.own = answering.handshakes[index];
    // The peer shakes hands when it has our answer, which waits for the other side's.
    if (offered.own && !answered) offered.own->setup = sdp::Setup::Passive;
  }
  return offered;
}

// RFC 4568 7.1.2. Our key goes on as long as the peer's does. A peer that changes its key may have changed its place
// and know nothing of our counters (7.1.4), so it gets another one of ours as well.
void Media::choose_keys(Side from, const sdp::Session& offer) {
  Answering& answering = answering_[static_cast<std::size_t>(from)];
  const auto* asked = state_if(other(from));
  answering.other_before = asked != nullptr ? asked->remote() : nullptr;
  answering.ours.assign(offer.media.size(), std::nullopt);
  if (leg(from).security.may_shake_hands()) choose_handshakes(from, offer);
  for (std::size_t i = 0; i < offer.media.size(); ++i) {
    const LineSecurity line = judge_offer(leg(from).security, offer, i);
    if (line.kind != Kind::Protected || !line.theirs) continue;
    const auto before = agreed_security(from, i);
    const bool same = before && before->theirs && before->theirs->suite == line.theirs->suite &&
                      before->theirs->keys == line.theirs->keys;
    answering.ours[i] = same ? sdp::Crypto{line.theirs->tag, before->ours->suite, before->ours->keys}
                             : sdp::fresh_crypto(line.theirs->tag, line.theirs->suite, *tools_.random);
  }
}

void Media::protect_answer(Side toward, std::size_t index, sdp::Anchor& anchor) const {
  const Answering& answering = answering_[static_cast<std::size_t>(toward)];
  const auto& ours = answering.ours;
  if (index < ours.size() && ours[index]) anchor.crypto.push_back(*ours[index]);
  if (leg(toward).security.may_shake_hands() && index < answering.handshakes.size())
    anchor.handshake = answering.handshakes[index];
}

// By best effort: where nothing is agreed on yet, or DTLS is; of a relay that has shown its certificate.
bool Media::may_offer_handshake(Side toward, std::size_t index, const std::optional<LineSecurity>& present) const {
  if (present && !present->peer) return false;
  const auto flow = std::ranges::find(flows_, index, &control::FlowAddresses::index);
  return flow != flows_.end() && !(toward == Side::A ? flow->a : flow->b).fingerprint.empty();
}

// What was agreed on stays. Of a browser's offer nobody but another browser takes the profile.
bool Media::offers_feedback(Side toward, const sdp::Media* before, bool usual) const {
  if (before != nullptr) return sdp::has_feedback(*before);
  if (leg(toward).rtcp_feedback == route::RtcpFeedback::AsOffered) return usual;
  return leg(toward).rtcp_feedback == route::RtcpFeedback::Always;
}

void Media::protect_offer(Side toward, std::size_t index, const sdp::Media& from, sdp::Anchor& anchor) const {
  const LegSecurity& rules = leg(toward).security;
  if (rules.handshakes()) return offer_handshake(toward, index, from, anchor);
  const sdp::OfferAnswer& leg_state = toward == Side::A ? a_ : *b_;
  const sdp::SessionPtr& agreed = leg_state.agreed_local();
  // Fax in its place says nothing of how audio was protected.
  const bool was_media = agreed != nullptr && is_usable(*agreed, index) && sdp::is_rtp(agreed->media[index]);
  const sdp::Media* before = was_media ? &agreed->media[index] : nullptr;
  const bool feedback =
      offers_feedback(toward, before, sdp::has_feedback(from) && !sdp::is_handshake_profile(from.proto));
  const auto present = was_media ? agreed_security(toward, index) : std::nullopt;
  const auto suite = was_media ? suite_of_before(rules, leg_state, index) : std::nullopt;
  // What had keys has keys, when they are lost as well: another way is another chance to end up in clear.
  if (rules.is_best_effort() && !suite && may_offer_handshake(toward, index, present)) {
    offer_handshake(toward, index, from, anchor);
    // RFC 8643 3.1 begins with the profile of clear media; one that was agreed on in that of DTLS stays there.
    if (before == nullptr || !sdp::is_handshake_profile(before->proto))
      anchor.profile = sdp::rtp_profile(false, feedback);
    if (present) return;
  } else {
    const bool secure = rules.must_protect() || (before != nullptr && sdp::is_secure(*before));
    anchor.profile = sdp::rtp_profile(secure, feedback);
  }
  if (!rules.may_say_keys()) return;

  const sdp::SessionPtr& said = leg_state.local();
  if (said != agreed && said != nullptr && is_usable(*said, index) && !leg_state.early() &&
      stays_at(*said, said->media[index], anchor.rtp)) {
    anchor.crypto = sdp::cryptos_of(*said, said->media[index]);  // the same offer once more
    return;
  }
  if (present && present->kind == Kind::Plain && !rules.must_protect()) return;  // as was agreed
  // RFC 4568 7.1.4: another address, another key. Of the same suite first: not everybody can change it within a call.
  const bool goes_on = present && present->ours && stays_at(*agreed, *before, anchor.rtp);
  std::optional<sdp::Crypto> first = goes_on ? present->ours : std::nullopt;
  if (suite && !goes_on) first = sdp::fresh_crypto(1, *suite, *tools_.random);
  anchor.crypto = offered_cryptos(rules, first, *tools_.random);
}

}  // namespace sbc::call
