#pragma once
// The name of a media line in RTP packets (MID: RFC 9143 15, a header extension by RFC 8285), by which lines that share
// a transport are told apart where their payload types do not do it.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace rtp {

// Of a packet that read_header has accepted, under this identifier, 1 to 14; nullopt: it has none. A view of the
// packet.
std::optional<std::string_view> read_media_id(std::span<const std::byte> packet, std::uint8_t id);

// What write_media_id adds at most: the extension's header, the element and what fills up its last word.
inline constexpr std::size_t kMaxMediaIdBytes = 16;
inline constexpr std::size_t kMaxMediaIdGrowth = 4 + 20;

// Puts it into a packet that read_header has accepted, which must not have one under this identifier, and returns the
// packet's new size. Where `storage` has no room, or the packet an extension of another form (RFC 3550 5.3.1), the
// packet stays as it is.
std::size_t write_media_id(std::span<std::byte> storage, std::size_t size, std::uint8_t id, std::string_view name);

}  // namespace rtp
