#pragma once
// Typed access to formats: payload types, rtpmap, fmtp, ptime (RFC 8866 6.6, 6.15, 6.4).

#include <cstdint>
#include <optional>
#include <string_view>

#include "sbc/sdp/session.h"

namespace sbc::sdp {

struct RtpMap {
  std::uint8_t payload_type = 0;
  std::string_view encoding;  // "PCMU", "opus"; compared ignoring case
  std::uint32_t clock_rate = 0;
  std::string_view parameters;  // "2" channels; "" when absent
};

// The value of an a=rtpmap line; nullopt when malformed.
std::optional<RtpMap> parse_rtpmap(std::string_view value);

// The mapping of a payload type: the a=rtpmap line, else the static assignment of RFC 3551 6 (audio 0-18).
std::optional<RtpMap> rtpmap(const Session& session, const Media& media, std::uint8_t payload_type);
// The parameters of a=fmtp for a format, without the format.
std::optional<std::string_view> fmtp(const Session& session, const Media& media, std::string_view format);
std::optional<std::uint32_t> ptime(const Session& session, const Media& media);     // milliseconds
std::optional<std::uint32_t> maxptime(const Session& session, const Media& media);  // milliseconds
std::optional<std::string_view> mid(const Session& session, const Media& media);

// Calls f(std::string_view format) for each format of the m-line, in order of preference.
template <typename F>
void for_each_format(const Media& media, F&& f) {
  std::string_view rest = media.formats;
  while (!rest.empty()) {
    const std::size_t space = rest.find(' ');
    if (space != 0) f(rest.substr(0, space));
    if (space == std::string_view::npos) break;
    rest.remove_prefix(space + 1);
  }
}

}  // namespace sbc::sdp
