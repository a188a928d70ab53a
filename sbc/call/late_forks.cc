#include "sbc/call/late_forks.h"

#include <utility>

#include "sbc/call/core.h"
#include "sbc/call/farewell.h"
#include "sbc/call/limits.h"
#include "sbc/call/output.h"

namespace sbc::call {

void LateForks::keep(transaction::ClientId client, LateInvite invite) {
  if (invites_.size() >= kMaxLateInvites) {
    drop_oldest();
    ++forgotten_;
  }
  if (invites_.try_emplace(client.pack(), std::move(invite)).second) order_.push_back(client.pack());
}

LateInvite* LateForks::find(transaction::ClientId client, base::Instant now) {
  expire(now);
  const auto found = invites_.find(client.pack());
  return found != invites_.end() ? &found->second : nullptr;
}

void LateForks::expire(base::Instant now) {
  while (!order_.empty() && invites_.find(order_.front())->second.until <= now) drop_oldest();
}

void LateForks::drop_oldest() {
  invites_.erase(order_.front());
  order_.pop_front();
}

void answer_late_fork(Core& core, const transaction::ResponseArrived& response, base::Instant now, Output& out) {
  const sip::Message& message = *response.message;
  if (message.status_class() != 2 || message.method() != sip::Method::Invite) return;
  // The words of the other side went with the call: the door has nothing to search what is said here for.
  LateInvite* invite = core.late_forks.find(response.transaction, now);
  if (invite == nullptr) return;
  const std::uint32_t cseq = invite->attempt.start.cseq;
  if (const auto* ack = invite->acks.find(message.to_tag(), cseq, now)) {
    out.transaction.sends.push_back({ack->hop, ack->bytes, 0});
    return;
  }
  if (message.to_tag() == invite->winner) return;
  auto loser =
      unwanted_dialog(core, invite->attempt, message,
                      {.from = response.source.hop, .symmetric = invite->symmetric, .session_id = invite->session_id});
  if (!loser) return;
  ++core.counters.late_forks;
  if (!invite->acks.remember(loser->leg.dialog->remote_tag(), cseq, loser->to, loser->ack, now))
    core.counters.limits.add(limit::Reached::StoredAcks);
  out.transaction.sends.push_back({loser->to, std::move(loser->ack), 0});
  say_goodbye(core, loser->leg, response.owner, now, out);
}

}  // namespace sbc::call
