#pragma once
// Requests for a whole picture of video in RTCP: PLI (RFC 4585 6.3.1) and FIR (RFC 5104 4.3.1).

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace rtp {

// Of a compound that read_compound has accepted.
bool asks_for_picture(std::span<const std::byte> compound);

// An empty receiver report of `sender`'s, as a compound begins with one, and its request for a picture of `source`: by
// FIR of this number (RFC 5104 4.3.1.1: another one is another request), or by PLI. Returns the size; `out` must have
// room for kPictureRequestBytes.
inline constexpr std::size_t kPictureRequestBytes = 8 + 20;
struct PictureRequest {
  std::uint32_t sender = 0;
  std::uint32_t source = 0;
  std::optional<std::uint8_t> fir = {};
};
std::size_t write_picture_request(std::span<std::byte> out, const PictureRequest& request);

}  // namespace rtp
