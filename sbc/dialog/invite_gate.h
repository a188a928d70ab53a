#pragma once
// One INVITE at a time within a dialog (RFC 3261 14.1, 14.2): what to do with an INVITE that arrives, whether ours may
// leave, and how long to wait after a collision. A value type; the call room asks it and obeys.

#include <cstdint>

#include "media-relay/base/random.h"
#include "media-relay/base/time.h"

namespace sbc::dialog {

class InviteGate {
 public:
  enum class Verdict : std::uint8_t {
    Accept,
    RequestPending,  // ours is in progress: 491 (14.2)
    TooEarly         // an earlier one of theirs has no final response yet: 500 with Retry-After (14.2)
  };

  // An INVITE arrived within the dialog. Accept also notes it as pending.
  Verdict on_remote_invite();
  // Our final response to it went out; ours still waits until theirs is confirmed (14.1).
  void remote_answered();
  // Its ACK came, or will not come.
  void remote_done() { remote_ = Remote::None; }

  // 14.1: ours may not leave while any INVITE is in progress, in either direction. True: noted as pending until
  // local_done().
  bool try_local_invite();
  void local_done() { local_pending_ = false; }  // final response, or its failure

  bool local_pending() const { return local_pending_; }
  bool remote_pending() const { return remote_ == Remote::Pending; }  // without final response

 private:
  enum class Remote : std::uint8_t { None, Pending, Unconfirmed };

  bool local_pending_ = false;
  Remote remote_ = Remote::None;
};

// 14.1: the wait after a 491, in steps of 10 ms: 2.1 to 4 s for the side that made the Call-ID, 0 to 2 s for the other.
base::Duration glare_wait(bool owns_call_id, base::Random& random);

// 14.2: Retry-After of the 500, 0 to 10 seconds.
std::uint32_t retry_after_seconds(base::Random& random);

}  // namespace sbc::dialog
