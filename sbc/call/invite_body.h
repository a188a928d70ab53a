#pragma once
// The body of the INVITE that opens leg B: our SDP, and of a multipart body (RFC 5621) the other parts as far as they
// may cross.

#include <expected>
#include <string>
#include <string_view>

#include "sbc/call/core.h"
#include "sbc/call/media.h"

namespace sbc::call {

struct InviteBody {
  std::string type;  // "" when there is none
  std::string text;
};

struct InviteBodyPlan {
  const sip::Message& caller;  // leg A's INVITE
  bool trusted = false;        // both legs are (identity.h)
  bool emergency = false;      // a call for help
  std::string_view domain;     // of our URIs toward leg B
  std::string_view sdp;        // "": no offer
};

// Between legs that are both trusted, parts that nobody here can read (ISUP, metadata) cross as they are; otherwise
// they are left out. Location in a call for help is never touched (RFC 6442). Error: a part that says
// handling=required cannot cross (415, RFC 5621 3.2).
std::expected<InviteBody, MediaError> invite_body(const InviteBodyPlan& plan);

}  // namespace sbc::call
