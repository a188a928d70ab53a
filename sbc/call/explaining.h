#pragma once
// What a call tells whoever wants to know why it went its way (sbc/explain). Nobody wanting it costs a branch.

#include <vector>

#include "media-relay/base/time.h"

#include "sbc/call/advisor.h"
#include "sbc/call/call.h"
#include "sbc/explain/step.h"
#include "sbc/transaction/client_request.h"

namespace sbc::call {

struct Core;

// `make` gives the step; it runs only when somebody listens.
template <typename Make>
void explain_with(Advisor& advisor, const CallRecord& of, base::Instant now, Make make) {
  if (auto* explainer = advisor.explainer()) explainer->tell(of.call_id_a, {.at = now, .what = make()});
}

explain::Begun begun(const Call& call);
explain::Planned planned(const std::vector<route::Target>& targets);
explain::Failed failed(const route::Target& target, const policy::AttemptFacts& attempt);
// Of a transfer's target, about which no handler is asked.
explain::Failed failed(const route::Target& target, const route::Failure& failure, route::Verdict usual,
                       base::Duration took);
std::string_view cause_word(route::Failure::Cause cause);  // "response", "timeout", "transport"
explain::Answered answered(const Call& call);
explain::Answered changed(const Call& call);
explain::Ended ended(const CallRecord& record);

// A party's re-INVITE, or its UPDATE with an offer.
void explain_offer(const Core& core, const Call& call, Side from, const sip::MessagePtr& request, base::Instant now);

// Whose dialog a request is in, or begins.
struct Outgoing {
  const Call* call = nullptr;
  Side side = Side::A;
  bool recorder = false;
};
// A request on its way out, as it leaves: every INVITE is told, and an UPDATE that offers something.
void explain_request(const Core& core, const transaction::ClientRequest& request, const Outgoing& of,
                     base::Instant now);

// "trunk carrier UDP 192.0.2.7:5060", as a plan names what it skips (route::Skipped).
std::string explained_name(const route::Target& target);

}  // namespace sbc::call
