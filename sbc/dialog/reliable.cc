#include "sbc/dialog/reliable.h"

#include <algorithm>

namespace sbc::dialog {

std::optional<std::uint32_t> ReliableServer::start(base::Random& random, base::Instant now) {
  if (waiting_) return std::nullopt;
  // No call has the 2^31 responses that would bring the number to its end.
  rseq_ = rseq_ == 0 ? 1 + static_cast<std::uint32_t>(random.below(0x7fff'ffff)) : rseq_ + 1;
  waiting_ = resending_ = true;
  interval_ = t1_;
  resend_at_ = now + interval_;
  give_up_at_ = now + 64 * t1_;
  return rseq_;
}

base::Instant ReliableServer::next_deadline() const {
  return waiting_ && resending_ ? std::min(resend_at_, give_up_at_) : base::kNever;
}

ReliableServer::Step ReliableServer::on_deadline(base::Instant now) {
  if (now < next_deadline()) return Step::Idle;
  if (now >= give_up_at_) {
    resending_ = false;
    return Step::GiveUp;
  }
  interval_ *= 2;
  resend_at_ = now + interval_;
  return Step::Resend;
}

bool ReliableServer::on_prack(const sip::RAck& rack, std::uint32_t invite_cseq) {
  if (!waiting_ || rack.response_number != rseq_ || rack.cseq.number != invite_cseq ||
      rack.cseq.method != sip::Method::Invite)
    return false;
  waiting_ = resending_ = false;
  return true;
}

ReliableClient::Verdict ReliableClient::on_response(std::uint32_t rseq) {
  if (last_ != 0 && rseq <= last_) return Verdict::Repeat;
  if (last_ != 0 && rseq != last_ + 1) return Verdict::Gap;
  last_ = rseq;
  return Verdict::Take;
}

}  // namespace sbc::dialog
