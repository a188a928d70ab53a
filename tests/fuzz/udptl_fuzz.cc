// rooms: udptl
// A packet that is read has all its parts inside of the datagram.

#include <cstdint>
#include <cstdlib>
#include <span>

#include "media-relay/udptl/packet.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = std::as_bytes(std::span(data, size));
  const auto header = udptl::read_header(bytes);
  if (!header) return 0;
  if (header->primary_bytes + header->recovery + 5 > size) std::abort();
  // No packet is the beginning of another one.
  if (udptl::read_header(bytes.first(size - 1))) std::abort();
  return 0;
}
