#pragma once
// What requests outside of calls may make us keep.

#include <cstddef>

#include "media-relay/base/time.h"

namespace sbc::exchange {

// Requests of one shard that wait for the other side's answer, each at most 32 s (timer F): a thousand a second.
inline constexpr std::size_t kMaxFlights = 32'000;
// RFC 6665 4.4.1: a SUBSCRIBE that a proxy forked has several notifiers. More phones than this nobody has on one line.
inline constexpr std::size_t kMaxForks = 8;
// Beyond its expiry a subscription stays for the last NOTIFY and its retransmissions.
inline constexpr base::Duration kMargin = base::seconds(64);
// A subscription without an expiry that could be read (RFC 6665 leaves the default to the package; RFC 4235 and RFC
// 3856 say an hour).
inline constexpr base::Duration kUsualExpiry = base::hours(1);
// Nobody may keep a subscription for longer without a refresh, whatever both sides say.
inline constexpr base::Duration kLongestExpiry = base::hours(25);

}  // namespace sbc::exchange
