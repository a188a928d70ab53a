#pragma once
// That a call was forwarded on its way here, by whom and why: Diversion (RFC 5806) and History-Info (RFC 7044), and
// from one to the other as RFC 7544 has it. Both are read into the same list, oldest first, and written from it;
// nothing of the hosts in them crosses the border.

#include <string>
#include <string_view>
#include <vector>

#include "sbc/identity/asserted.h"
#include "sbc/limit/reached.h"
#include "sbc/sip/message.h"

namespace sbc::identity {

struct Redirect {
  Person from;           // who forwarded the call; an empty user: nobody knows
  std::string reason;    // of RFC 5806: "user-busy"; one of a known set
  unsigned counter = 1;  // how often in a row, 1..kMaxRedirects
  bool hidden = false;   // who it was is not for everyone
};

// Oldest first; at most kMaxRedirects, the youngest ones. History-Info is believed when both are there.
std::vector<Redirect> redirects_of(const sip::Message& message, limit::Counts* limits = nullptr);

struct RedirectTarget {
  std::string_view host;  // of our URIs
  std::string_view user;  // where the call goes now, escaped
  bool trusted = false;   // otherwise hidden entries become anonymous (RFC 7544 3.2)
  bool hide_all = false;  // privacy was asked for the whole header
};

// Youngest first (RFC 5806), one value for each.
std::vector<std::string> diversion_values(const std::vector<Redirect>& redirects, const RedirectTarget& target);
// Oldest first, and one more for where the call goes now; indexes and reasons are made anew (RFC 7544 5).
std::vector<std::string> history_values(const std::vector<Redirect>& redirects, const RedirectTarget& target);

}  // namespace sbc::identity
