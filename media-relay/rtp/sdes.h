#pragma once
// Hiding the names in RTCP. A phone's CNAME is often user@host with its own address (RFC 3550 6.5.1), and NAME, EMAIL,
// PHONE, LOC and TOOL say even more: nothing that one side of the border says about itself may reach the other.

#include <cstddef>
#include <span>

#include "media-relay/base/hash.h"

namespace rtp {

// Rewrites the source description items of a compound that `read_compound` has accepted, in place, without changing its
// length. A CNAME becomes letters that depend on it and the key only: the same source keeps one name for as long as the
// key is used (RFC 7022 4.1), so that receivers can still match streams. All other items become spaces, and so does the
// text of a BYE.
void hide_names(std::span<std::byte> compound, const base::HashKey& key);

}  // namespace rtp
