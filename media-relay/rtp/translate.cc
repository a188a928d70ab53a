#include "media-relay/rtp/translate.h"

#include <algorithm>
#include <cstring>
#include <string_view>

#include "media-relay/rtp/report.h"
#include "media-relay/rtp/rtcp.h"

namespace rtp {
namespace {

constexpr std::uint8_t kTransportFeedback = 205;  // RFC 4585 6.1
constexpr std::uint8_t kPayloadFeedback = 206;
constexpr std::size_t kSenderInfo = 8;
constexpr std::size_t kSenderInfoBytes = 20;
constexpr std::size_t kBlockBytes = 24;
constexpr std::size_t kEntries = 12;  // of feedback: what its kind adds begins here

class Translator {
 public:
  Translator(std::span<std::byte> compound, const Direction& direction) : all_(compound), d_(direction) {}

  std::optional<std::size_t> run() {
    std::size_t at = 0;
    while (const auto packet = read_rtcp_packet(all_, at)) {
      take(*packet);
      at += packet->size;
    }
    if (kept_ == 0) return std::nullopt;
    return kept_;
  }

 private:
  void take(const RtcpPacket& packet) {
    const auto bytes = all_.subspan(packet.offset, packet.size);
    if (bytes.size() >= 8 && packet.type != kSourceDescription && packet.type != kBye) {
      if (d_.forward != nullptr && packet.type != kSenderReport) write_u32(bytes, 4, d_.forward->ssrc());
    }
    switch (packet.type) {
      case kSenderReport:
      case kReceiverReport:
        return keep(report(packet, bytes));
      case kSourceDescription:
        name(packet, bytes);
        return keep(bytes);
      case kBye:
        if (d_.forward == nullptr) keep(bytes);
        return;
      case kExtendedReport:
        return keep(extended(bytes));
      case kTransportFeedback:
      case kPayloadFeedback:
        return keep(feedback(packet, bytes));
      default:
        return keep(bytes);
    }
  }

  // Packets only ever shrink, so that what is kept never runs into what is still to be read.
  void keep(std::span<std::byte> bytes) {
    if (bytes.empty()) return;
    std::memmove(all_.data() + kept_, bytes.data(), bytes.size());
    kept_ += bytes.size();
  }

  static std::span<std::byte> resized(std::span<std::byte> bytes, std::size_t size) {
    write_u16(bytes, 2, static_cast<std::uint16_t>(size / 4 - 1));
    return bytes.first(size);
  }

  std::span<std::byte> report(const RtcpPacket& packet, std::span<std::byte> bytes) {
    std::size_t blocks = kSenderInfo;
    if (packet.type == kSenderReport) {
      if (bytes.size() < kSenderInfo + kSenderInfoBytes) return {};
      blocks += kSenderInfoBytes;
      if (d_.forward != nullptr) {
        const OutgoingStream& stream = *d_.forward;
        const bool known = stream.is_source(read_u32(bytes, 4));
        write_u32(bytes, 4, stream.ssrc());
        if (known) {
          write_u32(bytes, 16, stream.timestamp_of(read_u32(bytes, 16)));
          write_u32(bytes, 20, stream.state().packets);
          write_u32(bytes, 24, stream.state().octets);
        } else {
          bytes[1] = static_cast<std::byte>(kReceiverReport);
          std::memmove(bytes.data() + kSenderInfo, bytes.data() + blocks, bytes.size() - blocks);
          bytes = bytes.first(bytes.size() - kSenderInfoBytes);
          blocks = kSenderInfo;
        }
      }
    }
    if (bytes.size() < blocks) return {};
    return report_blocks(packet.count, bytes, blocks);
  }

  std::span<std::byte> report_blocks(std::size_t count, std::span<std::byte> bytes, std::size_t at) {
    count = std::min(count, (bytes.size() - at) / kBlockBytes);
    // Extensions of a profile follow the blocks (RFC 3550 6.4.3); nobody knows what is in them.
    std::size_t end = at;
    std::uint8_t kept = 0;
    for (std::size_t i = 0; i < count; ++i) {
      const auto block = bytes.subspan(at + i * kBlockBytes, kBlockBytes);
      if (!report_block(block)) continue;
      std::memmove(bytes.data() + end, block.data(), kBlockBytes);
      end += kBlockBytes;
      ++kept;
    }
    bytes[0] = static_cast<std::byte>((read_u8(bytes, 0) & 0xe0) | kept);
    return resized(bytes, end);
  }

