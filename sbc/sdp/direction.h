#pragma once
// Media direction (RFC 8866 6.7, RFC 3264 5.1), seen from the side that wrote it.

#include <cstdint>
#include <string_view>

namespace sbc::sdp {

// Bit 0: sends, bit 1: receives.
enum class Direction : std::uint8_t { Inactive = 0, SendOnly = 1, RecvOnly = 2, SendRecv = 3 };

constexpr bool sends(Direction d) {
  return (static_cast<std::uint8_t>(d) & 1U) != 0;
}
constexpr bool receives(Direction d) {
  return (static_cast<std::uint8_t>(d) & 2U) != 0;
}
constexpr Direction direction_of(bool send, bool receive) {
  return static_cast<Direction>((send ? 1U : 0U) | (receive ? 2U : 0U));
}
// What the other side does when this side does `d`.
constexpr Direction reversed(Direction d) {
  return direction_of(receives(d), sends(d));
}
// What both allow.
constexpr Direction common(Direction a, Direction b) {
  return static_cast<Direction>(static_cast<std::uint8_t>(a) & static_cast<std::uint8_t>(b));
}
// "sendrecv", "sendonly", "recvonly", "inactive".
constexpr std::string_view name_of(Direction d) {
  switch (d) {
    case Direction::Inactive:
      return "inactive";
    case Direction::SendOnly:
      return "sendonly";
    case Direction::RecvOnly:
      return "recvonly";
    case Direction::SendRecv:
      break;
  }
  return "sendrecv";
}

}  // namespace sbc::sdp
