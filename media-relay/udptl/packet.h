#pragma once
// UDPTL, the transport of fax over IP (ITU-T T.38, 9.1 and Annex A): what stands in a datagram, checked as a whole.
//
//    0                   1
//    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5
//   +-------------------------------+----------+-----------------+---------------+------------------+
//   |        sequence number        |  length  | primary packet  | 0 or 1, 7 x 0 | error recovery   |
//   +-------------------------------+----------+-----------------+---------------+------------------+
//
// in the aligned form of PER (ITU-T X.691): lengths are of one octet below 128, of two (10xxxxxx) below 16384. Error
// recovery is either a list of earlier packets (0) or parity over a span of them (1).

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace udptl {

struct Header {
  std::uint16_t sequence = 0;
  std::size_t primary_bytes = 0;
  std::size_t recovery = 0;  // earlier packets that are repeated, or octet strings of parity
  bool parity = false;
};

// nullopt unless the datagram is one whole packet: nothing missing, nothing left over. RTP, RTCP, STUN and DTLS hardly
// ever are.
std::optional<Header> read_header(std::span<const std::byte> datagram);

}  // namespace udptl
