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
explain::Answered answered(const Media& media);
explain::Ended ended(const CallRecord& record);

// A request on its way out, as it leaves: the INVITE that begins leg B, or is repeated there with credentials, is told.
void explain_request(const Core& core, const transaction::ClientRequest& request, base::Instant now);

}  // namespace sbc::call
