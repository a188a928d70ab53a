#include "media-relay/rtp/media_id.h"

#include <algorithm>
#include <cstring>

#include "media-relay/rtp/header.h"
#include "media-relay/rtp/wire.h"

namespace rtp {
namespace {

constexpr std::uint16_t kOneByteForm = 0xbede;
constexpr std::uint16_t kTwoByteForm = 0x1000;  // and four bits of an application's own
constexpr unsigned kStop = 15;                  // RFC 8285 4.2: what follows is to be ignored
constexpr std::size_t kWord = 4;
constexpr unsigned kExtensionBit = 0x10;

std::size_t in_words(std::size_t bytes) {
  return (bytes + kWord - 1) / kWord * kWord;
}

struct Extension {
  std::size_t at = 0;    // of its header in the packet
  std::size_t size = 0;  // behind the header; whole words
  bool present = false;
  bool readable = false;
  bool two_bytes = false;
};

Extension extension_of(std::span<const std::byte> packet) {
  const auto first = std::to_integer<unsigned>(packet[0]);
  Extension out;
  out.at = kFixedHeaderBytes + kWord * (first & 0xf);
  out.present = (first & kExtensionBit) != 0;
  if (!out.present) return out;
  const std::uint16_t form = read_u16(packet, out.at);
  out.size = kWord * read_u16(packet, out.at + 2);
  out.two_bytes = (form & 0xfff0) == kTwoByteForm;
  out.readable = out.two_bytes || form == kOneByteForm;
  return out;
}

// Calls `each` with identifier and data of the elements that can be read, until it says true. Returns where the last
// one ends.
template <typename F>
std::size_t for_each_element(std::span<const std::byte> data, bool two_bytes, F&& each) {
  std::size_t end = 0;
  for (std::size_t at = 0; at < data.size();) {
    const auto first = std::to_integer<unsigned>(data[at]);
    if (first == 0) {
      ++at;
      continue;
    }
    const std::size_t header = two_bytes ? 2 : 1;
    if (at + header > data.size() || (!two_bytes && first >> 4 == kStop)) break;
    const std::size_t size = two_bytes ? std::to_integer<std::size_t>(data[at + 1]) : std::size_t{first & 0xf} + 1;
    if (at + header + size > data.size()) break;
    if (each(two_bytes ? first : first >> 4, data.subspan(at + header, size))) break;
    at += header + size;
    end = at;
  }
  return end;
}

void write_element(std::span<std::byte> out, bool two_bytes, std::uint8_t id, std::string_view name) {
  std::ranges::fill(out, std::byte{0});
  out[0] = static_cast<std::byte>(two_bytes ? id : id << 4 | (name.size() - 1));
  if (two_bytes) out[1] = static_cast<std::byte>(name.size());
  std::memcpy(out.data() + (two_bytes ? 2 : 1), name.data(), name.size());
}

}  // namespace

std::optional<std::string_view> read_media_id(std::span<const std::byte> packet, std::uint8_t id) {
  const Extension extension = extension_of(packet);
  if (!extension.readable) return std::nullopt;
  std::optional<std::string_view> found;
  for_each_element(packet.subspan(extension.at + kWord, extension.size), extension.two_bytes,
                   [&](unsigned element, std::span<const std::byte> data) {
                     if (element != id) return false;
                     found = std::string_view(reinterpret_cast<const char*>(data.data()), data.size());
                     return true;
                   });
  return found;
}

std::size_t write_media_id(std::span<std::byte> storage, std::size_t size, std::uint8_t id, std::string_view name) {
  const Extension extension = extension_of(storage.first(size));
  if (extension.present && !extension.readable) return size;
  const std::size_t element = (extension.two_bytes ? 2 : 1) + name.size();
  std::size_t used = 0;
  if (extension.present)
    used = for_each_element(storage.subspan(extension.at + kWord, extension.size), extension.two_bytes,
                            [](unsigned, std::span<const std::byte>) { return false; });
  const std::size_t words = std::max(extension.size, in_words(used + element));
  const std::size_t growth = words - extension.size + (extension.present ? 0 : kWord);
  if (size + growth > storage.size()) return size;
  const std::size_t behind = extension.at + (extension.present ? kWord + extension.size : 0);
  std::memmove(storage.data() + behind + growth, storage.data() + behind, size - behind);
  if (!extension.present) {
    storage[0] |= std::byte{kExtensionBit};
    write_u16(storage, extension.at, kOneByteForm);
  }
  write_u16(storage, extension.at + 2, static_cast<std::uint16_t>(words / kWord));
  write_element(storage.subspan(extension.at + kWord + used, words - used), extension.two_bytes, id, name);
  return size + growth;
}

}  // namespace rtp
