#include "media-relay/flow/media_report.h"

#include <algorithm>
#include <cstring>

#include "media-relay/rtp/report.h"
#include "media-relay/rtp/rtcp.h"

namespace flow {
namespace {

// RFC 3550 6.4.1.
constexpr std::size_t kSenderBytes = 28;
constexpr std::size_t kReceiverBytes = 8;
constexpr std::size_t kBlockBytes = 24;
constexpr std::uint8_t kTransportFeedback = 205;  // RFC 4585 6.1
constexpr std::uint8_t kPayloadFeedback = 206;

std::uint32_t get32(std::span<const std::byte> bytes, std::size_t at) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) value = value << 8 | static_cast<std::uint32_t>(bytes[at + i]);
  return value;
}
void put32(std::span<std::byte> bytes, std::size_t at, std::uint32_t value) {
  for (std::size_t i = 4; i-- > 0; value >>= 8) bytes[at + i] = static_cast<std::byte>(value & 0xff);
}

// RFC 3611 4.
constexpr std::size_t kExtendedBytes = 8;
constexpr unsigned kReferenceTime = 4;
constexpr unsigned kDelays = 5;
constexpr unsigned kVoipMetrics = 7;
constexpr std::size_t kVoipBytes = 36;
constexpr std::size_t kVoipLoss = 8;

// What was lost on both sections of the way, in 256ths.
std::uint8_t both(unsigned first, unsigned second) {
  return static_cast<std::uint8_t>(std::min(first + second - first * second / 256, 255U));
}

void change_sender(std::span<std::byte> report, const Transcoder& sent) {
  put32(report, 16, sent.timestamp_of(get32(report, 16)));
  put32(report, 20, sent.packets());
  put32(report, 24, sent.octets());
}

// Numbers and loss as the source counts them; the times in it stay, since NTP times go through.
void change_block(std::span<std::byte> block, const ReportChange& change) {
  const unsigned fraction = static_cast<unsigned>(block[4]);
  const auto lost = static_cast<std::int32_t>(get32(block, 4) << 8) / 256;
  const std::int64_t sum = std::clamp<std::int64_t>(lost + change.reception->lost(), -0x800000, 0x7fffff);
  put32(block, 4,
        std::uint32_t{both(change.report->fraction_lost(*change.reception), fraction)} << 24 |
            (static_cast<std::uint32_t>(sum) & 0xffffff));
  put32(block, 8, change.reception->extended_highest());
  const std::uint64_t jitter = get32(block, 12);
  put32(block, 12, static_cast<std::uint32_t>(jitter * change.heard->clock_from() / change.heard->clock_to()));
}

// Returns the size that is left of a report: one block is about the stream that we make, others are about none.
std::size_t change_report(std::span<std::byte> packet, const rtp::RtcpPacket& shape, const ReportChange& change) {
  const bool is_sender = shape.type == rtp::kSenderReport;
  const std::size_t fixed = is_sender ? kSenderBytes : kReceiverBytes;
  if (packet.size() < fixed) return 0;
  if (is_sender && change.sent != nullptr) change_sender(packet, *change.sent);
  if (change.heard == nullptr) return packet.size();
  const bool has_block = shape.count > 0 && packet.size() >= fixed + kBlockBytes && change.reception->started();
  if (has_block) change_block(packet.subspan(fixed, kBlockBytes), change);
  const std::size_t size = fixed + (has_block ? kBlockBytes : 0);
  packet[0] = static_cast<std::byte>(0x80 | (has_block ? 1 : 0));
  packet[2] = std::byte{0};
  packet[3] = static_cast<std::byte>(size / 4 - 1);
  return size;
}

// RFC 3611 4.7.1: since the stream began.
unsigned lost_so_far(const rtp::Reception& reception) {
  const auto expected = static_cast<std::int64_t>(reception.expected());
  if (expected <= 0 || reception.lost() <= 0) return 0;
  return static_cast<unsigned>(std::min<std::int64_t>(reception.lost() * 256 / expected, 255));
}

// Of its blocks those that are true for the source, too. Returns the size that is left.
std::size_t change_extended(std::span<std::byte> packet, const ReportChange& change) {
  if (packet.size() < kExtendedBytes) return 0;
  std::size_t out = kExtendedBytes;
  for (std::size_t at = kExtendedBytes; at + 4 <= packet.size();) {
    const auto kind = static_cast<unsigned>(packet[at]);
    const std::size_t size = 4 + 4 * (get32(packet, at) & 0xffff);
    if (size > packet.size() - at) break;
    const auto block = packet.subspan(at, size);
    at += size;
    const bool opinion = kind == kVoipMetrics && size == kVoipBytes;
    if (!opinion && kind != kReferenceTime && kind != kDelays) continue;
    if (opinion && change.reception->started())
      block[kVoipLoss] = std::byte{both(lost_so_far(*change.reception), static_cast<unsigned>(block[kVoipLoss]))};
    std::memmove(packet.data() + out, block.data(), size);
    out += size;
  }
  if (out == kExtendedBytes) return 0;
  packet[2] = static_cast<std::byte>((out / 4 - 1) >> 8);
  packet[3] = static_cast<std::byte>((out / 4 - 1) & 0xff);
  return out;
}

}  // namespace

std::uint8_t ReceptionReport::fraction_lost(const rtp::Reception& reception) {
  const auto expected = static_cast<std::int64_t>(reception.expected() - expected_);
  const std::int64_t lost = reception.lost() - lost_;
  expected_ = reception.expected();
  lost_ = reception.lost();
  if (expected <= 0 || lost <= 0) return 0;
  return static_cast<std::uint8_t>(std::min<std::int64_t>(lost * 256 / expected, 255));
}

std::size_t change_reports(std::span<std::byte> compound, const ReportChange& change) {
  std::size_t out = 0;
  for (std::size_t at = 0; at < compound.size();) {
    const auto shape = rtp::read_rtcp_packet(compound, at);
    if (!shape) break;
    at += shape->size;
    const auto packet = compound.subspan(shape->offset, shape->size);
    std::size_t kept = packet.size();
    if (shape->type == rtp::kSenderReport || shape->type == rtp::kReceiverReport)
      kept = change_report(packet, *shape, change);
    else if (shape->type == rtp::kExtendedReport && change.heard != nullptr)
      kept = change_extended(packet, change);
    else if (shape->type == kTransportFeedback || shape->type == kPayloadFeedback)
      kept = change.heard == nullptr ? kept : 0;
    std::memmove(compound.data() + out, packet.data(), kept);
    out += kept;
  }
  return out;
}

}  // namespace flow