  bool report_block(std::span<std::byte> block) {
    if (d_.backward == nullptr) return true;
    if (!to_source(block, 0)) return false;
    const auto number = d_.backward->source_sequence(read_u16(block, 10));
    if (!number) return false;
    write_u32(block, 8, *number);
    return true;
  }

  // The SSRC of our stream becomes that of its source. False when it is something else.
  bool to_source(std::span<std::byte> bytes, std::size_t at) {
    if (d_.backward == nullptr) return true;
    if (read_u32(bytes, at) != d_.backward->ssrc() || !d_.backward->source()) return false;
    write_u32(bytes, at, *d_.backward->source());
    return true;
  }

  bool to_source_sequence(std::span<std::byte> bytes, std::size_t at) {
    if (d_.backward == nullptr) return true;
    const auto number = d_.backward->source_sequence(read_u16(bytes, at));
    if (!number) return false;
    write_u16(bytes, at, static_cast<std::uint16_t>(*number & 0xffff));
    return true;
  }

  // The speaker comes first; chunks of others (RFC 3550 6.5) are about sources that we do not carry.
  void name(const RtcpPacket& packet, std::span<std::byte> bytes) {
    if (d_.forward != nullptr && packet.count != 0 && bytes.size() >= 8) write_u32(bytes, 4, d_.forward->ssrc());
  }

  // RFC 3611 3 and 4.
  std::span<std::byte> extended(std::span<std::byte> bytes) {
    if (bytes.size() < 8) return {};
    std::size_t end = 8;
    for (std::size_t at = 8; at + 4 <= bytes.size();) {
      const std::size_t size = 4 + std::size_t{4} * read_u16(bytes, at + 2);
      if (size > bytes.size() - at) break;
      if (extended_block(bytes.subspan(at, size))) {
        std::memmove(bytes.data() + end, bytes.data() + at, size);
        end += size;
      }
      at += size;
    }
    return end == 8 ? std::span<std::byte>{} : resized(bytes, end);
  }

  bool extended_block(std::span<std::byte> block) {
    constexpr std::size_t kVoipBytes = 36;
    switch (read_u8(block, 0)) {
      case 1:  // loss RLE
      case 2:  // duplicate RLE
      case 3:  // packet receipt times
      case 6:  // statistics summary
        if (block.size() < 12) return false;
        return to_source(block, 4) && to_source_sequence(block, 8) && to_source_sequence(block, 10);
      case 4:  // receiver reference time
        return true;
      case 5: {  // DLRR: a delay for each of the receivers that it names
        bool any = false;
        for (std::size_t at = 4; at + 12 <= block.size(); at += 12) any = to_source(block, at) || any;
        return any;
      }
      case 7:  // VoIP metrics
        return block.size() == kVoipBytes && to_source(block, 4);
      default:
        // What is not known may name sources and numbers that are not true over there (RFC 8079 3.2).
        return false;
    }
  }

  std::span<std::byte> feedback(const RtcpPacket& packet, std::span<std::byte> bytes) {
    if (bytes.size() < kEntries) return {};
    // RFC 8079 3.2: a media source of zero stays.
    if (read_u32(bytes, 8) != 0 && !to_source(bytes, 8)) return {};
    if (packet.type == kTransportFeedback) return transport_feedback(packet.count, bytes);
    return payload_feedback(packet.count, bytes);
  }

  std::span<std::byte> transport_feedback(std::uint8_t format, std::span<std::byte> bytes) {
    constexpr std::uint8_t kNack = 1;
    constexpr std::uint8_t kTmmbr = 3;
    constexpr std::uint8_t kTmmbn = 4;
    if (format == kNack)
      for (std::size_t at = 12; at + 4 <= bytes.size(); at += 4)
        if (!to_source_sequence(bytes, at)) return {};
    if (format == kTmmbr || format == kTmmbn) return sources_in(bytes, kEntries, 8);
    return bytes;
  }

