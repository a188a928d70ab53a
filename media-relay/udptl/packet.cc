#include "media-relay/udptl/packet.h"

namespace udptl {
namespace {

class Reader {
 public:
  explicit Reader(std::span<const std::byte> bytes) : rest_(bytes) {}

  bool done() const { return rest_.empty(); }

  std::optional<std::uint8_t> octet() {
    if (rest_.empty()) return std::nullopt;
    const auto value = std::to_integer<std::uint8_t>(rest_.front());
    rest_ = rest_.subspan(1);
    return value;
  }

  // X.691 11.9. Parts of 16384 and more cannot be in a datagram of ours.
  std::optional<std::size_t> length() {
    const auto first = octet();
    if (!first || (*first & 0x80U) == 0) return first;
    if ((*first & 0x40U) != 0) return std::nullopt;
    const auto second = octet();
    if (!second) return std::nullopt;
    return (*first & 0x3fU) << 8U | *second;
  }

  bool skip(std::size_t count) {
    if (rest_.size() < count) return false;
    rest_ = rest_.subspan(count);
    return true;
  }

  std::optional<std::size_t> skip_octets() {
    const auto size = length();
    if (!size || !skip(*size)) return std::nullopt;
    return size;
  }

 private:
  std::span<const std::byte> rest_;
};

}  // namespace

std::optional<Header> read_header(std::span<const std::byte> datagram) {
  Reader reader(datagram);
  const auto high = reader.octet();
  const auto low = reader.octet();
  if (!high || !low) return std::nullopt;
  Header header;
  header.sequence = static_cast<std::uint16_t>(*high << 8U | *low);
  const auto primary = reader.skip_octets();
  const auto choice = reader.octet();
  if (!primary || !choice || (*choice & 0x7fU) != 0) return std::nullopt;
  header.primary_bytes = *primary;
  header.parity = *choice != 0;
  // The span of the parity is an INTEGER of its own.
  if (header.parity && !reader.skip_octets()) return std::nullopt;
  const auto count = reader.length();
  if (!count) return std::nullopt;
  header.recovery = *count;
  for (std::size_t i = 0; i < *count; ++i)
    if (!reader.skip_octets()) return std::nullopt;
  if (!reader.done()) return std::nullopt;
  return header;
}

}  // namespace udptl
