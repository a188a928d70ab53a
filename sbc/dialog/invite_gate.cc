#include "sbc/dialog/invite_gate.h"

namespace sbc::dialog {

InviteGate::Verdict InviteGate::on_remote_invite() {
  // RFC 3261 14.2: an earlier one of theirs counts first: its 500 says when to come again.
  if (remote_ == Remote::Pending) return Verdict::TooEarly;
  if (local_pending_) return Verdict::RequestPending;
  remote_ = Remote::Pending;
  return Verdict::Accept;
}

void InviteGate::remote_answered() {
  if (remote_ == Remote::Pending) remote_ = Remote::Unconfirmed;
}

bool InviteGate::try_local_invite() {
  if (local_pending_ || remote_ != Remote::None) return false;
  local_pending_ = true;
  return true;
}

base::Duration glare_wait(bool owns_call_id, base::Random& random) {
  constexpr base::Duration kStep = base::milliseconds(10);
  // 2.1 to 4 s are 191 values of 10 ms, 0 to 2 s are 201.
  if (owns_call_id) return base::milliseconds(2100) + kStep * static_cast<std::int64_t>(random.below(191));
  return kStep * static_cast<std::int64_t>(random.below(201));
}

std::uint32_t retry_after_seconds(base::Random& random) {
  return static_cast<std::uint32_t>(random.below(11));
}

}  // namespace sbc::dialog
