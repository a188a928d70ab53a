#pragma once
// The server's 2xx to an INVITE on its way to the ACK (RFC 3261 13.3.1.4): retransmitted by the user agent itself, end
// to end, on every transport; after 64*T1 without ACK the dialog should be ended with BYE. A value: the owner keeps the
// bytes.

#include <cstdint>

#include "media-relay/base/time.h"

namespace sbc::dialog {

class AcceptedInvite {
 public:
  enum class Step : std::uint8_t {
    Idle,    // nothing is due
    Resend,  // send the 2xx again
    GiveUp   // no ACK in 64*T1: BYE. Comes once.
  };

  AcceptedInvite() = default;  // waits for nothing
  explicit AcceptedInvite(std::uint32_t cseq, base::Duration t1 = base::milliseconds(500),
                          base::Duration t2 = base::seconds(4))
      : cseq_(cseq), t1_(t1), t2_(t2) {}

  // The 2xx has just been sent for the first time.
  void start(base::Instant now);

  bool waiting() const { return waiting_; }
  std::uint32_t cseq() const { return cseq_; }
  base::Instant next_deadline() const;  // kNever when nothing is awaited
  Step on_deadline(base::Instant now);
  // True for the first ACK that repeats the INVITE's number; false for repeated or foreign ones.
  bool on_ack(std::uint32_t cseq);
  // The dialog ends otherwise (BYE came before the ACK): nothing is retransmitted any more.
  void stop() { waiting_ = false; }

 private:
  std::uint32_t cseq_ = 0;
  base::Duration t1_{};
  base::Duration t2_{};
  base::Duration interval_{};
  base::Instant resend_at_{};
  base::Instant give_up_at_{};
  bool waiting_ = false;
};

}  // namespace sbc::dialog
