#include "media-relay/rtp/sdes.h"

#include <algorithm>
#include <string_view>

#include "media-relay/rtp/rtcp.h"

namespace rtp {
namespace {

constexpr std::uint8_t kEnd = 0;
constexpr std::uint8_t kCname = 1;
constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyz234567";

void blank(std::span<std::byte> text) {
  std::fill(text.begin(), text.end(), std::byte{' '});
}

void replace_cname(std::span<std::byte> text, const base::HashKey& key) {
  const std::string_view name(reinterpret_cast<const char*>(text.data()), text.size());
  std::uint64_t hash = base::siphash(key, name);
  std::uint64_t word = hash;
  unsigned left = 12;  // letters of five bits in a word
  for (std::byte& b : text) {
    if (left == 0) {
      hash = base::siphash(key, {reinterpret_cast<const char*>(&hash), sizeof hash});
      word = hash;
      left = 12;
    }
    b = static_cast<std::byte>(kLetters[word & 31]);
    word >>= 5;
    --left;
  }
}

// RFC 3550 6.5: chunks of SSRC and items; a chunk ends with a null item and padding to the next word.
void hide_chunks(std::span<std::byte> body, const base::HashKey& key) {
  std::size_t at = 0;
  while (at + 4 <= body.size()) {
    at += 4;  // SSRC
    while (at < body.size() && read_u8(body, at) != kEnd) {
      if (at + 2 > body.size()) return blank(body.subspan(at));
      const std::uint8_t type = read_u8(body, at);
      const std::size_t size = read_u8(body, at + 1);
      at += 2;
      // An item that runs out of its packet cannot be read, nor may it pass as it is.
      if (size > body.size() - at) return blank(body.subspan(at));
      if (type == kCname) {
        replace_cname(body.subspan(at, size), key);
      } else {
        blank(body.subspan(at, size));
      }
      at += size;
    }
    at = at / 4 * 4 + 4;  // past the null item, to the next word
  }
}

// RFC 3550 6.6: the sources that leave, then perhaps a length and the reason in words.
void hide_reason(std::span<std::byte> body, std::size_t sources) {
  const std::size_t at = sources * 4;
  if (at >= body.size()) return;
  const std::size_t size = std::min<std::size_t>(read_u8(body, at), body.size() - at - 1);
  blank(body.subspan(at + 1, size));
}

}  // namespace

void hide_names(std::span<std::byte> compound, const base::HashKey& key) {
  std::size_t at = 0;
  while (const auto p = read_rtcp_packet(compound, at)) {
    const auto body = compound.subspan(p->offset + kRtcpHeaderBytes, p->size - kRtcpHeaderBytes);
    if (p->type == kSourceDescription) hide_chunks(body, key);
    if (p->type == kBye) hide_reason(body, p->count);
    at += p->size;
  }
}

}  // namespace rtp
