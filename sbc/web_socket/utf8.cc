#include "sbc/web_socket/utf8.h"

#include <cstdint>

namespace sbc::web_socket {

bool is_utf8(std::string_view bytes) {
  std::size_t i = 0;
  while (i < bytes.size()) {
    const auto lead = static_cast<std::uint8_t>(bytes[i++]);
    if (lead < 0x80) continue;
    const unsigned more = lead >= 0xf0 ? 3 : lead >= 0xe0 ? 2 : 1;
    if (lead < 0xc2 || lead > 0xf4 || bytes.size() - i < more) return false;
    const auto second = static_cast<std::uint8_t>(bytes[i]);
    const std::uint8_t least = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
    const std::uint8_t most = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
    if (second < least || second > most) return false;
    for (unsigned k = 1; k < more; ++k)
      if ((static_cast<std::uint8_t>(bytes[i + k]) & 0xc0) != 0x80) return false;
    i += more;
  }
  return true;
}

}  // namespace sbc::web_socket
