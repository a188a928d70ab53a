#include "media-relay/rtp/report.h"

#include "media-relay/rtp/wire.h"

namespace rtp {
namespace {

constexpr std::size_t kSenderInfo = 8;      // behind the header and the sender's SSRC
constexpr std::size_t kSenderBlocks = 28;   // where report blocks begin in a sender report ...
constexpr std::size_t kReceiverBlocks = 8;  // ... and in a receiver report
constexpr std::size_t kBlockBytes = 24;
constexpr std::size_t kFeedbackMedia = 8;  // RFC 4585 6.1: the stream that feedback is about
constexpr std::size_t kFeedbackBytes = 12;
constexpr std::uint8_t kVoipBlock = 7;  // RFC 3611 4.7
constexpr std::size_t kVoipBytes = 36;
// A longer round trip is a lie, or a call to the moon and back eight times.
constexpr base::Duration kLongestTrip = base::seconds(20);

std::int32_t signed_24(std::uint32_t word) {
  const std::uint32_t low = word & 0xffffff;
  return static_cast<std::int32_t>(low ^ 0x800000) - 0x800000;
}

ReportBlock read_block(std::span<const std::byte> packet, std::size_t at) {
  const std::uint32_t losses = read_u32(packet, at + 4);
  return {.ssrc = read_u32(packet, at),
          .fraction_lost = static_cast<std::uint8_t>(losses >> 24),
          .lost = signed_24(losses),
          .jitter = read_u32(packet, at + 12),
          .last_report = read_u32(packet, at + 16),
          .delay = read_u32(packet, at + 20)};
}

// Calls `take` for each RTCP packet of a compound.
template <typename F>
void for_each_packet(std::span<const std::byte> compound, F&& take) {
  std::size_t at = 0;
  while (const auto packet = read_rtcp_packet(compound, at)) {
    take(*packet, compound.subspan(packet->offset, packet->size));
    at += packet->size;
  }
}

}  // namespace

bool reports_on(std::span<const std::byte> compound, std::uint32_t ssrc) {
  bool found = false;
  for_each_packet(compound, [&](const RtcpPacket& packet, std::span<const std::byte> bytes) {
    if (packet.type == kTransportFeedback || packet.type == kPayloadFeedback)
      found = found || (bytes.size() >= kFeedbackBytes && read_u32(bytes, kFeedbackMedia) == ssrc);
    if (packet.type != kSenderReport && packet.type != kReceiverReport) return;
    std::size_t at = packet.type == kSenderReport ? kSenderBlocks : kReceiverBlocks;
    for (unsigned n = 0; n < packet.count && at + kBlockBytes <= bytes.size(); ++n, at += kBlockBytes)
      found = found || read_u32(bytes, at) == ssrc;
  });
  return found;
}

void PeerReports::told(std::span<const std::byte> compound, base::Instant now) {
  for_each_packet(compound, [&](const RtcpPacket& packet, std::span<const std::byte> bytes) {
    if (packet.type != kSenderReport || packet.size < kSenderBlocks) return;
    const std::uint32_t ntp =
        (std::uint32_t{read_u16(bytes, kSenderInfo + 2)} << 16) | read_u16(bytes, kSenderInfo + 4);
    if (ntp == 0) return;
    stamps_[next_] = {ntp, now};
    next_ = (next_ + 1) % kStamps;
  });
}

void PeerReports::heard(std::span<const std::byte> compound, base::Instant now) {
  for_each_packet(compound, [&](const RtcpPacket& packet, std::span<const std::byte> bytes) {
    if (packet.type == kExtendedReport) return read_extended(bytes);
    if (packet.type != kSenderReport && packet.type != kReceiverReport) return;
    const std::size_t at = packet.type == kSenderReport ? kSenderBlocks : kReceiverBlocks;
    // One block: of several the first is about the stream that counts, for we send one at a time.
    if (packet.count != 0 && packet.size >= at + kBlockBytes) take(read_block(bytes, at), now);
  });
}

void PeerReports::take(const ReportBlock& block, base::Instant now) {
  block_ = block;
  if (block.last_report == 0) return;
  for (const Stamp& stamp : stamps_) {
    if (stamp.ntp != block.last_report) continue;
    const base::Duration waited{static_cast<std::int64_t>(block.delay) * 1'000'000'000 / 65536};
    const base::Duration trip = now - stamp.at - waited;
    if (trip < base::Duration{} || trip > kLongestTrip) return;
    round_trip_ = round_trip_ ? *round_trip_ + (trip - *round_trip_) / 8 : trip;
    return;
  }
}

void PeerReports::read_extended(std::span<const std::byte> packet) {
  for (std::size_t at = 8; at + 4 <= packet.size();) {
    const std::size_t size = 4 + std::size_t{4} * read_u16(packet, at + 2);
    if (at + size > packet.size()) return;
    if (read_u8(packet, at) == kVoipBlock && size == kVoipBytes)
      voip_ = {.loss_rate = read_u8(packet, at + 8),
               .discard_rate = read_u8(packet, at + 9),
               .mos_lq = read_u8(packet, at + 26),
               .mos_cq = read_u8(packet, at + 27)};
    at += size;
  }
}

}  // namespace rtp
