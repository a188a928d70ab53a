#include "sbc/call/media.h"

#include <algorithm>

#include "media-relay/base/hash.h"
#include "media-relay/base/text.h"

#include "sbc/body/handling.h"
#include "sbc/body/multipart.h"
#include "sbc/body/rewrite.h"
#include "sbc/call/bundle_offer.h"
#include "sbc/call/lingering.h"
#include "sbc/call/media_error.h"
#include "sbc/call/media_streams.h"
#include "sbc/sdp/header_extension.h"
#include "sbc/sdp/parser.h"
#include "sbc/sdp/preconditions.h"
#include "sbc/sdp/remote_media.h"
#include "sbc/sdp/synthesis.h"

namespace sbc::call {
namespace {

sdp::RemoteMedia media_of(const sdp::OfferAnswer& leg, std::size_t index) {
  return lingers(leg, index) ? sdp::remote_media(*leg.agreed_remote(), index) : leg.media(index);
}

bool says_mux(const sdp::Session& session, std::size_t index) {
  return sdp::find(session.lines_of(session.media[index]), sdp::AttributeId::RtcpMux) != nullptr;
}

bool mux_of(const sdp::OfferAnswer& leg, std::size_t index) {
  if (!lingers(leg, index)) return leg.mux_agreed(index);
  return says_mux(*leg.agreed_local(), index) && says_mux(*leg.agreed_remote(), index);
}

// RFC 8842 4: both names make the association. Several peers may answer one offer, behind one certificate even. Their
// names may be long.
std::string peers_mark(std::string_view tls_id) {
  std::string mark = ";";
  for (std::uint64_t hash = base::siphash(base::HashKey{}, tls_id); mark.size() <= 16; hash >>= 4)
    mark.push_back("0123456789abcdef"[hash & 0xf]);
  return mark;
}

control::LatchMode latch_of(policy::Latch latch) {
  switch (latch) {
    case policy::Latch::Strict:
      return control::LatchMode::Strict;
    case policy::Latch::Learn:
      return control::LatchMode::Learn;
    case policy::Latch::Hear:
      return control::LatchMode::Hear;
  }
  return control::LatchMode::Strict;
}

const control::FlowAddresses* find_flow(const std::vector<control::FlowAddresses>& flows, std::size_t index) {
  const auto it = std::ranges::find(flows, index, &control::FlowAddresses::index);
  return it == flows.end() ? nullptr : &*it;
}

}  // namespace

bool lingers(const sdp::OfferAnswer& leg, std::size_t index) {
  if (leg.state() != sdp::OfferAnswer::State::OfferReceived || !leg.established()) return false;
  const auto in_use = [index](const sdp::Session& session) {
    return index < session.media.size() && session.media[index].port != 0;
  };
  return !in_use(*leg.remote()) && in_use(*leg.agreed_remote()) && in_use(*leg.agreed_local());
}

std::expected<std::optional<std::string_view>, MediaError> sdp_of(const sip::Message& message) {
  if (message.body().empty()) return std::nullopt;
  const auto encoding = message.find(sip::HeaderId::ContentEncoding);
  if (encoding && !base::equals_ignoring_case(*encoding, "identity"))
    return std::unexpected(
        MediaError{415, "Content-Encoding: expected none, got \"" + base::printable(*encoding) + "\""});
  const auto type = message.find(sip::HeaderId::ContentType).value_or("");
  if (body::is_multipart(type)) {  // RFC 5621; its other parts are invite_body.h's business
    auto found = body::find_sdp(type, message.body());
    if (!found) return std::unexpected(MediaError{400, std::move(found.error())});
    return *found;
  }
  const auto bare = body::bare_type(type);
  if (bare != "application/sdp")
    return std::unexpected(
        MediaError{415, "Content-Type: expected application/sdp, got \"" + base::printable(bare) + "\""});
  // RFC 3261 20.11, RFC 3959 3: one that is not the session's is no offer and no answer.
  const auto disposition = message.find(sip::HeaderId::ContentDisposition).value_or("");
  if (const auto purpose = body::disposition_of(disposition, bare); purpose != "session") {
    if (!message.is_request() || message.method() == sip::Method::Ack || body::is_optional(disposition))
      return std::nullopt;
    return std::unexpected(
        MediaError{415, "Content-Disposition: expected session, got \"" + base::printable(purpose) + "\""});
  }
  return message.body();
}

void Media::start_leg_b(sdp::OriginIdentity identity) {
  b_.emplace(std::move(identity));
}

std::expected<void, MediaError> Media::take_offer(Side from, std::string_view body) {
  auto parsed = sdp::parse_shared(body);
  if (!parsed) return std::unexpected(to_media_error(parsed.error()));
  const bool again = exchange(from) == sdp::OfferAnswer::State::OfferReceived && *state(from).remote()->text == body;
  if (!again && tools_.refused != nullptr) sdp::count_refused(**parsed, *tools_.refused);
  // RFC 3264 8.2: all lines may be taken out of use for a while, but a call does not begin so.
  const bool takes_away = agreed(from) && sdp::none_wanted(**parsed);
  if (!takes_away && !sdp::any_usable(**parsed))
    return std::unexpected(MediaError{488, "no media line that can be anchored"});
  if (sdp::has_unmet_precondition(**parsed))
    return std::unexpected(MediaError{580, "a mandatory precondition that the border cannot meet"});
  const sdp::SessionPtr offer = *std::move(parsed);
  if (!takes_away && !any_acceptable(from, *offer))
    return std::unexpected(MediaError{488, "no media line that is protected as this side must be"});
  if (auto lacking = lacks_codec(from, *offer, nullptr)) return std::unexpected(*std::move(lacking));
  auto taken = state(from).remote_offer(offer);
  if (!taken) return std::unexpected(to_media_error(taken.error()));
  if (!again) choose_keys(from, *offer);
  return {};
}

std::expected<void, MediaError> Media::take_answer(Side from, std::string_view body, sdp::Finality finality) {
  auto parsed = sdp::parse_shared(body);
  if (!parsed) return std::unexpected(to_media_error(parsed.error()));
  if (state_if(from) != nullptr && !agrees(from, **parsed))
    return std::unexpected(MediaError{488, "an answer without the protection that was offered"});
  const auto* asked = state_if(from);
  if (asked != nullptr && asked->local() != nullptr)
    if (auto lacking = lacks_codec(from, **parsed, asked->local().get())) return std::unexpected(*std::move(lacking));
  auto taken = state(from).remote_answer(*std::move(parsed), finality);
  if (!taken) return std::unexpected(to_media_error(taken.error()));
  return {};
}

bool Media::commit_early(Side from) {
  if (!state(from).early()) return false;
  state(from).commit();
  return true;
}

std::vector<std::optional<sdp::Anchor>> Media::anchors(Side toward, const sdp::Session& from, bool answering) const {
  std::vector<std::optional<sdp::Anchor>> result(from.media.size());
  for (std::size_t i = 0; i < from.media.size(); ++i) {
    const auto* flow = find_flow(flows_, i);
    if (flow == nullptr) continue;
    const control::HalfAddress& address = toward == Side::A ? flow->a : flow->b;
    // We multiplex when asked to; we ask for it only when the other side did, so that plain phones see plain SDP.
    if (sdp::is_fax(from.media[i])) {
      result[i] = sdp::Anchor{.rtp = address.rtp};
      continue;
    }
    const bool mux = answering || sdp::remote_media(from, i).rtcp_mux;
    result[i] = sdp::Anchor{.rtp = address.rtp, .rtcp = address.rtcp, .rtcp_mux = mux};
    if (answering)
      protect_answer(toward, i, *result[i]);
    else
      protect_offer(toward, i, from.media[i], *result[i]);
    if (!result[i]->handshake) continue;
    result[i]->handshake->fingerprint = address.fingerprint;
    if (!leg(toward).security.uses_ice()) result[i]->handshake->ice_ufrag.clear();
    // RFC 8842 5.3: an answer has a tls-id when the offer has one.
    if (answering && !offered_tls_id(toward, i)) result[i]->handshake->tls_id.clear();
  }
  return result;
}

std::expected<std::string, MediaError> Media::make_offer(Side to) {
  const auto* from = state_if(other(to));
  sdp::SessionPtr said = from != nullptr ? from->remote() : nullptr;
  if (proposal_ != nullptr && to == Side::B && said == nullptr) said = proposal_;
  auto allowed = for_side(to, std::move(said), Passing::Offer);
  if (!allowed) return std::unexpected(std::move(allowed.error()));
  said = *std::move(allowed);
  if (proposal_ != nullptr && to == Side::A && said != nullptr && !a_.established()) {
    auto narrowed = sdp::first_codecs(*said);
    if (!narrowed) return std::unexpected(to_media_error(narrowed.error()));
    said = *std::move(narrowed);
  }
  if (said == nullptr) return std::unexpected(MediaError{500, "no description to offer"});
  if (leg(to).security.must_protect() && !leg(to).security.may_protect())
    return std::unexpected(MediaError{488, "keys would go over signalling that is not encrypted"});
  auto numbered = in_numbers_of(to, std::move(said), false);
  if (!numbered) return std::unexpected(std::move(numbered.error()));
  said = *std::move(numbered);
  auto digits = with_digits(to, std::move(said), nullptr);
  if (!digits) return std::unexpected(std::move(digits.error()));
  said = *std::move(digits);
  const auto places = anchors(to, *said, false);
  auto bundled = bundle(to);
  if (leg(to).security.uses_ice()) bundled = with_joining_lines(state(to), *said, places, std::move(bundled));
  const auto other_bundle = bundle(other(to));
  auto body = state(to).offer(
      {.from = *said, .anchors = places, .bundle = bundled, .other_bundle = other_bundle, .plays_on = music_line(to)});
  if (!body) return std::unexpected(to_media_error(body.error()));
  return *std::move(body);
}

std::expected<std::string, MediaError> Media::make_answer(Side to, sdp::Finality finality) {
  const auto* from = state_if(other(to));
  if (from == nullptr || from->remote() == nullptr)
    return std::unexpected(MediaError{500, "no description to answer with"});
  auto allowed = for_side(to, from->remote(), Passing::Answer);
  if (!allowed) return std::unexpected(std::move(allowed.error()));
  const auto said = in_numbers_of(to, *std::move(allowed), true);
  if (!said) return std::unexpected(said.error());
  const auto digits = with_digits(to, *said, state(to).remote().get());
  if (!digits) return std::unexpected(digits.error());
  const auto places = anchors(to, **digits, true);
  const auto bundled = bundle(to);
  const auto other_bundle = bundle(other(to));
  auto body = state(to).answer({.from = **digits,
                                .anchors = places,
                                .bundle = bundled,
                                .other_bundle = other_bundle,
                                .plays_on = music_line(to)},
                               finality);
  if (!body) return std::unexpected(to_media_error(body.error()));
  return *std::move(body);
}

// Both in A's order of preference, so that both send the same codec.
std::expected<CrossedAnswers, MediaError> Media::answer_each_other() {
  if (a_.remote() == nullptr || !b_ || b_->remote() == nullptr)
    return std::unexpected(MediaError{500, "expected an offer of each side"});
  const auto of_a = for_side(Side::B, a_.remote(), Passing::AsItIs);
  if (!of_a) return std::unexpected(of_a.error());
  const auto of_b = for_side(Side::A, b_->remote(), Passing::AsItIs);
  if (!of_b) return std::unexpected(of_b.error());
  const auto for_a = sdp::common_formats(**of_b, **of_a, sdp::FormatOrder::Others);
  if (!for_a) return std::unexpected(to_media_error(for_a.error()));
  const auto for_b = sdp::common_formats(**of_a, **of_b, sdp::FormatOrder::Own);
  if (!for_b) return std::unexpected(to_media_error(for_b.error()));
  const auto passages = sdp::passages_between(**for_b, **for_a);
  const auto numbers_a = in_numbers_of(Side::A, *for_a, true);
  if (!numbers_a) return std::unexpected(numbers_a.error());
  const auto numbers_b = in_numbers_of(Side::B, *for_b, true);
  if (!numbers_b) return std::unexpected(numbers_b.error());
  if (std::ranges::all_of(passages, &sdp::Passage::refused))
    return std::unexpected(MediaError{488, "the two offers have no codec in common"});
  const auto toward_a = anchors(Side::A, **numbers_a, true);
  const auto bundled_a = bundle(Side::A);
  const auto bundled_b = bundle(Side::B);
  auto to_a = a_.answer({.from = **numbers_a, .anchors = toward_a, .bundle = bundled_a, .other_bundle = bundled_b},
                        sdp::Finality::Final);
  if (!to_a) return std::unexpected(to_media_error(to_a.error()));
  const auto toward_b = anchors(Side::B, **numbers_b, true);
  auto to_b = b_->answer({.from = **numbers_b, .anchors = toward_b, .bundle = bundled_b, .other_bundle = bundled_a},
                         sdp::Finality::Final);
  if (!to_b) return std::unexpected(to_media_error(to_b.error()));
  return CrossedAnswers{*std::move(to_a), *std::move(to_b)};
}

std::expected<std::string, MediaError> Media::make_refusal(Side to) {
  const auto offer = state(to).remote();
  if (offer == nullptr) return std::unexpected(MediaError{500, "no offer to refuse"});
  auto body = state(to).answer({.from = *offer}, sdp::Finality::Final);
  if (!body) return std::unexpected(to_media_error(body.error()));
  return *std::move(body);
}

sdp::OfferAnswer::State Media::exchange(Side side) const {
  const auto* leg = state_if(side);
  return leg != nullptr ? leg->state() : sdp::OfferAnswer::State::Stable;
}

bool Media::settled(Side side) const {
  const auto* leg = state_if(side);
  return leg != nullptr && leg->state() == sdp::OfferAnswer::State::Stable && leg->established();
}

bool Media::agreed(Side side) const {
  const auto* leg = state_if(side);
  return leg != nullptr && leg->established();
}

bool Media::described(Side side) const {
  const auto* leg = state_if(side);
  return leg != nullptr && leg->remote() != nullptr;
}

bool Media::unchanged(Side from, std::string_view body) const {
  const auto* leg = state_if(from);
  return leg != nullptr && leg->state() == sdp::OfferAnswer::State::Stable && leg->agreed_remote() != nullptr &&
         *leg->agreed_remote()->text == body;
}

// trap 32: however it is spelled.
std::string_view Media::hold_change(Side from, std::string_view body) const {
  const auto line = digit_line().value_or(0);
  const auto before = said(from, line);
  const auto offer = sdp::parse_shared(body);
  if (!before || !before->usable() || !offer) return {};
  const auto after = sdp::remote_media(**offer, line);
  if (!after.usable() || after.held == before->held) return {};
  return after.held ? "hold" : "resume";
}

bool Media::only_preconditions(Side from, std::string_view body) const {
  const auto* leg = state_if(from);
  if (leg == nullptr || leg->state() != sdp::OfferAnswer::State::Stable || leg->agreed_remote() == nullptr)
    return false;
  const auto parsed = sdp::parse_shared(body);
  return parsed && sdp::same_but_preconditions(**parsed, *leg->agreed_remote());
}

bool Media::demands_preconditions(Side from) const {
  const auto* leg = state_if(from);
  return leg != nullptr && leg->remote() != nullptr && sdp::demands_preconditions(*leg->remote());
}

std::expected<std::string, MediaError> Media::repeat_offer(Side to) {
  auto body = state(to).repeat_offer();
  if (!body) return std::unexpected(to_media_error(body.error()));
  return *std::move(body);
}

void Media::roll_back() {
  a_.rollback();
  if (b_) b_->rollback();
}

void Media::revert(const Agreed& before) {
  a_.revert(before[0]);
  if (b_) b_->revert(before[1]);
}

std::size_t Media::media_count() const {
  std::size_t count = 0;
  for (const Side side : {Side::A, Side::B}) {
    const auto* leg = state_if(side);
    if (leg != nullptr && leg->remote() != nullptr) count = std::max(count, leg->remote()->media.size());
  }
  if (count == 0 && proposal_ != nullptr) count = proposal_->media.size();
  return count;
}

control::HalfSpec Media::half(Side side, std::size_t index, bool send, bool receive) const {
  control::HalfSpec half = half_alone(side, index, send, receive);
  half.extensions.emplace();
  if (auto name = name_in_packets(side, index)) {
    if (half.shared) half.shared->payload_types = std::exchange(name->payload_types, {});
    half.mid = std::move(name);
  }
  const auto* leg_state = state_if(side);
  const auto* other_state = state_if(other(side));
  if (leg_state != nullptr && leg_state->remote() != nullptr && other_state != nullptr &&
      other_state->remote() != nullptr)
    for (const auto& [from, to] :
         sdp::common_extensions(*other_state->remote(), *leg_state->remote(), index, shared_alike(index)))
      half.extensions->push_back({from, to});
  return half;
}

control::HalfSpec Media::half_alone(Side side, std::size_t index, bool send, bool receive) const {
  if (const auto of = carrier(side, index)) return guest_half(side, index, *of, send, receive);
  control::HalfSpec half;
  half.network = leg(side).network;
  half.latch = latch_of(leg(side).latch);
  half.latch_from = leg(side).latch_from;
  half.send = send;
  half.receive = receive;
  const auto line = is_fax(index) ? LineSecurity{} : security(side, index);
  if (line.kind == LineSecurity::Kind::Protected && line.own) {
    half.dtls = dtls_of(line);
    // A peer that says no tls-id is told none.
    if (half.dtls->association.empty()) half.dtls->association = own_[static_cast<std::size_t>(side)].tls_id;
    if (line.peer && !line.peer->tls_id.empty()) half.dtls->association += peers_mark(line.peer->tls_id);
    half.ice = ice_of(leg(side).security, line);
    half.rtcp_mux = true;
  } else if (line.kind == LineSecurity::Kind::Protected) {
    half.srtp = srtp_of(line);
  }
  const auto* leg_state = state_if(side);
  if (leg_state == nullptr || leg_state->remote() == nullptr) return half;
  half.transcode = transcoding(side, index);
  if (auto rules = payload_rules(side, index); !rules.empty() && !half.transcode)
    half.rewrite = control::Rewrite{.payloads = std::move(rules)};
  const auto remote = media_of(*leg_state, index);
  half.rtcp_mux = half.dtls.has_value() || mux_of(*leg_state, index);
  half.remote_rtp = remote.rtp;
  half.remote_rtcp = half.rtcp_mux ? remote.rtp : remote.rtcp;
  return half;
}

std::optional<sdp::RemoteMedia> Media::said(Side side, std::size_t index) const {
  const auto* leg = state_if(side);
  if (leg == nullptr || leg->remote() == nullptr) return std::nullopt;
  auto media = media_of(*leg, index);
  // RFC 9143 7.3: without the bundle it has no place.
  if (media.usable() && media.bundle_only && !carrier(side, index)) media.refusal = sdp::Refusal::Disabled;
  if (media.usable() && security(side, index).kind == LineSecurity::Kind::Refused)
    media.refusal = sdp::Refusal::Profile;
  if (media.usable() && is_emptied(side, index)) media.refusal = sdp::Refusal::Codecs;
  // While the other side's offer waits for this side's answer, a line that this side lacks or has refused before is
  // open again: it may be about to accept it, and then needs ports.
  const auto* asking = state_if(other(side));
  const bool asked = asking != nullptr && asking->state() == sdp::OfferAnswer::State::OfferReceived;
  const bool answered = leg->remote() != leg->agreed_remote();
  if (!media.usable() && asked && !answered) return std::nullopt;
  return media;
}

namespace {

// None for kinds that have no mark of ours: the relay has one.
std::optional<std::uint8_t> mark_of(const route::Marks& marks, const control::FlowSpec& flow) {
  if (flow.transport == control::Transport::Udptl) return marks.fax;
  if (flow.kind == "audio") return marks.audio;
  if (flow.kind == "video") return marks.video;
  if (flow.kind == "text") return marks.text;
  return std::nullopt;
}

}  // namespace

control::SessionSpec Media::spec(std::uint32_t media_timeout_ms) const {
  control::SessionSpec spec;
  spec.media_timeout_ms = media_timeout_ms;
  const auto wanted = passages();
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    const sdp::Passage passage = wanted[i];
    if (passage.refused) continue;
    const auto on_a = said(Side::A, i);
    const auto on_b = said(Side::B, i);
    if (on_a && on_b && !passage.both_ways()) spec.suspended = true;
    control::FlowSpec flow;
    flow.index = static_cast<std::uint32_t>(i);
    flow.kind = std::string(on_a ? on_a->kind : on_b ? on_b->kind : proposed_kind(i));
    if (is_fax(i)) flow.transport = control::Transport::Udptl;
    flow.a = half(Side::A, i, passage.b_to_a, passage.a_to_b);
    flow.b = half(Side::B, i, passage.a_to_b, passage.b_to_a);
    // Fax that is only offered is not there yet.
    if (!is_fax(i) && flow.kind == "image" && on_b) flow.kind = std::string(on_b->kind);
    const StreamParties parties{{{leg_a_, state_if(Side::A)}, {leg_b_, state_if(Side::B)}}};
    guard_streams(flow, parties);
    if (digit_line() == i && flow.transport == control::Transport::Rtp) {
      add_digits(flow, Side::A);
      add_digits(flow, Side::B);
    }
    add_pictures(flow);
    flow.a.party = party_[0];
    flow.b.party = party_[1];
    flow.a.dscp = mark_of(leg_a_.marks, flow);
    flow.b.dscp = mark_of(leg_b_.marks, flow);
    add_sounds(flow);
    add_played(flow);
    refuse_untold(flow, parties);
    make_continuous(flow, parties);
    spec.flows.push_back(std::move(flow));
  }
  return spec;
}

