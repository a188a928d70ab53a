#pragma once
// What a REFER asks for, and how Replaces names a dialog. Pure text.

#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "sbc/sip/message.h"
#include "sbc/sip/name_addr.h"

namespace sbc::call {

// RFC 3891 6.1: the dialog as its end sees it to whom the header is sent: to-tag is that end's own.
struct NamedDialog {
  std::string call_id;
  std::string to_tag;
  std::string from_tag;
  bool early_only = false;
};
// nullopt: not such a value. Join (RFC 3911) has the same form, Target-Dialog (RFC 4538) other names for the tags.
std::optional<NamedDialog> named_dialog(std::string_view value, std::string_view to_tag = "to-tag",
                                        std::string_view from_tag = "from-tag");

// Where a REFER points.
struct ReferTarget {
  std::string uri;                        // without headers and method
  std::string method = "INVITE";          // that it asks for
  std::optional<NamedDialog> replaces{};  // the Replaces that the URI carries: an attended transfer
  std::optional<NamedDialog> join{};      // and its Join (RFC 3911)
};
// Whatever the method is. Error: the status that the REFER gets. RFC 3515 2.4.2: exactly one Refer-To, else 400; 416:
// neither sip: nor tel:.
std::expected<ReferTarget, int> read_refer_to(const sip::Message& refer);
// The same for those who can do no more than call somebody: a method other than INVITE gets 403.
std::expected<ReferTarget, int> refer_target(const sip::Message& refer);

// Who refers (RFC 3892 3): a view into the message. nullopt: it does not say, or not so that it can be read.
std::optional<sip::NameAddr> referred_by(const sip::Message& refer);

// RFC 4488 4: whether the transferor wants NOTIFYs.
bool wants_reports(const sip::Message& refer);

// The body of a NOTIFY about a REFER (RFC 3515 2.4.5).
std::string report_of(int status);

}  // namespace sbc::call
