#include "sbc/call/late_forks.h"

#include <utility>

#include "sbc/call/core.h"
#include "sbc/call/leg_message.h"
#include "sbc/call/limits.h"
#include "sbc/call/machine.h"
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
  const std::uint32_t cseq = invite->start.cseq;
  if (const auto* ack = invite->acks.find(message.to_tag(), cseq, now)) {
    out.transaction.sends.push_back({ack->hop, ack->bytes, 0});
    return;
  }
  if (message.to_tag() == invite->winner) return;
  auto made = dialog::Dialog::from_client(invite->start, message);
  if (!made) return;
  ++core.counters.late_forks;
  Leg loser;
  loser.realm = invite->realm;
  loser.hop = response.source.hop;
  loser.symmetric = invite->symmetric;
  loser.contact = contact_value(*core.settings, invite->hop.transport, invite->hop.listener, invite->start.local_tag);
  loser.dialog = *std::move(made);
  const sip::Hop to = next_hop(core, loser);
  auto ack = in_dialog_request(core, loser, to, sip::Method::Ack, cseq, core.minter.branch(core.random), {}, {});
  if (!invite->acks.remember(loser.dialog->remote_tag(), cseq, to, ack, now))
    core.counters.limits.add(limit::Reached::StoredAcks);
  out.transaction.sends.push_back({to, std::move(ack), 0});
  drop_leg(core, loser, now, out);
}

}  // namespace sbc::call
