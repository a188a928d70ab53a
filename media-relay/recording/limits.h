#pragma once
// Limits of the recording room, each with its reason.

#include <cstddef>
#include <cstdint>

#include "media-relay/base/time.h"

namespace recording {

// What each worker may have copied and the writer has not taken yet. A disk that stalls is waited for this long and no
// longer: at 200 recorded calls of G.711 these are some 0.8 seconds. A power of two.
inline constexpr std::size_t kRingBytes = std::size_t{4} << 20;
// How often the writer looks into the rings; nobody wakes it for a packet.
inline constexpr base::Duration kLookInterval = base::milliseconds(20);

// Collected for a file before it is written, and for how long at most: few system calls, little lost in a crash.
inline constexpr std::size_t kWriteBytes = 64 * 1024;
inline constexpr base::Duration kWriteInterval = base::seconds(1);

// Recordings at once unless the configuration says otherwise; each has a file or two for a media line.
inline constexpr std::size_t kDefaultRecordings = 200;
inline constexpr std::size_t kMaxRecordings = 10'000;

// The largest file: many readers of WAV take its sizes for signed numbers of 32 bits. Nine hours of two wideband
// channels.
inline constexpr std::uint64_t kMaxFileBytes = 0x7fff0000;

// Files of one name (a recording that was ended and begun again, or cut by a restart) before the next one is refused.
inline constexpr unsigned kMaxSameName = 100;

// How late audio may come and still find its place in a WAV file.
inline constexpr base::Duration kJitterRoom = base::seconds(1);
// RTP time and the time of arrival may drift apart by this much: more is a sender whose clock has jumped.
inline constexpr base::Duration kResync = base::milliseconds(400);

}  // namespace recording
