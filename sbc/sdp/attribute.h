#pragma once
// The attributes (a= lines) that the room knows, and which of them may cross the border.

#include <cstdint>
#include <string_view>

namespace sbc::sdp {

enum class AttributeId : std::uint8_t {
  None,   // the line is not an a= line
  Other,  // an attribute that we do not know
  // Describes the media itself: crosses.
  Rtpmap,
  Fmtp,
  Ptime,
  Maxptime,
  RtcpFb,
  RtcpRsize,
  RtcpXr,  // crosses by its known formats (extended_reports.h)
  SilenceSupp,
  Ecan,
  Gpmd,
  Framerate,
  Imageattr,
  Framesize,
  Fax,  // of T.38 (its Annex D): a=T38FaxVersion and the like
  // Ours to say, per leg: read, never copied.
  SendRecv,
  SendOnly,
  RecvOnly,
  Inactive,
  Rtcp,
  RtcpMux,
  Mid,
  Group,
  Extmap,        // a header extension (RFC 8285): crosses where both legs have it (header_extension.h)
  Crypto,        // keys (RFC 4568): each leg has its own
  Precondition,  // a=curr, a=des, a=conf (RFC 3312): answered for each leg by itself
  // Carries an address, an identity or a key, or belongs to a transport that is not anchored: never crosses.
  Private,
};

// Whether lines with this attribute may reach the other side.
enum class Crossing : std::uint8_t {
  Always,    // describes the media
  OnDemand,  // unknown: only when the operator's list of extra attributes names it
  Never,     // ours to say, or private to one side; naming it in the list of extra attributes does not help
};

// Attribute names are case-sensitive (RFC 8866 6).
AttributeId attribute_from(std::string_view name);
Crossing crossing_of(AttributeId id);

}  // namespace sbc::sdp
