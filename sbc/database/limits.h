#pragma once
// Limits of the database room, each with its reason.

#include <cstddef>

#include "media-relay/base/time.h"

namespace sbc::database {

// Steps of SQLite's machine between two looks at the clock: some tens of microseconds.
inline constexpr int kStepsPerLook = 1000;
// What SQLite waits before it tries again to read a file that somebody writes.
inline constexpr int kLockedPauseMs = 2;
// The longest text that SQLite may build or read: a column that is not asked for may be longer than an answer.
inline constexpr int kMaxBuilt = 16 << 20;
// Bytes of SQL of one query.
inline constexpr std::size_t kMaxSql = 64U << 10;
// What a connection may bring without completing an answer, beyond the largest one: names of columns, and the
// protocol's own frames.
inline constexpr std::size_t kSlack = 4;

// How much longer than the longest query a connection may take to be made: whoever waits for it hears "timeout" first.
inline constexpr base::Duration kConnectSlack = base::milliseconds(250);

}  // namespace sbc::database
