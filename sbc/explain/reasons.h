#pragma once
// Why a line of the border's INVITE differs from the caller's. Internal to the room.

#include <string>
#include <string_view>

#include "sbc/explain/edits.h"

namespace sbc::explain {

std::string_view header_name(std::string_view line);  // "Via" of "Via: ..."; "" of a line that has none
std::string header_key(std::string_view line);        // the same for all spellings of a name
std::string sdp_key(std::string_view line);           // "c=", "a=rtpmap:8"

std::string why_start_line(const Reasons& reasons);
std::string why_header(std::string_view line, Edit::Kind kind, const Reasons& reasons);
std::string why_sdp(std::string_view line);

}  // namespace sbc::explain
