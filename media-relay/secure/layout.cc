#include "media-relay/secure/layout.h"

namespace secure {
namespace {

constexpr std::size_t kFixedBytes = 12;
constexpr std::size_t kWord = 4;

unsigned byte_at(std::span<const std::byte> bytes, std::size_t at) {
  return std::to_integer<unsigned>(bytes[at]);
}

}  // namespace

std::uint32_t read_word(std::span<const std::byte> bytes, std::size_t at) {
  return byte_at(bytes, at) << 24 | byte_at(bytes, at + 1) << 16 | byte_at(bytes, at + 2) << 8 | byte_at(bytes, at + 3);
}

std::optional<RtpLayout> read_rtp_layout(std::span<const std::byte> packet) {
  if (packet.size() < kFixedBytes || byte_at(packet, 0) >> 6 != 2) return std::nullopt;
  RtpLayout out;
  out.ssrc = read_word(packet, 8);
  out.sequence = static_cast<std::uint16_t>(byte_at(packet, 2) << 8 | byte_at(packet, 3));
  out.header_bytes = kFixedBytes + kWord * (byte_at(packet, 0) & 0x0f);
  if ((byte_at(packet, 0) & 0x10) != 0) {  // RFC 3550 5.3.1
    if (out.header_bytes + kWord > packet.size()) return std::nullopt;
    out.header_bytes += kWord + kWord * (read_word(packet, out.header_bytes) & 0xffff);
  }
  if (out.header_bytes > packet.size()) return std::nullopt;
  return out;
}

std::optional<RtcpLayout> read_rtcp_layout(std::span<const std::byte> packet) {
  if (packet.size() < kRtcpClearBytes || byte_at(packet, 0) >> 6 != 2) return std::nullopt;
  return RtcpLayout{read_word(packet, 4)};
}

Tail rtp_tail(const Traits& traits, std::size_t mki_bytes) {
  return {traits.rtp_tag_bytes + mki_bytes, traits.aead ? traits.rtp_tag_bytes : 0, 0};
}

Tail rtcp_tail(const Traits& traits, std::size_t mki_bytes) {
  const std::size_t tag = traits.rtcp_tag_bytes;
  if (traits.aead) return {tag + kWord + mki_bytes, tag + kWord, tag};
  return {tag + kWord + mki_bytes, kWord, 0};
}

}  // namespace secure
