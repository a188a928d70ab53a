// rooms: replay
// Whatever the file: payloads lie inside of it, addresses are there, and reading comes to an end.

#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "sbc/replay/hep.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view file(reinterpret_cast<const char*>(data), size);
  sbc::replay::HepReader reader(file);
  std::size_t packets = 0;
  while (const auto packet = reader.next()) {
    if (++packets > size || packet->from.empty() || packet->to.empty()) std::abort();
    const auto payload = packet->payload;
    if (!payload.empty() &&
        (payload.data() < file.data() || payload.data() + payload.size() > file.data() + file.size()))
      std::abort();
  }
  return 0;
}
