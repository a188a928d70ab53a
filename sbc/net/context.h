#pragma once
// What the parts of one shard's transports share. For this room only.

#include <cstdint>
#include <vector>

#include "media-relay/loop/event_loop.h"

#include "sbc/net/counters.h"
#include "sbc/net/limits.h"
#include "sbc/net/transports.h"
#include "sbc/sip/transport.h"

namespace sbc::net {

struct Context {
  loop::EventLoop& loop;
  const Limits& limits;
  Counters& counters;
  Delegate& delegate;
  loop::TurnEnd& turn_end;

  // Sends that failed where no callback is allowed; told at the end of the turn.
  struct Failure {
    std::uint64_t token = 0;
    sip::Hop hop;
    base::SharedBytes bytes;
    Loss loss = Loss::Unsent;
  };
  std::vector<Failure> failures;

  void fail(Drop reason, std::uint64_t token, const sip::Hop& hop, const base::SharedBytes& bytes = {},
            Loss loss = Loss::Unsent) {
    counters.drop(reason).add();
    if (token == 0) return;
    failures.push_back({token, hop, bytes, loss});
    turn_end.request();
  }
};

}  // namespace sbc::net
