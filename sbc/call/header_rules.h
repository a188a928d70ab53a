#pragma once
// Which headers of one leg's INVITE reach the other leg without the policy saying so. Everything that is not listed
// stays behind: what is unknown cannot leak.

#include <span>
#include <vector>

#include "sbc/call/told.h"
#include "sbc/policy/decision.h"
#include "sbc/sip/message.h"
#include "sbc/sip/response.h"

namespace sbc::call {

// The headers of the caller's INVITE that cross, in order.
HeaderList passed_headers(const sip::Message& invite);
// The policy's changes, in order. Names compare in any case. `from`: whose fields can be passed; null: nobody's. A
// pattern passes only fields that the border knows nothing of: what has a meaning here is passed by its own name.
void apply(const std::vector<policy::HeaderOp>& changes, HeaderList& headers, const sip::Message* from = nullptr);
// The same of a response; `changes` and `from` outlive `headers`.
void apply(std::span<const policy::HeaderOp> changes, std::vector<sip::ExtraHeader>& headers,
           const sip::Message* from = nullptr);

}  // namespace sbc::call
