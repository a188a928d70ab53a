#pragma once
// Redirections (RFC 3261 8.1.3.4, 21.3): who answers 3xx may send the call on, but only to where the operator lets it:
// its own trunk, and the trunks and groups of `redirect_to`. Everything else would let a stranger choose whom we call,
// and who pays for it. A policy may name other places (on_failure).

#include <string>
#include <string_view>
#include <vector>

#include "sbc/call/settings.h"
#include "sbc/limit/reached.h"
#include "sbc/policy/decision.h"
#include "sbc/route/resolve.h"
#include "sbc/sip/contact.h"

namespace sbc::call {

// 300, 301 and 302. A 305 names a proxy of the other network and a 380 explains itself in a body: failures as others.
bool is_redirection(const sip::Message& response);

// Where it leads, best q first, equals as they came; at most kMaxRedirectContacts. Views into the response.
std::vector<sip::Contact> redirect_contacts(const sip::Message& response, limit::Counts* limits = nullptr);

// What the configuration, or the policy's candidate, wants for redirections by `from`.
policy::OnRedirect redirect_wish(const Settings& settings, const route::Target& from);

// A place that may be called for the contact; the contact's host, which picks among the place's targets.
struct RedirectPlace {
  policy::Candidate candidate;
  std::string host;
  std::uint16_t port = 0;  // 0: any
};
// The first of the allowed places that the contact lies in. A tel URI lies in the trunk that redirects, or in the
// first one of redirect_to.
std::optional<RedirectPlace> redirect_place(const Settings& settings, const route::Target& from,
                                            const sip::Contact& contact);

// The contacts as the caller may see them: the same users at `at`, which is "host" or "host;transport=tcp" of ours,
// each with its q; global tel: numbers as they are. What remains of them without a user is left out.
std::vector<std::string> hidden_contacts(const std::vector<sip::Contact>& contacts, std::string_view at);

}  // namespace sbc::call
