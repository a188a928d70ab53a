#pragma once

#include <cstddef>

namespace sbc::identity {

// Q.850 and SIP, and one of a network's own: a request says why once for each protocol (RFC 3326 2).
inline constexpr std::size_t kMaxReasons = 4;
// At most a sip or sips URI and a tel URI (RFC 3325 9.1).
inline constexpr std::size_t kMaxIdentities = 2;
// A call that was forwarded more often than this goes in circles; older forwardings are left out.
inline constexpr std::size_t kMaxRedirects = 10;
inline constexpr std::size_t kMaxHistoryEntries = 30;
// Words of one Privacy header; eight are registered.
inline constexpr std::size_t kMaxPrivacyWords = 16;
// Resource-Priority values of one request (RFC 4412 names a handful of namespaces), and bytes of one.
inline constexpr std::size_t kMaxPriorities = 8;
inline constexpr std::size_t kMaxPriorityBytes = 64;
// Places of one request: what the caller, its network and the border on the way may each have added.
inline constexpr std::size_t kMaxLocations = 8;
// Identity headers of one request (RFC 8224): shaken, rcd, and one div for each time that the call was forwarded.
inline constexpr std::size_t kMaxPassports = kMaxRedirects + 2;
// Bytes of one: the full form with a name and a picture's address in it has about 1500.
inline constexpr std::size_t kMaxPassportBytes = 4096;
// Bytes of a user part and of a display name that cross the border.
inline constexpr std::size_t kMaxUserBytes = 128;
inline constexpr std::size_t kMaxDisplayBytes = 128;

}  // namespace sbc::identity
