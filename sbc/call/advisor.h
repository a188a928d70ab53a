#pragma once
// What a call asks and is answered at once: the policy, the digest challenge, and the way to a registered contact. The
// shard implements it on the policy host and the location service.

#include <string>
#include <string_view>
#include <vector>

#include "sbc/call/facts.h"
#include "sbc/policy/decision.h"
#include "sbc/policy/facts.h"
#include "sbc/policy/host.h"
#include "sbc/policy/question.h"
#include "sbc/route/resolve.h"
#include "sbc/sip/message.h"

namespace sbc::explain {
class Explainer;
}

namespace sbc::call {

class Occupancy;

struct Challenge {
  int status = 403;
  std::vector<policy::Header> headers;
};

class Advisor : public route::Contacts {
 public:
  // Who sent the request: digest credentials, registration flow, trunk. Checks credentials: once per request.
  virtual Arrival arrival_of(const sip::Message& request, const sip::Source& source) = 0;
  // What the policy decides of a call, or, when whoever asks can wait, what it wants to know first. Then the facts stay
  // alive and unchanged until resume_invite() has given the decision, or abandon().
  virtual policy::Ruling<policy::InviteDecision> invite(const policy::InviteFacts& facts, bool can_wait) = 0;
  virtual policy::Ruling<policy::InviteDecision> resume_invite(std::uint64_t ticket, policy::Answer answer) = 0;
  virtual policy::NatDecision nat(const policy::LegFacts& leg) = 0;
  // The same of a target that failed; the call can always wait.
  virtual policy::Ruling<policy::FailureDecision> failure(const policy::InviteFacts& facts,
                                                          const policy::AttemptFacts& attempt) = 0;
  virtual policy::Ruling<policy::FailureDecision> resume_failure(std::uint64_t ticket, policy::Answer answer) = 0;
  virtual void abandon(std::uint64_t ticket) = 0;
  // Whether anybody wants to be told how answered calls sound, and that it has changed.
  virtual bool hears_quality(const Arrival& /*of*/) const { return false; }
  virtual void quality(const policy::InviteFacts& /*facts*/, const policy::QualityFacts& /*quality*/) {}
  // Whether the policy has a handler for what happens in a call; a call asks before it gathers the facts.
  virtual bool hears(policy::Handler /*handler*/, const Arrival& /*of*/) const { return false; }
  // A response of a target that is about to go on to the caller: a provisional one, or the 2xx.
  virtual policy::ResponseDecision provisional(const policy::InviteFacts& /*facts*/,
                                               const policy::ResponseFacts& /*response*/) {
    return {};
  }
  virtual policy::ResponseDecision answer(const policy::InviteFacts& /*facts*/,
                                          const policy::ResponseFacts& /*response*/) {
    return {};
  }
  // What a party wants inside the call. `handler`: Reinvite, Refer, Info, Dtmf.
  virtual policy::InsideDecision inside(policy::Handler /*handler*/, const policy::InviteFacts& /*facts*/,
                                        const policy::InsideFacts& /*event*/) {
    return {};
  }
  virtual policy::TimerDecision timer(const policy::InviteFacts& /*facts*/, const policy::TimerFacts& /*due*/) {
    return {};
  }
  // What the handler that has decided last did with the timers of its call; said once.
  virtual std::vector<policy::TimerOp> take_timers() { return {}; }
  virtual void end(const policy::InviteFacts& facts, const policy::EndFacts& end) = 0;
  // Where calls at once are counted; null: nowhere, and no class has a limit.
  virtual Occupancy* occupancy() { return nullptr; }
  // Who wants to know why calls go their way; null: nobody.
  virtual explain::Explainer* explainer() { return nullptr; }
  // 407 with its challenges, strongest first (RFC 8760); 400 for credentials that cannot be read; 403 in a realm where
  // nobody could answer a challenge.
  virtual Challenge challenge(const sip::Message& request, std::string_view realm) = 0;
};

}  // namespace sbc::call
