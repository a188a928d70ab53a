#include "sbc/call/waiting.h"

#include <algorithm>

#include "media-relay/control/limits.h"

#include "sbc/sdp/remote_media.h"
#include "sbc/sdp/transcoding.h"

namespace sbc::call {

void play_to_waiting(control::SessionSpec& spec, const Media& media, Side side, const std::string& sound) {
  const auto line = media.digit_line();
  const sdp::OfferAnswer leg = media.description(side);
  if (!line || leg.local() == nullptr || leg.remote() == nullptr) return;
  const auto flow = std::ranges::find(spec.flows, *line, &control::FlowSpec::index);
  const auto format = sdp::played_to({*leg.local(), *leg.remote()}, *line);
  if (flow == spec.flows.end() || !format || !sdp::receives(leg.media(*line).direction)) return;
  control::HalfSpec& half = side == Side::A ? flow->a : flow->b;
  control::Play play;
  play.sound = sound;
  play.loops = 0;
  play.format = {std::string(format->to.coding), format->to.payload_type, {}};
  // Longer ones say something else than what Opus's parameters are for (RFC 7587 6.1).
  if (format->to.fmtp.size() <= control::kMaxFmtpBytes) play.format.fmtp = format->to.fmtp;
  play.ptime_ms = format->ptime_ms;
  half.play = std::move(play);
  half.send = true;
}

// The target of a transfer rings: the party that stays hears it, whatever the transferor has left it with. It knows
// nothing of the target yet, so what that one says early is not for it.
std::string ringing_sound(const Call& call) {
  if (!call.transfer || !call.transfer->attempt || !call.transfer->attempt->rang) return {};
  const route::Target* target = call.transfer->hunt.current();
  if (target == nullptr) return {};
  return target->candidate.ringback.value_or(call.media.leg(other(call.transfer->from)).ringback);
}

}  // namespace sbc::call
