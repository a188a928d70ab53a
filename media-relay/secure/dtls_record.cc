#include "media-relay/secure/dtls_record.h"

#include <algorithm>

namespace secure {
namespace {

constexpr std::size_t kRecordHeader = 13;
constexpr std::size_t kHandshakeHeader = 12;
constexpr unsigned kAlert = 21;
constexpr unsigned kHandshake = 22;
constexpr unsigned kClientHello = 1;
// RFC 6347 4.2.2; a hello has two bytes of version and 32 of random at least.
constexpr std::size_t kLeastHello = 34;
constexpr std::size_t kRandom = kHandshakeHeader + 2;

unsigned at(std::span<const std::byte> bytes, std::size_t i) {
  return std::to_integer<unsigned>(bytes[i]);
}
std::size_t number(std::span<const std::byte> bytes, std::size_t i, std::size_t size) {
  std::size_t out = 0;
  for (std::size_t k = 0; k < size; ++k) out = out << 8 | at(bytes, i + k);
  return out;
}

void look_at_hello(std::span<const std::byte> fragment, DtlsOutline& out) {
  if (fragment.size() < kHandshakeHeader + kLeastHello || at(fragment, 0) != kClientHello) return;
  const std::size_t length = number(fragment, 1, 3);
  const std::size_t here = number(fragment, 9, 3);
  if (number(fragment, 6, 3) != 0 || here > length || here + kHandshakeHeader > fragment.size()) return;
  out.client_hello = true;
  std::ranges::copy(fragment.subspan(kRandom, out.random.size()), out.random.begin());
}

}  // namespace

std::optional<DtlsOutline> outline_of(std::span<const std::byte> datagram) {
  std::optional<DtlsOutline> out;
  for (std::span<const std::byte> rest = datagram; !rest.empty();) {
    if (rest.size() < kRecordHeader) return std::nullopt;
    const unsigned type = at(rest, 0);
    const std::size_t length = number(rest, 11, 2);
    // change_cipher_spec to application_data; DTLS 1.0 is what a ClientHello's record is marked with (RFC 6347 4.2.1).
    if (type < 20 || type > 23 || at(rest, 1) != 0xfe || (at(rest, 2) != 0xfd && at(rest, 2) != 0xff) || length == 0 ||
        rest.size() - kRecordHeader < length)
      return std::nullopt;
    if (!out) {
      const bool clear = number(rest, 3, 2) == 0;
      out.emplace();
      out->clear_alert = clear && type == kAlert;
      if (clear && type == kHandshake) look_at_hello(rest.subspan(kRecordHeader, length), *out);
    }
    rest = rest.subspan(kRecordHeader + length);
  }
  return out;
}

}  // namespace secure
