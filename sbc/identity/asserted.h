#pragma once
// Who a caller or callee is, as somebody vouches for it (RFC 3325): P-Asserted-Identity from those who are trusted,
// what digest or registration proved from everyone else.

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sbc/limit/reached.h"
#include "sbc/sip/message.h"
#include "sbc/sip/name_addr.h"

namespace sbc::identity {

// A name and a number without the network that they come from: the host is the border's when it is written.
struct Person {
  std::string display;  // unquoted
  std::string user;     // escaped as in a URI; of a tel URI the number
  bool tel = false;     // a global number, which needs no host
  friend bool operator==(const Person&, const Person&) = default;
};

// nullopt for URIs without a user, other schemes, and parts longer than limits.h allows.
std::optional<Person> person_of(const sip::NameAddr& address);
// `"Alice" <sip:+431234@host>`, `<tel:+431234>`
std::string value_of(const Person& person, std::string_view host);

// Whoever sent the message.
struct Sender {
  bool trusted = false;
  // Addresses of record ("sip:alice@example.net") that digest or the registration it came over proved.
  std::vector<std::string> proven;
};

// What may be asserted of the sender: of a trusted one its own words, at most a SIP and a tel URI (RFC 3325 9.1); of
// another one the proven identity, chosen among several by P-Preferred-Identity (RFC 3325 6); of a stranger nothing.
std::vector<Person> asserted_by(const sip::Message& message, const Sender& sender, limit::Counts* limits = nullptr);

}  // namespace sbc::identity
