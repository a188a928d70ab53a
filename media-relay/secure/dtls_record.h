#pragma once
// What can be told of a DTLS datagram before any of it is believed (RFC 6347 4.1, 4.2.2).
//
//   type (1) | version (2) | epoch (2) | sequence (6) | length (2) | fragment ...
//   handshake: type (1) | length (3) | message_seq (2) | fragment_offset (3) | fragment_length (3) | ...

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace secure {

struct DtlsOutline {
  bool client_hello = false;           // the first record is a whole one, or the first fragment of one, in the clear
  std::array<std::byte, 32> random{};  // ... and the number by which its client is known (RFC 5246 7.4.1.2)
  bool clear_alert = false;            // the first record is an alert that anybody can have written
};
// nullopt when the datagram is not a row of whole records of a version of DTLS that we speak.
std::optional<DtlsOutline> outline_of(std::span<const std::byte> datagram);

}  // namespace secure
