// Sounds that a side hears instead of the other side (sound_player.h).

#include <algorithm>

#include "media-relay/flow/flow.h"
#include "media-relay/rtp/wire.h"

namespace flow {

std::string_view name_of(PlayEnd end) {
  switch (end) {
    case PlayEnd::Done:
      return "done";
    case PlayEnd::Yielded:
      return "yielded";
    case PlayEnd::NoSound:
      return "no_sound";
    case PlayEnd::TooMany:
      return "too_many";
    case PlayEnd::Unreachable:
      return "unreachable";
  }
  return "unknown";
}

void Flow::set_sound(Side side, base::Instant now) {
  const base::Rare<Play>& wanted = spec_.half(side).play;
  Half& h = half(side);
  if (!wanted) {
    h.sound.reset();
    return;
  }
  if (!h.sound || !h.sound->is(*wanted)) h.sound = std::make_unique<SoundPlayer>(*wanted, now);
  // Its numbers come from the stream that the listener hears anyhow; where that is not ours, from one of our own.
  if (!h.rewriter) h.rewriter = std::make_unique<Rewriter>(Rewrite{}, first_stream(side));
  tell_sound(side, untold_);
  if (!untold_.empty()) attention_ = true;
}

void Flow::tell_sound(Side side, std::vector<Event>& events) {
  Half& h = half(side);
  if (!h.sound) return;
  if (const auto ended = h.sound->take_end(side)) events.emplace_back(*ended);
}

// In front of what would send this packet on.
std::optional<Drop> Flow::give_way(Context& c) {
  const Side to = other(c.side);
  Half& h = half(to);
  if (!h.sound || !h.sound->playing()) return std::nullopt;
  if (h.sound->yields()) {
    h.sound->yield();
    tell_sound(to, c.events);
    return std::nullopt;
  }
  swallow(c);
  return Drop::PlayedOver;
}

SoundPlayer::Way Flow::way_to(Side side) const {
  using Way = SoundPlayer::Way;
  const Flow& way = transport(side);
  if (!spec_.half(side).send || way.exits_[index_of(side)][index_of(Component::Rtp)].closed) return Way::Closed;
  if (is_secure(side) && !way.half(side).sender) return Way::Closed;
  // A digit that is being sent is heard alone.
  return half(side).player && half(side).player->speaking() ? Way::Busy : Way::Open;
}

void Flow::on_sound_deadline(Side side, base::Instant now, std::vector<Event>& events) {
  Half& h = half(side);
  if (!h.sound || now < h.sound->next_deadline()) return;
  const SoundPlayer::Way way = way_to(side);
  while (const auto played = h.sound->next(h.rewriter->stream(), way, now)) {
    std::vector<std::byte> packet = media_packet(side, played->stamp, h.sound->payload_type(), played->payload);
    record_sound(side, packet, now);
    send_media(side, std::move(packet));
  }
  tell_sound(side, events);
}

std::vector<std::byte> Flow::media_packet(Side side, const rtp::Stamp& stamp, std::uint8_t payload_type,
                                          std::span<const std::byte> payload) const {
  std::vector<std::byte> packet(rtp::kFixedHeaderBytes + payload.size());
  packet[0] = std::byte{0x80};
  packet[1] = static_cast<std::byte>((stamp.first ? 0x80 : 0) | payload_type);
  rtp::write_u16(packet, 2, stamp.sequence);
  rtp::write_u32(packet, 4, stamp.timestamp);
  rtp::write_u32(packet, 8, half(side).rewriter->stream().ssrc());
  std::ranges::copy(payload, packet.begin() + rtp::kFixedHeaderBytes);
  return packet;
}

void Flow::send_media(Side side, std::vector<std::byte> packet) {
  const std::size_t payload = packet.size() - rtp::kFixedHeaderBytes;
  if (send_own(side, Component::Rtp, std::move(packet))) half(side).rewriter->stream().count(payload);
}

}  // namespace flow
