// Media: audio of two sides that share no codec, where a side's rules allow to transcode.

#include <algorithm>

#include "media-relay/control/limits.h"

#include "sbc/call/media.h"
#include "sbc/sdp/transcoding.h"

namespace sbc::call {

bool Media::may_transcode() const {
  return (leg_a_.codecs != nullptr && !leg_a_.codecs->transcode.empty()) ||
         (leg_b_.codecs != nullptr && !leg_b_.codecs->transcode.empty());
}

// A side is offered what its rules name and what it has used before, and answered in its own codecs.
std::expected<sdp::SessionPtr, sdp::Error> Media::transcoded(Side to, sdp::SessionPtr said, Passing passing) const {
  if (passing == Passing::AsItIs || !may_transcode()) return said;
  const sdp::OfferAnswer* leg_state = state_if(to);
  const sdp::SessionPtr heard = leg_state == nullptr ? nullptr : leg_state->remote();
  if (passing == Passing::Answer) return heard == nullptr ? said : sdp::answered_in(std::move(said), *heard);
  std::vector<std::string> names;
  if (leg(to).codecs != nullptr) names = leg(to).codecs->transcode;
  if (heard != nullptr)
    for (const std::string_view name : sdp::coded_names(*heard))
      if (std::ranges::find(names, name) == names.end()) names.emplace_back(name);
  return sdp::with_codecs(std::move(said), names);
}

// What the side was told and has said by the exchange that counts for its media now. An answer of the other side counts
// before it is passed on: media may come with it. Null: nothing yet.
Media::Words Media::words(Side side) const {
  const sdp::OfferAnswer* leg_state = state_if(side);
  if (leg_state == nullptr) return {};
  const Words agreed{leg_state->agreed_local(), leg_state->agreed_remote()};
  switch (leg_state->state()) {
    case sdp::OfferAnswer::State::Stable:
      return {leg_state->local(), leg_state->remote()};
    case sdp::OfferAnswer::State::OfferSent:
      if (leg_state->remote() == leg_state->agreed_remote()) return agreed;
      return {leg_state->local(), leg_state->remote()};
    case sdp::OfferAnswer::State::OfferReceived:
      break;
  }
  if (leg_state->local() != leg_state->agreed_local()) return {leg_state->local(), leg_state->remote()};
  const sdp::OfferAnswer* far = state_if(other(side));
  const bool waits = far == nullptr || far->remote() == nullptr ||
                     (far->state() == sdp::OfferAnswer::State::OfferSent && far->remote() == far->agreed_remote());
  if (waits) return agreed;
  const auto allowed = for_side(side, far->remote(), Passing::Answer);
  if (!allowed) return agreed;
  const auto numbered = in_numbers_of(side, *allowed, true);
  return numbered ? Words{*numbered, leg_state->remote()} : agreed;
}

std::optional<control::Transcode> Media::transcoding(Side toward, std::size_t index) const {
  if (!may_transcode()) return std::nullopt;
  const Words sender = words(other(toward));
  const Words listener = words(toward);
  for (const auto& said : {sender.told, sender.said, listener.told, listener.said})
    if (said == nullptr) return std::nullopt;
  const auto plan = sdp::transcoding_between({*sender.told, *sender.said}, {*listener.told, *listener.said}, index);
  if (!plan) return std::nullopt;
  control::Transcode out;
  for (const sdp::TranscodedFormat& f : plan->from)
    if (out.from.size() < control::kMaxAudioFormats) out.from.push_back({std::string(f.coding), f.payload_type});
  out.to = {std::string(plan->to.coding), plan->to.payload_type};
  // Longer ones say something else than what Opus's parameters are for (RFC 7587 6.1).
  if (plan->to.fmtp.size() <= control::kMaxFmtpBytes) out.to.fmtp = plan->to.fmtp;
  out.ptime_ms = plan->ptime_ms;
  for (const sdp::TranscodedEvent& e : plan->events)
    if (out.events.size() < control::kMaxEventFormats)
      out.events.push_back({e.from, e.to, e.clock_from, e.clock_to, control::PayloadUse::Event});
  out.noise_from = plan->noise_from;
  out.noise_to = plan->noise_to;
  return out;
}

}  // namespace sbc::call
