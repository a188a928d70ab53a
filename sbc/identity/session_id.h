#pragma once
// The end-to-end session identifier (RFC 7989): two UUIDs, one for each end, that no intermediary on the way changes.
// It is made so that it reveals nothing (RFC 7989 7), so it crosses the border as it is.

#include <optional>
#include <string>
#include <string_view>

#include "media-relay/base/random.h"

namespace sbc::identity {

// 32 lower-case hex digits.
inline constexpr std::string_view kNilUuid = "00000000000000000000000000000000";

struct SessionId {
  std::string local;   // of whoever sent it; kNilUuid when it does not know
  std::string remote;  // "": none was written, as by implementations of RFC 7329 (RFC 7989 11)
};

// nullopt: not of that form; then it is as if it were absent (RFC 7989 6).
std::optional<SessionId> parse_session_id(std::string_view value);
std::string new_uuid(base::Random& random);  // RFC 4122 version 4
// What is told to the end `to` about the end `from`; "" stands for unknown.
std::string session_id_value(std::string_view from, std::string_view to);
// Whether the value is session_id_value(from, to).
bool is_session_id_of(std::string_view value, std::string_view from, std::string_view to);

}  // namespace sbc::identity
