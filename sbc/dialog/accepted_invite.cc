#include "sbc/dialog/accepted_invite.h"

#include <algorithm>

namespace sbc::dialog {

void AcceptedInvite::start(base::Instant now) {
  waiting_ = true;
  interval_ = t1_;
  resend_at_ = now + t1_;
  give_up_at_ = now + 64 * t1_;
}

base::Instant AcceptedInvite::next_deadline() const {
  return waiting_ ? std::min(resend_at_, give_up_at_) : base::kNever;
}

AcceptedInvite::Step AcceptedInvite::on_deadline(base::Instant now) {
  if (!waiting_) return Step::Idle;
  if (give_up_at_ <= now) {
    waiting_ = false;
    return Step::GiveUp;
  }
  if (resend_at_ > now) return Step::Idle;
  interval_ = std::min(interval_ * 2, t2_);
  resend_at_ = now + interval_;
  return Step::Resend;
}

bool AcceptedInvite::on_ack(std::uint32_t cseq) {
  if (!waiting_ || cseq != cseq_) return false;
  waiting_ = false;
  return true;
}

}  // namespace sbc::dialog
