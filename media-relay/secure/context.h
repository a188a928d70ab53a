#pragma once
// SRTP and SRTCP (RFC 3711, RFC 6188, RFC 7714): one direction of one flow. A sender protects what leaves, a receiver
// checks and opens what arrives; both keep the counters of each source, work in place, and allocate only when a new
// source appears.
//
//   RTP:   header | payload, encrypted | [MKI] | tag                          counter mode
//          header | payload, encrypted | tag | [MKI]                          GCM
//   RTCP:  header, SSRC | rest, encrypted | E, index | [MKI] | tag            counter mode
//          header, SSRC | rest, encrypted | tag | E, index | [MKI]            GCM
//
// There are two engines. `OpenSsl` is ours, on OpenSSL's ciphers; `Libsrtp` is the reference that ours is compared with
// in the tests, bit for bit. A context of one engine is opened by the other.

#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <span>
#include <string_view>

#include "media-relay/base/pack.h"
#include "media-relay/secure/ledger.h"
#include "media-relay/secure/parameters.h"

namespace secure {

enum class Engine : std::uint8_t { OpenSsl, Libsrtp };
std::string_view name_of(Engine engine);  // "openssl", "libsrtp"

enum class Refusal : std::uint8_t {
  Malformed,       // no RTP (RTCP) header
  Unauthentic,     // the tag is wrong or missing: another key, altered, or never protected at all
  Replayed,        // seen before, or older than the window; to a sender: this index was used before
  UnknownKey,      // an MKI that names none of the keys
  TooManyStreams,  // a new source beyond kMaxStreams
  KeyExpired,      // the lifetime of the key has ended
  NoRoom,          // the storage is too small for what is appended
};
inline constexpr std::size_t kRefusals = static_cast<std::size_t>(Refusal::NoRoom) + 1;
std::string_view name_of(Refusal refusal);

// The new length of the packet.
using Outcome = std::expected<std::size_t, Refusal>;

class Sender {
 public:
  virtual ~Sender() = default;
  // `storage` holds a packet of `size` bytes and room for kMaxGrowthBytes more. A packet that is refused is left as it
  // was or unusable, and must not be sent.
  virtual Outcome protect_rtp(std::span<std::byte> storage, std::size_t size) = 0;
  virtual Outcome protect_rtcp(std::span<std::byte> storage, std::size_t size) = 0;
  // Counters of all sources, for one of the same engine and parameters to go on with. Whatever is protected after
  // `pack` must never be: its index would be used twice (RFC 3711 9.1). An engine that cannot tell them fails.
  virtual void pack(base::Packer& out) = 0;
  virtual void unpack(base::Unpacker& in) = 0;
  // Its counters are written there as they change; it is zeros. Null: not any more. An engine that cannot tell them
  // writes nothing, and fails to catch up.
  virtual void keep_in(Ledger* ledger) = 0;
  // After `unpack`: no index is used that the ledger of a process that died knows as used. False: that cannot be said.
  virtual bool catch_up(const Ledger& last) = 0;
};

class Receiver {
 public:
  virtual ~Receiver() = default;
  // Nothing is remembered of a packet that is refused. Its bytes may be changed.
  virtual Outcome unprotect_rtp(std::span<std::byte> packet) = 0;
  virtual Outcome unprotect_rtcp(std::span<std::byte> packet) = 0;
  // As a sender's: rollover counters and replay windows. After `catch_up` nothing that is older than what was heard
  // last is let in: whether it was heard is not known.
  virtual void pack(base::Packer& out) = 0;
  virtual void unpack(base::Unpacker& in) = 0;
  virtual void keep_in(Ledger* ledger) = 0;
  virtual bool catch_up(const Ledger& last) = 0;
};

// The parameters must have passed `check`. Null when the library cannot (out of memory, a cipher that it was built
// without).
std::unique_ptr<Sender> make_sender(Engine engine, const Parameters& parameters);
std::unique_ptr<Receiver> make_receiver(Engine engine, const Parameters& parameters);

}  // namespace secure
