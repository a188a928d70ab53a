#pragma once
// Limits of the ice room.

#include <cstddef>

#include "media-relay/base/time.h"

namespace ice {

// A check is some 100 bytes; RFC 8489 6.1 keeps requests within 548 bytes where the path is not known.
inline constexpr std::size_t kMaxCheckBytes = 548;
// RFC 8445 5.3: at least 4 and 22 characters, at most 256. Ours are drawn by the signalling; a key of SHA-1's HMAC is
// best no longer than its block.
inline constexpr std::size_t kMinUfragBytes = 4;
inline constexpr std::size_t kMaxUfragBytes = 256;
inline constexpr std::size_t kMinPasswordBytes = 22;
inline constexpr std::size_t kMaxLocalPasswordBytes = 64;
// Addresses of the peer from which authentic checks came: its interfaces, times its NATs. The one that was silent for
// longest makes room.
inline constexpr std::size_t kMaxSources = 16;
// Error responses a second to checks that are not authentic. Whoever sends them may be lying about its address.
inline constexpr std::size_t kMaxErrorsPerSecond = 10;
// RFC 7675 5.1.
inline constexpr base::Duration kConsentExpiry = base::seconds(30);
// RFC 7675 5.1: consent is asked for every 4 to 6 seconds. Checks as far apart as this are no retransmissions.
inline constexpr base::Duration kConsentSpacing = base::seconds(3);
// A pair that was nominated this recently does not give way to one of lower priority (RFC 5245 8.1.1.2: all pairs of
// an aggressive nomination are nominated, the highest is selected).
inline constexpr base::Duration kNominationHold = base::seconds(3);

}  // namespace ice
