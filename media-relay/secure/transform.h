#pragma once
// What one key does to one packet, RTP or RTCP: no counters, no memory of packets.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "media-relay/secure/cipher.h"
#include "media-relay/secure/session_keys.h"

namespace secure {

// Where a packet's parts are, and what makes its key stream its own.
struct Frame {
  std::size_t clear_bytes = 0;  // header that is authenticated only
  std::size_t size = 0;         // without anything that protection appends
  std::uint32_t ssrc = 0;
  std::uint64_t index = 0;  // of RTP: ROC and sequence number (48 bits); of RTCP: 31 bits
};

class Transform {
 public:
  virtual ~Transform() = default;
  // Seals the packet of `frame.size` bytes at the start of `storage`, which has room for what is appended: tag, MKI,
  // and for RTCP the word of E flag and index. Returns the new size, 0 when the library failed.
  virtual std::size_t seal(std::span<std::byte> storage, const Frame& frame, std::span<const std::byte> mki) = 0;
  // Opens a packet whose tag, word and MKI lie behind `frame.size`. False when it is not authentic.
  virtual bool open(std::span<std::byte> packet, const Frame& frame) = 0;
};

// Null when the library fails.
std::unique_ptr<Transform> make_transform(Suite suite, Stream stream, const SessionKeys& keys, Way way);

}  // namespace secure
