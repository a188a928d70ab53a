#pragma once
// Who is who across the border: what one side says about itself (identity, privacy, session identifier, reasons) and
// how much of it the other side is told. The rules for the values are the room identity's; here they meet the two legs.

#include <string>
#include <string_view>

#include "sbc/call/core.h"
#include "sbc/identity/asserted.h"

namespace sbc::call {

// Whether the peer's word about identities counts, and ours may be told to it: the trunk's setting, else the realm's.
bool trusts(const Settings& settings, std::string_view realm, std::string_view trunk);

// Who sent a request outside of dialogs, as far as that is proven.
identity::Sender sender_of(const Settings& settings, const Arrival& arrival);

// A message of that side has come. `call.leg(side)` must have its realm and trunk.
void hear(Core& core, Call& call, Side side, const sip::Message& message);

// What an INVITE toward a target of leg B says about the caller.
struct CallerWords {
  bool anonymous = false;  // From hides who it is (RFC 3323 5.3)
  HeaderList headers;
};
// Leg B has been prepared for `target`.
CallerWords caller_words(Core& core, Call& call, const route::Target& target);
// The same about the party of `stays`, for a leg that is to take the other side's place (transfer.cc).
CallerWords party_words(const Core& core, const Call& call, Side stays, Leg& fresh, const route::Target& target);

// The two parties have been joined by a transfer: what each is told of the other from now on.
void introduce(const Core& core, Call& call);

// What a target is told of earlier forwardings, oldest first: Diversion, History-Info or nothing, as it is configured.
void add_forwarding(Core& core, std::vector<identity::Redirect> redirects, const route::Target& target, bool hide_all,
                    HeaderList& headers);
// What the caller is told, with a redirection that it gets from `from`, of how the call was forwarded before.
HeaderList redirect_history(Core& core, const Call& call, const sip::Message& response, const route::Target& from);

// Our own domain as that realm sees it.
std::string_view own_domain(const Settings& settings, std::string_view realm, std::uint16_t listener);

}  // namespace sbc::call