// While a side's offer waits for its answer the m-line stays what it was: the other side may refuse.
bool Media::is_fax(std::size_t index) const {
  std::optional<bool> offered;
  for (const Side side : {Side::A, Side::B}) {
    const auto* leg = state_if(side);
    if (leg == nullptr || leg->remote() == nullptr || index >= leg->remote()->media.size()) continue;
    const bool fax = sdp::is_fax(leg->remote()->media[index]);
    if (leg->state() != sdp::OfferAnswer::State::OfferReceived) return fax;
    if (!offered) offered = fax;
  }
  return offered.value_or(false);
}

std::string_view Media::proposed_kind(std::size_t index) const {
  return proposal_ != nullptr && index < proposal_->media.size() ? proposal_->media[index].kind : "audio";
}

bool Media::needs_ports() const {
  const auto wanted = spec(0);
  return std::ranges::any_of(wanted.flows, [this](const control::FlowSpec& f) {
    return find_flow(flows_, f.index) == nullptr || lacks_fingerprint(f);
  });
}

void Media::take_addresses(const std::vector<control::FlowAddresses>& flows) {
  flows_ = flows;
}

std::string Media::media_host(Side side) const {
  const auto* leg_state = state_if(side);
  if (leg_state == nullptr || leg_state->remote() == nullptr || leg_state->remote()->media.empty()) return {};
  const auto* connection = leg_state->remote()->connection_of(leg_state->remote()->media.front());
  return connection != nullptr ? std::string(connection->text) : std::string();
}

}  // namespace sbc::call
