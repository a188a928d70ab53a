#include "sbc/replay/pcap.h"

#include <algorithm>
#include <utility>

#include "sbc/replay/bytes.h"
#include "sbc/replay/limits.h"

namespace sbc::replay {
namespace {

constexpr std::uint32_t kMicro = 0xa1b2c3d4, kNano = 0xa1b23c4d;
constexpr std::uint32_t kSection = 0x0a0d0d0a, kInterface = 1, kSimple = 3, kEnhanced = 6;
constexpr std::uint32_t kOrder = 0x1a2b3c4d;
constexpr std::uint64_t kMicrosInSecond = 1'000'000;

std::uint64_t in_microseconds(std::uint64_t stamp, std::uint64_t units) {
  const std::uint64_t seconds = stamp / units;
  const auto part = static_cast<double>(stamp % units) / static_cast<double>(units);
  return seconds * kMicrosInSecond + static_cast<std::uint64_t>(part * static_cast<double>(kMicrosInSecond) + 0.5);
}

// if_tsresol: a power of ten, or with the upper bit of two.
std::uint64_t units_of(std::uint8_t resolution) {
  const unsigned exponent = resolution & 0x7fU;
  if ((resolution & 0x80U) != 0) return exponent < 63 ? std::uint64_t{1} << exponent : 0;
  std::uint64_t units = 1;
  for (unsigned i = 0; i < exponent; ++i) {
    if (units > UINT64_MAX / 10) return 0;
    units *= 10;
  }
  return units;
}

}  // namespace

bool PcapReader::begins(std::string_view bytes) {
  const auto little = ByteCursor(bytes).little(4);
  const auto big = ByteCursor(bytes).big(4);
  return bytes.size() >= 4 &&
         (little == kMicro || little == kNano || big == kMicro || big == kNano || little == kSection);
}

PcapReader::PcapReader(std::string_view bytes) : all_(bytes), rest_(bytes) {
  ng_ = ByteCursor(bytes).little(4) == kSection && bytes.size() >= 4;
  if (!ng_) begin_pcap();
}

std::uint64_t PcapReader::number(std::string_view& from, std::size_t size) {
  ByteCursor in(from);
  const auto value = big_ ? in.big(size) : in.little(size);
  from = in.rest();
  return value;
}

std::optional<Record> PcapReader::fail(std::string why) {
  error_ = "byte " + std::to_string(all_.size() - rest_.size()) + ": " + std::move(why);
  rest_ = {};
  return std::nullopt;
}

void PcapReader::begin_pcap() {
  if (rest_.size() < 24) {
    fail("this is no capture");
    return;
  }
  auto magic = ByteCursor(rest_).little(4);
  if (magic != kMicro && magic != kNano) {
    big_ = true;
    magic = ByteCursor(rest_).big(4);
  }
  if (magic != kMicro && magic != kNano) {
    fail("this is no capture");
    return;
  }
  auto header = rest_.substr(20, 4);
  // The upper bits say how long a frame check sequence is.
  interfaces_.push_back({.link = static_cast<std::uint32_t>(number(header, 4)) & 0x0fffffffU,
                         .units = magic == kNano ? 1'000'000'000U : kMicrosInSecond});
  rest_.remove_prefix(24);
}

std::optional<Record> PcapReader::next() {
  return ng_ ? next_of_ng() : next_of_pcap();
}

std::optional<Record> PcapReader::next_of_pcap() {
  if (rest_.empty()) return std::nullopt;
  if (rest_.size() < 16) return fail("the capture is cut off inside of a packet");
  auto header = rest_.substr(0, 16);
  const auto seconds = number(header, 4);
  const auto part = number(header, 4);
  const auto size = number(header, 4);
  const auto& interface = interfaces_.front();
  if (size > kMaxPacket) return fail("a packet of " + std::to_string(size) + " bytes is none");
  if (part >= interface.units) return fail("a packet has no time");
  if (size > rest_.size() - 16) return fail("the capture is cut off inside of a packet");
  Record record{
      .at_us = static_cast<std::int64_t>(seconds * kMicrosInSecond + part / (interface.units / kMicrosInSecond)),
      .link = interface.link,
      .bytes = rest_.substr(16, size)};
  rest_.remove_prefix(16 + size);
  return record;
}

// The byte order is that of the section's header, whose type reads the same in both.
bool PcapReader::begin_section() {
  if (rest_.size() < 12) return false;
  const auto order = rest_.substr(8, 4);
  big_ = ByteCursor(order).big(4) == kOrder;
  interfaces_.clear();
  return big_ || ByteCursor(order).little(4) == kOrder;
}

std::optional<PcapReader::Block> PcapReader::next_block() {
  if (rest_.empty()) return std::nullopt;
  if (ByteCursor(rest_).little(4) == kSection && !begin_section()) {
    fail("a section of the capture has no byte order");
    return std::nullopt;
  }
  auto header = rest_.substr(0, 8);
  const auto type = static_cast<std::uint32_t>(number(header, 4));
  const auto size = number(header, 4);
  if (rest_.size() < 12 || size < 12 || size % 4 != 0 || size > rest_.size()) {
    fail(rest_.size() < 12 || size > rest_.size() ? "the capture is cut off inside of a block"
                                                  : "a block has no length that blocks have");
    return std::nullopt;
  }
  const Block block{.type = type, .body = rest_.substr(8, size - 12)};
  rest_.remove_prefix(size);
  return block;
}

void PcapReader::add_interface(std::string_view body) {
  Interface added{.link = static_cast<std::uint32_t>(number(body, 2))};
  number(body, 6);  // reserved, snap length
  while (body.size() >= 4) {
    const auto code = number(body, 2);
    const auto size = number(body, 2);
    if (code == 0 || size > body.size()) break;
    if (code == 9 && size == 1) added.units = units_of(static_cast<std::uint8_t>(body.front()));
    body.remove_prefix(std::min<std::size_t>(body.size(), (size + 3) / 4 * 4));
  }
  interfaces_.push_back(added);
}

std::optional<Record> PcapReader::packet_of(const Block& block) {
  auto body = block.body;
  Record record;
  const auto index = block.type == kEnhanced ? number(body, 4) : 0;
  if (index >= interfaces_.size()) return fail("a packet is of an interface that is not described");
  const auto& interface = interfaces_[index];
  record.link = interface.link;
  std::uint64_t size = 0;
  if (block.type == kEnhanced) {
    const auto high = number(body, 4);
    const auto stamp = high << 32 | number(body, 4);
    if (interface.units == 0 || stamp / interface.units > UINT32_MAX) return fail("a packet has no time");
    record.at_us = static_cast<std::int64_t>(in_microseconds(stamp, interface.units));
    size = number(body, 4);
    number(body, 4);
  } else {  // without a time; as long as the block
    size = std::min<std::uint64_t>(number(body, 4), body.size());
  }
  if (size > body.size() || size > kMaxPacket) return fail("a packet of " + std::to_string(size) + " bytes is none");
  record.bytes = body.substr(0, size);
  return record;
}

std::optional<Record> PcapReader::next_of_ng() {
  while (const auto block = next_block()) {
    if (block->type == kInterface) {
      if (interfaces_.size() >= kMaxInterfaces)
        return fail("more than " + std::to_string(kMaxInterfaces) + " interfaces");
      add_interface(block->body);
    } else if (block->type == kEnhanced || block->type == kSimple) {
      return packet_of(*block);
    }
  }
  return std::nullopt;
}

}  // namespace sbc::replay
