#include "media-relay/rtp/extension.h"

#include <algorithm>
#include <cstdint>

#include "media-relay/rtp/header.h"
#include "media-relay/rtp/wire.h"

namespace rtp {
namespace {

constexpr std::uint16_t kOneByteForm = 0xbede;
constexpr std::uint16_t kTwoByteForm = 0x1000;  // and four bits of an application's own
constexpr unsigned kStop = 15;                  // RFC 8285 4.2: what follows is to be ignored

struct Element {
  unsigned id = 0;
  std::size_t size = 0;  // with its header
};

// Not a padding byte. Size 0: it does not fit.
Element element_at(std::span<const std::byte> data, bool two_bytes) {
  const auto first = std::to_integer<unsigned>(data[0]);
  if (two_bytes) {
    if (data.size() < 2) return {first, 0};
    const std::size_t size = 2 + std::to_integer<std::size_t>(data[1]);
    return {first, size <= data.size() ? size : 0};
  }
  const std::size_t size = 2 + std::size_t{first & 0xf};
  if (first >> 4 == kStop) return {kStop, 0};
  return {first >> 4, size <= data.size() ? size : 0};
}

}  // namespace

void keep_extensions(std::span<std::byte> packet, const ExtensionIds& kept) {
  const auto first = std::to_integer<unsigned>(packet[0]);
  if ((first & 0x10) == 0) return;
  const std::size_t at = kFixedHeaderBytes + std::size_t{4} * (first & 0xf);
  const std::uint16_t form = read_u16(packet, at);
  std::span<std::byte> data = packet.subspan(at + 4, std::size_t{4} * read_u16(packet, at + 2));
  const bool two_bytes = (form & 0xfff0) == kTwoByteForm;
  if (form != kOneByteForm && !two_bytes) {
    packet[at] = std::byte{kOneByteForm >> 8};
    packet[at + 1] = std::byte{kOneByteForm & 0xff};
    std::ranges::fill(data, std::byte{0});
    return;
  }
  while (!data.empty()) {
    if (data[0] == std::byte{0}) {
      data = data.subspan(1);
      continue;
    }
    const Element element = element_at(data, two_bytes);
    const std::size_t size = element.size == 0 ? data.size() : element.size;
    if (element.size == 0 || !kept[element.id]) std::ranges::fill(data.first(size), std::byte{0});
    data = data.subspan(size);
  }
}

}  // namespace rtp
