#include "media-relay/rtp/picture.h"

#include <algorithm>

#include "media-relay/rtp/rtcp.h"
#include "media-relay/rtp/wire.h"

namespace rtp {
namespace {

constexpr std::uint8_t kPli = 1;
constexpr std::uint8_t kFir = 4;
constexpr std::size_t kReportBytes = 8;

}  // namespace

bool asks_for_picture(std::span<const std::byte> compound) {
  std::size_t at = 0;
  while (const auto p = read_rtcp_packet(compound, at)) {
    if (p->type == kPayloadFeedback && (p->count == kPli || p->count == kFir)) return true;
    at += p->size;
  }
  return false;
}

//    0                   1                   2                   3
//    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |V=2|P|   FMT   |       PT      |          length               |
//   |                  SSRC of packet sender                        |
//   |                  SSRC of media source                         |   (RFC 4585 6.1; FIR: 0, and an entry behind it)
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
std::size_t write_picture_request(std::span<std::byte> out, const PictureRequest& request) {
  std::ranges::fill(out.first(kPictureRequestBytes), std::byte{0});
  write_u16(out, 0, 0x80 << 8 | kReceiverReport);
  write_u16(out, 2, 1);
  write_u32(out, 4, request.sender);
  const auto feedback = out.subspan(kReportBytes);
  write_u32(feedback, 4, request.sender);
  if (!request.fir) {
    write_u16(feedback, 0, static_cast<std::uint16_t>((0x80 | kPli) << 8 | kPayloadFeedback));
    write_u16(feedback, 2, 2);
    write_u32(feedback, 8, request.source);
    return kReportBytes + 12;
  }
  write_u16(feedback, 0, static_cast<std::uint16_t>((0x80 | kFir) << 8 | kPayloadFeedback));
  write_u16(feedback, 2, 4);
  write_u32(feedback, 12, request.source);
  feedback[16] = static_cast<std::byte>(*request.fir);
  return kPictureRequestBytes;
}

}  // namespace rtp
