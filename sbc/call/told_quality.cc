// What the relay tells of how an answered call sounds: to the log, to counters and to the policy.

#include <chrono>

#include "sbc/call/calls.h"

namespace sbc::call {
namespace {

std::optional<double> as_milliseconds(base::Duration d) {
  return std::chrono::duration<double, std::milli>(d).count();
}

policy::QualityFacts facts_of(std::string event, const StreamQuality& heard) {
  policy::QualityFacts facts;
  facts.event = std::move(event);
  facts.codec = heard.codec;
  facts.mos = heard.mos;
  if (heard.packets == 0) return facts;
  facts.loss = heard.loss;
  facts.jitter_ms = as_milliseconds(heard.jitter);
  if (heard.round_trip) facts.round_trip_ms = as_milliseconds(*heard.round_trip);
  facts.reported_loss = heard.reported_loss;
  facts.reported_mos = heard.reported_mos;
  return facts;
}

}  // namespace

void Machine::tell_quality(policy::QualityFacts quality, EndedBy party) {
  if (!call_.record.answered || !core_.advisor.hears_quality(call_.arrival)) return;
  const bool caller = party == EndedBy::Caller;
  const QualityWatch& watch = call_.record.watch[caller ? 0 : 1];
  quality.party = std::string(name_of(party));
  quality.trunk = call_.leg(caller ? Side::A : Side::B).trunk;
  quality.worst_mos = watch.worst;
  quality.falls = watch.falls;
  quality.elapsed_ms =
      static_cast<std::uint32_t>(std::chrono::duration_cast<base::milliseconds>(now_ - call_.answered_at).count());
  const bool stowed = call_.invite.stowed();
  const sip::MessagePtr invite = call_.invite.get();  // the facts look into it
  core_.advisor.quality(facts(), quality);
  if (stowed) call_.invite.stow();
}

// One side is heard and the other is not: a NAT or a filter, mostly. Nothing ends by it.
void Calls::on_one_sided(Call& call, const control::OneSided& event, base::Instant now, Output& out) {
  const bool caller = event.silent == control::HalfSide::A;
  ++(caller ? core_.counters.silent_callers : core_.counters.silent_callees);
  const EndedBy party = caller ? EndedBy::Caller : EndedBy::Callee;
  call.record.silent = party;
  out.notes.push_back(note_about(call, Note::Level::Warning,
                                 "one-sided audio: nothing has come from the " + std::string(name_of(party)) + " for " +
                                     std::to_string(event.silent_ms / 1000) + " s, while the other side is heard"));
  Machine(core_, call, now, out).tell_quality(facts_of("silent", {}), party);
}

void Calls::on_quality(Call& call, const control::Quality& event, base::Instant now, Output& out) {
  const auto lately = quality_of(call.media.told(), {event.lately});
  if (!lately || !is_first_audio(call.media.told(), event.lately.index)) return;
  ++core_.counters.quality_reports;
  for (const EndedBy party : {EndedBy::Caller, EndedBy::Callee}) {
    const bool caller = party == EndedBy::Caller;
    const StreamQuality& heard = caller ? lately->from_a() : lately->from_b();
    QualityWatch& watch = call.record.watch[caller ? 0 : 1];
    const bool was_low = watch.low;
    if (watch.falls_with(heard, core_.settings->low_mos)) {
      ++(caller ? core_.counters.low_callers : core_.counters.low_callees);
      out.notes.push_back(
          note_about(call, Note::Level::Info,
                     "audio has become bad: from the " + std::string(name_of(party)) + " " + text_of(heard)));
    }
    if (watch.low != was_low)
      Machine(core_, call, now, out).tell_quality(facts_of(watch.low ? "low" : "recovered", heard), party);
  }
}

}  // namespace sbc::call
