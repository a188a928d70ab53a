#pragma once
// Requests for whole pictures by RTCP feedback in descriptions (a=rtcp-fb): "nack pli" (RFC 4585 4.2), "ccm fir" (RFC
// 5104 7.1).

#include <string>
#include <string_view>

#include "sbc/sdp/session.h"

namespace sbc::sdp {

struct PictureRequests {
  bool pli = false;
  bool fir = false;
  bool any() const { return pli || fir; }
  friend bool operator==(const PictureRequests&, const PictureRequests&) = default;
};
// Those that the m-line lists, for whatever payload type.
PictureRequests picture_requests(const Session& session, const Media& media);
// The line's a=rtcp-fb lines that list one, each ended by CRLF: for an answer, whose payload types (`answered`: "96
// 97") are among those of the offer. What is about others is left out: browsers refuse an answer that names them.
std::string picture_request_lines(const Session& session, const Media& media, std::string_view answered);
// What an offer of ours lists, for all payload types.
inline constexpr std::string_view kPictureRequestLines = "a=rtcp-fb:* nack pli\r\na=rtcp-fb:* ccm fir\r\n";

}  // namespace sbc::sdp
