#pragma once
// Provisional responses that must arrive (RFC 3262), both ends, as values: the owner keeps the bytes, sends them, and
// knows which early dialog they belong to.

#include <cstdint>
#include <optional>

#include "media-relay/base/random.h"
#include "media-relay/base/time.h"

#include "sbc/sip/cseq.h"

namespace sbc::dialog {

// The server: numbers its reliable responses, repeats the one that is not acknowledged, and matches PRACKs. One at a
// time: RFC 3262 3 forbids more before the first is acknowledged, and advises against it after that.
class ReliableServer {
 public:
  enum class Step : std::uint8_t {
    Idle,    // nothing is due
    Resend,  // send the response again
    GiveUp   // no PRACK in 64*T1: reject the INVITE with a 5xx (RFC 3262 3). Comes once.
  };

  explicit ReliableServer(base::Duration t1 = base::milliseconds(500)) : t1_(t1) {}

  // The RSeq of a response that is about to be sent for the first time: random from 1 to 2^31-1, then one higher each
  // time. nullopt: the one before is not acknowledged yet.
  std::optional<std::uint32_t> start(base::Random& random, base::Instant now);
  // A response has gone out and no PRACK has come for it.
  bool waiting() const { return waiting_; }
  // Some response went out reliably.
  bool used() const { return rseq_ != 0; }

  base::Instant next_deadline() const;  // kNever when nothing is repeated
  // Repeats come after T1, 2*T1, 4*T1...: unlike a 2xx's, the interval has no ceiling (RFC 3262 3).
  Step on_deadline(base::Instant now);
  // Whether the PRACK acknowledges the response that waits. `invite_cseq`: of the INVITE that it answers. Otherwise the
  // PRACK deserves 481.
  bool on_prack(const sip::RAck& rack, std::uint32_t invite_cseq);
  // The INVITE got its final response, or the early dialog ended: nothing is repeated any more, but a PRACK that is on
  // its way still matches.
  void stop() { resending_ = false; }

 private:
  base::Duration t1_;
  base::Duration interval_{};
  base::Instant resend_at_{};
  base::Instant give_up_at_{};
  std::uint32_t rseq_ = 0;  // of the last one; 0: none yet
  bool waiting_ = false;
  bool resending_ = false;
};

// The client: takes the reliable responses of one early dialog in their order (RFC 3262 4).
class ReliableClient {
 public:
  enum class Verdict : std::uint8_t {
    Take,    // the next one: process it and acknowledge it with PRACK
    Repeat,  // processed before: its PRACK is on its way by itself
    Gap      // one before it is missing: neither acknowledged nor processed; it will come again
  };
  Verdict on_response(std::uint32_t rseq);

 private:
  std::uint32_t last_ = 0;  // 0: none yet
};

}  // namespace sbc::dialog
