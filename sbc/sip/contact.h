#pragma once
// The Contact header as registration and dialogs read it (RFC 3261 20.10, 10.2).

#include <cstdint>
#include <expected>
#include <optional>
#include <vector>

#include "sbc/sip/message.h"

namespace sbc::sip {

struct Contact {
  NameAddr address;
  float q = 1.0F;                        // 0..1; absent: 1 (RFC 3261 20.10 leaves it open; 1 is what RFC 2616 says)
  std::optional<std::uint32_t> expires;  // seconds; past 2^32-1 clamped, malformed: 3600 (RFC 3261 20.10)
};

struct ContactList {
  bool star = false;  // "*": `values` is empty
  std::vector<Contact> values;
};

// All Contact values in order. "*" beside anything else is an error (RFC 3261 10.3 step 6).
std::expected<ContactList, Error> parse_contacts(const Message& message);
// The first Contact, when there is one that is well formed and not "*".
std::optional<NameAddr> first_contact(const Message& message);

// The target that a request or response inside a dialog names, or one that makes it: the first Contact, which has to be
// a sip: or sips: URI (RFC 3261 8.1.1.8, 12.1). nullopt: there is no Contact (peers of RFC 2543). Error: one that no
// request can be sent to, such as "*" or a tel: URI.
std::expected<std::optional<NameAddr>, Error> target_contact(const Message& message);
// Of the 400 to a request with such a one.
inline constexpr std::string_view kNoTarget = "Contact: Expected a SIP URI";

// delta-seconds as in Expires: a number past 2^32-1 is clamped, anything malformed is nullopt.
std::optional<std::uint32_t> parse_delta_seconds(std::string_view text);
// q in thousandths, 0..1000 (RFC 3261 25.1 qvalue); nullopt when malformed.
std::optional<std::uint16_t> parse_qvalue(std::string_view text);

}  // namespace sbc::sip
