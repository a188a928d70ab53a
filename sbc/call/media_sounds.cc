// Media: sounds that a side hears from the border: announcements in an answered call, music while the other side holds
// it, and what stands for an answer of the callee: announcements and ringback.

#include "media-relay/control/limits.h"

#include "sbc/call/limits.h"
#include "sbc/call/media.h"
#include "sbc/sdp/transcoding.h"

namespace sbc::call {
namespace {

control::Play play_of(const std::string& sound, std::uint32_t loops, const sdp::PlayedFormat& format) {
  control::Play out;
  out.sound = sound;
  out.loops = loops;
  out.format = {std::string(format.to.coding), format.to.payload_type, {}};
  // Longer ones say something else than what Opus's parameters are for (RFC 7587 6.1).
  if (format.to.fmtp.size() <= control::kMaxFmtpBytes) out.format.fmtp = format.to.fmtp;
  out.ptime_ms = format.ptime_ms;
  return out;
}

}  // namespace

std::optional<sdp::PlayedFormat> Media::played_format(Side toward, std::size_t index) const {
  const Words heard = words(toward);
  if (heard.told == nullptr || heard.said == nullptr) return std::nullopt;
  return sdp::played_to({*heard.told, *heard.said}, index);
}

std::optional<std::size_t> Media::music_line(Side toward) const {
  // Before both have agreed once nobody is held: an INVITE that wants no media yet is something else.
  if (leg(toward).music_on_hold.empty() || !agreed(Side::A) || !agreed(Side::B)) return std::nullopt;
  return digit_line();
}

// trap 32: however the hold is spelled, and only for a listener who still wants to receive.
std::optional<control::Play> Media::music(Side toward, std::size_t index) const {
  if (music_line(toward) != index) return std::nullopt;
  const auto holder = said(other(toward), index);
  const auto listener = said(toward, index);
  if (!holder || !listener || !holder->usable() || !listener->usable()) return std::nullopt;
  if (!holder->held || !sdp::receives(listener->direction)) return std::nullopt;
  const auto format = played_format(toward, index);
  if (!format) return std::nullopt;
  return play_of(leg(toward).music_on_hold, 0, *format);
}

void Media::announce(Side to, std::string sound) {
  Sounds& sounds = sounds_[static_cast<std::size_t>(to)];
  sounds.began = true;
  if (sounds.announcements.size() < kMaxAnnouncements) sounds.announcements.push_back(std::move(sound));
}

bool Media::announced(Side to, std::uint32_t number) {
  Sounds& sounds = sounds_[static_cast<std::size_t>(to)];
  if (sounds.announcements.empty() || sounds.number != number) return false;
  sounds.announcements.erase(sounds.announcements.begin());
  ++sounds.number;
  return true;
}

// What is announced comes before music. It is for who listens; else it waits until he does.
std::optional<control::Play> Media::sound(Side toward, std::size_t index) const {
  const Sounds& sounds = sounds_[static_cast<std::size_t>(toward)];
  if (sounds.announcements.empty()) return music(toward, index);
  if (digit_line() != index) return std::nullopt;
  const auto listener = said(toward, index);
  if (!listener || !listener->usable() || !sdp::receives(listener->direction)) return std::nullopt;
  const auto format = played_format(toward, index);
  if (!format) return std::nullopt;
  auto play = play_of(sounds.announcements.front(), 1, *format);
  play.number = sounds.number;
  return play;
}

void Media::add_sounds(control::FlowSpec& flow) const {
  if (flow.kind != "audio" || flow.transport != control::Transport::Rtp) return;
  const bool announces = !leg_a_.record.announcement.empty() || !leg_b_.record.announcement.empty();
  for (const Side side : {Side::A, Side::B}) {
    if (leg(side).music_on_hold.empty() && !announces && !sounds_[static_cast<std::size_t>(side)].began) continue;
    control::HalfSpec& half = side == Side::A ? flow.a : flow.b;
    // One stream before, during and after.
    if (!half.rewrite) half.rewrite.emplace();
    half.rewrite->continuous = true;
    half.play = sound(side, flow.index);
    if (half.play) half.send = true;
  }
}

std::expected<void, MediaError> Media::begin_playing(std::string sound, std::uint32_t loops,
                                                     sdp::OriginIdentity player) {
  LegMedia plain;
  plain.network = leg_b_.network;
  leg_b_ = std::move(plain);
  start_leg_b(std::move(player));
  if (const auto offer = make_offer(Side::B); !offer) return std::unexpected(offer.error());
  const auto answer = sdp::players_answer(*b_->local());
  if (!answer) return std::unexpected(MediaError{488, answer.error().text});
  if (const auto taken = take_answer(Side::B, *answer, sdp::Finality::Final); !taken) return taken;
  if (const auto heard = Media(*this).make_answer(Side::A, sdp::Finality::Early); !heard)
    return std::unexpected(heard.error());
  playing_ = std::move(sound);
  loops_ = loops;
  return {};
}

void Media::add_played(control::FlowSpec& flow) const {
  if (!plays()) return;
  // The address that the player's answer says is nobody's.
  flow.b.remote_rtp.reset();
  flow.b.remote_rtcp.reset();
  flow.b.send = false;
  if (digit_line() != flow.index || !flow.a.send) return;
  if (const auto format = played_format(Side::A, flow.index)) flow.a.play = play_of(playing_, loops_, *format);
}

}  // namespace sbc::call
