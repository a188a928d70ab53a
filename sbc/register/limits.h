#pragma once
// Limits of the register room. Its namespace is `registrar`, because `register` is a keyword.

#include <cstddef>
#include <cstdint>

#include "media-relay/base/time.h"

namespace sbc::registrar {

// Contacts of one address of record, the default of the setting and its ceiling. A person with desk phone, softphone,
// mobile and DECT has under ten; each one lengthens every 200 to REGISTER, and 32 of them still fit a datagram.
inline constexpr std::size_t kDefaultMaxContacts = 10;
inline constexpr std::size_t kMaxContactsCeiling = 32;
// Bindings of the whole store. At about 1 KiB each this bounds the memory store to 200 MiB.
inline constexpr std::size_t kDefaultMaxBindings = 200'000;
// An address of record: user and host together. RFC 1035 gives the host 255.
inline constexpr std::size_t kMaxAorBytes = 512;
// URI, parameters (without expires and q), Path of one contact: what a binding keeps of a stranger's text.
inline constexpr std::size_t kMaxContactUriBytes = 1024;
inline constexpr std::size_t kMaxContactParamBytes = 1024;
inline constexpr std::size_t kMaxPathBytes = 2048;
inline constexpr std::size_t kMaxCallIdBytes = 512;
// The User-Agent is kept for people and policies; the rest is cut off, not refused.
inline constexpr std::size_t kMaxUserAgentBytes = 256;

// Credentials for our realm that one request may try: RFC 8760 lets a client send one per algorithm. More would let one
// packet buy any number of hashes.
inline constexpr std::size_t kMaxCredentials = 4;

// RFC 3261 section 10.3 step 7: only intervals under one hour may be called too brief, so the minimum cannot exceed it.
inline constexpr std::uint32_t kMinExpiresCeiling = 3600;
inline constexpr std::uint32_t kDefaultMinExpires = 60;
inline constexpr std::uint32_t kDefaultExpires = 600;
inline constexpr std::uint32_t kDefaultMaxExpires = 3600;
// A week: nothing should rely on a phone that was not heard of for longer.
inline constexpr std::uint32_t kMaxExpiresCeiling = 604'800;

// 503 for a full store asks to come back after this many seconds.
inline constexpr std::uint32_t kFullRetryAfterSeconds = 60;

// Relayed registrations of one shard, and REGISTERs of one shard that wait for the registrar upstream: at 2 KiB each
// 128 and 16 MiB. More wait until they are asked again (503 with Retry-After).
inline constexpr std::size_t kMaxRelayed = 65'536;
inline constexpr std::size_t kMaxRelayedWaiting = 8'192;
// Registrations over one connection whose end is noticed at once; a phone has one or a few, a gateway's others wait for
// their own end.
inline constexpr std::size_t kMaxFlowNotes = 64;

// Retry-After of those 503: spread over this many seconds, so that an avalanche comes back as a trickle.
inline constexpr std::uint32_t kRetrySpreadSeconds = 60;

// Phones that one shard keeps alive, at about 1 KiB each; and pings in one turn of its loop, so that calls get theirs.
inline constexpr std::size_t kMaxKeptAlive = 65'536;
inline constexpr std::size_t kKeepAliveBurst = 128;

// Our own registrations at other people's registrars: each is refreshed once an hour or so, and most operators have a
// handful. After a start they begin within this time, so that many do not meet at one registrar.
inline constexpr std::size_t kMaxTrunkRegistrations = 1000;
inline constexpr base::Duration kTrunkStartSpread = base::seconds(1);

}  // namespace sbc::registrar
