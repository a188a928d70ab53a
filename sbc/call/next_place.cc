// RFC 3263 4.3: an INVITE that a place of a name did not take goes to the name's next place as it was, but for its
// branch; inside a dialog under_way.h does that.

#include "sbc/call/machine.h"

namespace sbc::call {

// Of the attempt that has just failed; of the one that was just abandoned when there is none. nullptr: no INVITE was
// sent.
std::unique_ptr<Repeat> Machine::repeat_of(const std::optional<Attempt>& attempt, const Leg& leg) {
  if (!attempt && call_.strays.empty()) return nullptr;
  const Attempt& failed = attempt ? *attempt : call_.strays.back();
  if (failed.start.call_id.empty()) return nullptr;
  auto repeat = std::make_unique<Repeat>();
  repeat->start = failed.start;
  repeat->hop = failed.hop;
  repeat->contact = leg.contact;
  repeat->session = leg.session;
  if (attempt) return repeat;
  // We gave up before the transaction did. If its INVITE, which is being cancelled, has got through after all, an equal
  // one that comes by another way would be refused as merged (RFC 3261 8.2.2.2). A higher number makes it a new try.
  repeat->same_number = false;
  call_.strays.back().shares_tag = true;
  return repeat;
}

void Machine::repeat_next(std::unique_ptr<Repeat> repeat) {
  if (!repeat) return;
  if (call_.offered) repeat->identity = call_.offered->identity(Side::B);
  // Nobody whom the failed INVITE reached answers the next one, which has its tag.
  for (Fork& fork : call_.forks) {
    fork.attempt.clear();
    fork.b.reset();
  }
  call_.repeat = std::move(repeat);
}

}  // namespace sbc::call
