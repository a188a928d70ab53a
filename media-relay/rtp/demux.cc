#include "media-relay/rtp/demux.h"

namespace rtp {

Kind classify(std::span<const std::byte> datagram) {
  if (datagram.empty()) return Kind::Empty;
  const auto first = std::to_integer<unsigned>(datagram[0]);
  if (first >= 128 && first <= 191) {
    if (datagram.size() < 2) return Kind::Unknown;
    const auto second = std::to_integer<unsigned>(datagram[1]);
    return second >= 192 && second <= 223 ? Kind::Rtcp : Kind::Rtp;
  }
  if (first <= 3) return Kind::Stun;
  if (first >= 16 && first <= 19) return Kind::Zrtp;
  if (first >= 20 && first <= 63) return Kind::Dtls;
  if (first >= 64 && first <= 79) return Kind::TurnChannel;
  return Kind::Unknown;
}

}  // namespace rtp