  std::span<std::byte> payload_feedback(std::uint8_t format, std::span<std::byte> bytes) {
    constexpr std::uint8_t kFirst = 4;  // FIR, TSTR, TSTN, VBCM: RFC 5104 4.3
    constexpr std::uint8_t kFixed = 6;
    constexpr std::uint8_t kVideoBackChannel = 7;
    constexpr std::uint8_t kApplication = 15;
    if (format >= kFirst && format <= kFixed) return sources_in(bytes, kEntries, 8);
    if (format == kVideoBackChannel) return bytes.size() >= 16 && to_source(bytes, 12) ? bytes : std::span<std::byte>{};
    // REMB: a name, a count and a rate, then the sources.
    if (format != kApplication || bytes.size() < 20 || std::memcmp(bytes.data() + 12, "REMB", 4) != 0) return bytes;
    const auto kept = sources_in(bytes, 20, 4);
    if (kept.size() != bytes.size() && !kept.empty()) kept[16] = static_cast<std::byte>((kept.size() - 20) / 4);
    return kept;
  }

  // Entries that begin with an SSRC. Those of other streams, which a peer may name beside ours where several lines
  // share a transport, are left out.
  std::span<std::byte> sources_in(std::span<std::byte> bytes, std::size_t first, std::size_t entry) {
    std::size_t end = first;
    std::size_t at = first;
    for (; at + entry <= bytes.size(); at += entry) {
      if (!to_source(bytes, at)) continue;
      std::memmove(bytes.data() + end, bytes.data() + at, entry);
      end += entry;
    }
    if (end == at) return bytes;
    return end == first ? std::span<std::byte>{} : resized(bytes, end);
  }

  std::span<std::byte> all_;
  const Direction& d_;
  std::size_t kept_ = 0;
};

constexpr std::size_t kNames = 20;  // header, SSRC, CNAME of 8 letters, end and padding

// Into bytes that are zero.
void write_names(std::span<std::byte> out, std::uint32_t ssrc) {
  constexpr std::string_view kLetters = "abcdefghijklmnop";
  write_u16(out, 0, 0x81 << 8 | kSourceDescription);
  write_u16(out, 2, 4);
  write_u32(out, 4, ssrc);
  out[8] = std::byte{1};  // CNAME
  out[9] = std::byte{8};
  for (unsigned i = 0; i < 8; ++i) out[10 + i] = static_cast<std::byte>(kLetters[ssrc >> (28 - 4 * i) & 0xf]);
}

}  // namespace

std::optional<std::size_t> translate(std::span<std::byte> compound, const Direction& direction) {
  return Translator(compound, direction).run();
}

std::size_t write_own_report(std::span<std::byte> out, const OutgoingStream& stream, base::Instant now) {
  std::fill_n(out.begin(), kOwnReportBytes, std::byte{0});
  write_u16(out, 0, 0x80 << 8 | kSenderReport);
  write_u16(out, 2, 6);
  write_u32(out, 4, stream.ssrc());
  constexpr std::uint64_t kSecond = 1'000'000'000;
  const auto since = static_cast<std::uint64_t>(now.time_since_epoch().count());
  write_u32(out, 8, static_cast<std::uint32_t>(since / kSecond));
  write_u32(out, 12, static_cast<std::uint32_t>((since % kSecond << 32) / kSecond));
  write_u32(out, 16, stream.media_time(now));
  write_u32(out, 20, stream.state().packets);
  write_u32(out, 24, stream.state().octets);
  write_names(out.subspan(kSenderInfo + kSenderInfoBytes), stream.ssrc());
  return kOwnReportBytes;
}

std::size_t write_farewell(std::span<std::byte> out, std::uint32_t ssrc) {
  constexpr std::size_t kReport = 8;
  std::fill_n(out.begin(), kFarewellBytes, std::byte{0});
  write_u16(out, 0, 0x80 << 8 | kReceiverReport);
  write_u16(out, 2, 1);
  write_u32(out, 4, ssrc);
  write_names(out.subspan(kReport), ssrc);
  const auto bye = out.subspan(kReport + kNames);
  write_u16(bye, 0, 0x81 << 8 | kBye);
  write_u16(bye, 2, 1);
  write_u32(bye, 4, ssrc);
  return kFarewellBytes;
}

}  // namespace rtp
