#include "media-relay/rtp/extension.h"

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "media-relay/packet/limits.h"
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

// Calls `each` with the elements that can be read; what cannot, and what follows it, becomes padding.
template <typename F>
void for_each_element(std::span<std::byte> data, bool two_bytes, F&& each) {
  while (!data.empty()) {
    if (data[0] == std::byte{0}) {
      data = data.subspan(1);
      continue;
    }
    const Element element = element_at(data, two_bytes);
    if (element.size == 0) {
      std::ranges::fill(data, std::byte{0});
      return;
    }
    each(element.id, data.first(element.size));
    data = data.subspan(element.size);
  }
}

void renumber(std::span<std::byte> data, bool two_bytes, const ExtensionMap& map) {
  for_each_element(data, two_bytes, [&](unsigned id, std::span<std::byte> element) {
    const unsigned to = map[id];
    if (to == 0)
      std::ranges::fill(element, std::byte{0});
    else
      element[0] = two_bytes ? static_cast<std::byte>(to)
                             : static_cast<std::byte>(to << 4 | (std::to_integer<unsigned>(element[0]) & 0xf));
  });
}

// What leaves of elements of the one-byte form, in the other one and filled up to whole words.
std::size_t widen(std::span<std::byte> data, const ExtensionMap& map, std::span<std::byte> out) {
  std::size_t used = 0;
  for_each_element(data, false, [&](unsigned id, std::span<std::byte> element) {
    if (map[id] == 0 || out.size() - used < element.size() + 4) return;
    out[used++] = static_cast<std::byte>(map[id]);
    out[used++] = static_cast<std::byte>(element.size() - 1);
    std::ranges::copy(element.subspan(1), out.subspan(used).begin());
    used += element.size() - 1;
  });
  while (used % 4 != 0) out[used++] = std::byte{0};
  return used;
}

}  // namespace

std::size_t map_extensions(std::span<std::byte> storage, std::size_t size, const ExtensionMap& map) {
  const auto first = std::to_integer<unsigned>(storage[0]);
  if ((first & 0x10) == 0) return size;
  const std::size_t at = kFixedHeaderBytes + std::size_t{4} * (first & 0xf);
  const std::uint16_t form = read_u16(storage, at);
  const std::span<std::byte> data = storage.subspan(at + 4, std::size_t{4} * read_u16(storage, at + 2));
  const bool two_bytes = (form & 0xfff0) == kTwoByteForm;
  if (form != kOneByteForm && !two_bytes) {
    write_u16(storage, at, kOneByteForm);
    std::ranges::fill(data, std::byte{0});
    return size;
  }
  bool too_high = false;
  if (!two_bytes)
    for_each_element(data, false, [&](unsigned id, std::span<std::byte>) { too_high = too_high || map[id] >= kStop; });
  if (!too_high) {
    renumber(data, two_bytes, map);
    return size;
  }
  std::array<std::byte, packet::kStorageBytes> wide;
  const std::size_t wide_bytes = widen(data, map, wide);
  const std::span<std::byte> behind = storage.subspan(at + 4 + data.size(), size - (at + 4 + data.size()));
  const std::size_t new_size = at + 4 + wide_bytes + behind.size();
  if (new_size > storage.size()) {
    std::ranges::fill(data, std::byte{0});
    return size;
  }
  std::memmove(storage.data() + at + 4 + wide_bytes, behind.data(), behind.size());
  std::ranges::copy(std::span(wide).first(wide_bytes), data.data());
  write_u16(storage, at, kTwoByteForm);
  write_u16(storage, at + 2, static_cast<std::uint16_t>(wide_bytes / 4));
  return new_size;
}

}  // namespace rtp
