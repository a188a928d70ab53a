// Media: which m-lines share a transport toward a side (BUNDLE, RFC 9143). We bundle what a browser offers as a bundle,
// and offer a bundle to a peer of which we expect that it is a browser; the other side knows nothing of it. Lines that
// we offer have places of their own until the answer says that they share one, so that a peer that does not bundle, or
// not all of them, loses nothing by it.

#include <algorithm>

#include "media-relay/base/text.h"

#include "sbc/call/bundle_offer.h"
#include "sbc/call/media.h"
#include "sbc/sdp/bundle.h"
#include "sbc/sdp/codec.h"
#include "sbc/sdp/remote_media.h"

namespace sbc::call {

std::vector<std::size_t> Media::bundle(Side side) const {
  const auto* leg_state = state_if(side);
  if (!leg(side).security.uses_ice() || leg_state == nullptr) return {};
  if (leg_state->state() == sdp::OfferAnswer::State::OfferReceived) {
    const sdp::Session& offer = *leg_state->remote();
    auto lines = sdp::acceptable_bundle(offer);
    // What shares the transport needs ICE on it; between two lite agents there is none.
    const auto tagged = lines.empty() ? LineSecurity{} : judge_offer(leg(side).security, offer, lines.front());
    return tagged.peer && !tagged.peer->ice_lite ? lines : std::vector<std::size_t>();
  }
  if (!leg_state->established() || leg_state->agreed_local() == nullptr) return {};
  // What an answer has left out is not in the bundle, whoever made it.
  auto lines = sdp::bundled_lines(*leg_state->agreed_local());
  const auto theirs = sdp::bundled_lines(*leg_state->agreed_remote());
  std::erase_if(lines, [&theirs](std::size_t i) { return std::ranges::find(theirs, i) == theirs.end(); });
  return lines;
}

std::vector<std::size_t> with_joining_lines(const sdp::OfferAnswer& leg, const sdp::Session& said,
                                            std::span<const std::optional<sdp::Anchor>> places,
                                            std::vector<std::size_t> bundled) {
  const sdp::SessionPtr& before = leg.agreed_local();
  if (leg.established() && bundled.empty()) return bundled;
  const std::size_t tagged = bundled.empty() ? 0 : bundled.front();
  sdp::BundleNumbers numbers;
  for (const std::size_t index : bundled) (void)numbers.take(*before, before->media[index]);
  for (std::size_t i = tagged; i < said.media.size() && i < places.size(); ++i) {
    // One that the peer has left outside stays there.
    if (before != nullptr && i < before->media.size() && before->media[i].port != 0) continue;
    if (!places[i] || !places[i]->handshake || !sdp::remote_media(said, i).usable()) continue;
    if (numbers.take(said, said.media[i])) bundled.push_back(i);
  }
  std::ranges::sort(bundled);
  return bundled;
}

std::optional<std::size_t> Media::carrier(Side side, std::size_t index) const {
  const auto lines = bundle(side);
  if (lines.empty() || lines.front() == index || std::ranges::find(lines, index) == lines.end()) return std::nullopt;
  return lines.front();
}

bool Media::shared_alike(std::size_t index) const {
  const auto on_a = bundle(Side::A);
  const auto on_b = bundle(Side::B);
  if (on_a.empty() && on_b.empty()) return true;
  std::vector<bool> in_use;
  for (const sdp::Passage& passage : passages()) in_use.push_back(!passage.refused);
  return sdp::shared_alike(index, on_a, on_b, in_use);
}

control::HalfSpec Media::guest_half(Side side, std::size_t index, std::size_t of, bool send, bool receive) const {
  control::HalfSpec half;
  half.network = leg(side).network;
  half.send = send;
  half.receive = receive;
  half.shared = control::SharedTransport{static_cast<std::uint32_t>(of), line_types(side, index)};
  return half;
}

std::vector<std::uint8_t> Media::line_types(Side side, std::size_t index) const {
  std::vector<std::uint8_t> types;
  const sdp::OfferAnswer& leg_state = side == Side::A ? a_ : *b_;
  for (const auto& session : {leg_state.remote(), leg_state.local()}) {
    if (session == nullptr || index >= session->media.size()) continue;
    for (const std::uint8_t type : sdp::payload_types(session->media[index]))
      if (std::ranges::find(types, type) == types.end()) types.push_back(type);
  }
  return types;
}

// RFC 9143 9.2. Payload types that another line has as well tell nothing.
std::optional<control::MediaId> Media::name_in_packets(Side side, std::size_t index) const {
  const auto lines = bundle(side);
  if (std::ranges::find(lines, index) == lines.end()) return std::nullopt;
  const sdp::SessionPtr said = (side == Side::A ? a_ : *b_).remote();
  if (said == nullptr || lines.back() >= said->media.size()) return std::nullopt;
  const auto id = sdp::names_in_packets(*said, lines);
  if (!id) return std::nullopt;
  auto types = line_types(side, index);
  for (const std::size_t line : lines) {
    if (line == index) continue;
    const auto others = line_types(side, line);
    std::erase_if(types, [&others](std::uint8_t t) { return std::ranges::find(others, t) != others.end(); });
  }
  return control::MediaId{*id, std::string(base::trim(*sdp::mid(*said, said->media[index]))), std::move(types)};
}

std::vector<sdp::Passage> Media::passages() const {
  std::vector<sdp::Passage> out(media_count());
  for (std::size_t i = 0; i < out.size(); ++i) {
    const auto on_a = said(Side::A, i);
    const auto on_b = said(Side::B, i);
    // Until the other side has answered its direction is not known: whoever offered may already send.
    out[i] = {.a_to_b = true, .b_to_a = true, .refused = false};
    if (on_a && on_b) {
      out[i] = sdp::passage_between(*on_a, *on_b);
    } else if ((on_a && !on_a->usable()) || (on_b && !on_b->usable())) {
      out[i].refused = true;
    }
    // Without the line whose transport it is there is none.
    for (const Side side : {Side::A, Side::B})
      if (const auto of = carrier(side, i); of && (*of >= i || out[*of].refused)) out[i].refused = true;
  }
  return out;
}

}  // namespace sbc::call
