#pragma once
// A call whose policy is being asked. When the policy wants to know something first (policy/question.h), this is what
// the call goes on with.

#include <memory>
#include <optional>

#include "media-relay/base/deadline_queue.h"

#include "sbc/policy/facts.h"
#include "sbc/policy/question.h"
#include "sbc/route/hunt.h"
#include "sbc/sip/message.h"

namespace sbc::call {

struct Repeat;  // call.h

// A target that did not take the call, as on_failure is told of it.
struct FailedTarget {
  route::Target target;
  policy::AttemptFacts facts;
  route::Verdict usual = route::Verdict::Stop;
  policy::OnRedirect redirects = policy::OnRedirect::Refuse;
  sip::MessagePtr response;        // null: none came
  std::unique_ptr<Repeat> repeat;  // for the next place of the same name
};

// The policy looks at these facts until it has decided: they stay where they are.
struct Asking {
  policy::InviteFacts facts;  // views into:
  sip::MessagePtr invite;
  std::optional<FailedTarget> failed;  // on_failure; nullopt: on_invite
  std::uint64_t ticket = 0;            // of what waits at the advisor; 0: nothing does
  std::uint32_t number = 0;            // of the question, among this call's
  base::Instant since{};
  base::DeadlineId timer = {};
};

// A question of the policy, for Calls::on_answer.
struct PolicyQuestion {
  std::uint64_t owner = 0;
  std::uint32_t number = 0;
  bool emergency = false;
  policy::Question question;
};

}  // namespace sbc::call
