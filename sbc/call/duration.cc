// How long a call may last: from its answer on, whatever becomes of its session and of its parties meanwhile.

#include "sbc/call/chosen.h"
#include "sbc/call/explaining.h"
#include "sbc/call/machine.h"

namespace sbc::call {

// As far as one side has a say: the place that was called, else its trunk or realm. kNever: as long as others.
base::Instant Machine::latest_end(const Leg& leg, const route::Target* target) const {
  const std::uint32_t seconds = target != nullptr ? target->candidate.max_duration_s : 0;
  if (seconds != 0) return now_ + base::seconds(seconds);
  const auto most =
      chosen(*core_.settings, leg.realm, leg.trunk, &route::Realm::max_duration, &route::Trunk::max_duration);
  return most == base::Duration{} ? base::kNever : now_ + most;
}

void Machine::begin_duration() {
  call_.ends_by = now_ + core_.settings->longest_call;
  arm(call_.duration_timer, TimerKind::Duration, call_.ends_by);
  shorten_duration(latest_end(call_.a, nullptr));
  shorten_duration(call_.max_duration_s != 0 ? now_ + base::seconds(call_.max_duration_s)
                                             : latest_end(call_.b, call_.hunt.current()));
}

// A transfer makes no call longer: who joins it brings the limit of where it comes from, and that of its own place.
void Machine::shorten_duration(base::Instant ends_by) {
  if (ends_by >= call_.ends_by) return;
  call_.ends_by = ends_by;
  arm(call_.duration_timer, TimerKind::Duration, ends_by);
  explain_with(core_.advisor, call_.record, now_, [&] {
    return explain::Noted{"ends in " + std::to_string(static_cast<std::int64_t>(base::to_seconds(ends_by - now_))) +
                          " s at the latest (max_duration)"};
  });
}

void Machine::duration_over() {
  note(Note::Level::Info, "the call has lasted for as long as it may");
  feed(Event::Kill, {.cause = EndCause::MaxDuration});
}

}  // namespace sbc::call
