// rooms: replay
// Whatever the file: records and payloads lie inside of it, and reading comes to an end.

#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "sbc/replay/fragments.h"
#include "sbc/replay/limits.h"
#include "sbc/replay/pcap.h"

namespace {

void expect_inside(std::string_view part, std::string_view whole) {
  if (!part.empty() && (part.data() < whole.data() || part.data() + part.size() > whole.data() + whole.size()))
    std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view file(reinterpret_cast<const char*>(data), size);
  sbc::replay::PcapReader reader(file);
  sbc::replay::Fragments fragments;
  std::size_t records = 0;
  while (const auto record = reader.next()) {
    expect_inside(record->bytes, file);
    if (++records > size) std::abort();  // each takes some bytes
    const auto unwrapped = sbc::replay::unwrap(*record);
    if (unwrapped.packet && unwrapped.unusable) std::abort();
    if (unwrapped.packet) expect_inside(unwrapped.packet->payload, record->bytes);
    if (!unwrapped.fragment) continue;
    expect_inside(unwrapped.fragment->bytes, record->bytes);
    const auto whole = fragments.add(*unwrapped.fragment, record->at_us);
    if (whole && whole->packet && whole->packet->payload.size() > sbc::replay::kMaxDatagramBytes) std::abort();
  }
  return 0;
}
