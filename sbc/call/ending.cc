#include "sbc/call/ending.h"

#include <algorithm>
#include <chrono>

#include "sbc/call/advisor.h"
#include "sbc/call/calls.h"
#include "sbc/call/output.h"

namespace sbc::call {
namespace {

std::string cause_of(EndCause cause) {
  switch (cause) {
    case EndCause::Bye:
      return "bye";
    case EndCause::Cancel:
      return "cancel";
    case EndCause::MediaTimeout:
      return "media_timeout";
    case EndCause::HungUp:
      return "hung_up";
    case EndCause::MaxDuration:
      return "max_duration";
    case EndCause::Shutdown:
      return "shutdown";
    case EndCause::NoAnswer:
    case EndCause::NoAck:
    case EndCause::SessionExpired:
      return "timeout";
    case EndCause::Rejected:
    case EndCause::Policy:
    case EndCause::Limit:
    case EndCause::Unreachable:
      return "rejected";
    case EndCause::RelayFailure:
    case EndCause::NotSecured:
    case EndCause::NotRecorded:
    case EndCause::BadMedia:
    case EndCause::PeerGone:
    case EndCause::Error:
      break;
  }
  return "error";
}

std::uint32_t milliseconds_of(base::Duration d) {
  return static_cast<std::uint32_t>(std::chrono::duration_cast<base::milliseconds>(d).count());
}

double exact_milliseconds_of(base::Duration d) {
  return std::chrono::duration<double, std::milli>(d).count();
}

policy::StreamFacts stream_facts(const LineQuality& line, const StreamQuality& stream, bool caller) {
  policy::StreamFacts facts;
  facts.line = line.index + 1;
  facts.kind = line.kind;
  facts.party = std::string(name_of(caller ? EndedBy::Caller : EndedBy::Callee));
  facts.codec = stream.codec;
  facts.packets = static_cast<std::uint32_t>(std::min<std::uint64_t>(stream.packets, UINT32_MAX));
  facts.mos = stream.mos;
  facts.loss = stream.loss;
  facts.jitter_ms = exact_milliseconds_of(stream.jitter);
  if (stream.round_trip) facts.round_trip_ms = exact_milliseconds_of(*stream.round_trip);
  facts.reported_mos = stream.reported_mos;
  facts.reported_loss = stream.reported_loss;
  if (!stream.residence) return facts;
  facts.inside_ms = exact_milliseconds_of(stream.residence->mean);
  facts.longest_inside_ms = exact_milliseconds_of(stream.residence->longest);
  return facts;
}

}  // namespace

policy::EndFacts end_facts(const CallRecord& record) {
  policy::EndFacts facts;
  facts.answered = record.answered;
  facts.status = record.status;
  facts.reason = std::string(name_of(record.cause));
  facts.cause = cause_of(record.cause);
  facts.ended_by = std::string(name_of(record.by));
  facts.trunk = record.trunk_b;
  facts.setup_ms = milliseconds_of(record.setup);
  facts.duration_ms = milliseconds_of(record.duration);
  if (record.rang) {
    facts.pdd_ms = milliseconds_of(*record.rang);
    facts.rung_ms = milliseconds_of(std::max(record.setup - *record.rang, base::Duration{}));
  }
  facts.call_class = record.call_class;
  facts.cdr = record.cdr;
  if (record.silent) facts.silent = std::string(name_of(*record.silent));
  facts.caller_worst_mos = record.watch[0].worst;
  facts.callee_worst_mos = record.watch[1].worst;
  if (!record.quality) return facts;
  const StreamQuality& a = record.quality->from_a();
  const StreamQuality& b = record.quality->from_b();
  facts.caller_mos = a.mos;
  facts.callee_mos = b.mos;
  if (a.packets != 0) facts.caller_loss = a.loss;
  if (b.packets != 0) facts.callee_loss = b.loss;
  for (const LineQuality& line : record.quality->lines)
    for (const bool caller : {true, false})
      if (const StreamQuality& stream = caller ? line.from_a : line.from_b; stream.packets != 0)
        facts.streams.push_back(stream_facts(line, stream, caller));
  return facts;
}

void write_off(Advisor& advisor, Ending ending, Output& out) {
  advisor.end(ending.facts, end_facts(ending.record));
  out.records.push_back(std::move(ending.record));
}

// --- the relay's last word --------------------------------------------------------------------------------------

// About a call that is gone; anything but its Close was asked before that, and is no longer of interest.
void Calls::on_last_reply(const control::RelayReply& reply, Output& out) {
  const auto found = core_.endings.find(reply.owner);
  if (found == core_.endings.end()) return;
  const auto* closed = std::get_if<control::Closed>(&reply.reply);
  if (closed == nullptr && !std::holds_alternative<control::Error>(reply.reply)) return;
  Ending ending = std::move(found->second);
  core_.endings.erase(found);
  core_.timers.cancel(ending.timer);
  if (closed != nullptr) ending.record.quality = quality_of(ending.told, closed->stats);
  write_off(core_.advisor, std::move(ending), out);
}

void Calls::on_ending_due(CallHandle call, Output& out) {
  const auto found = core_.endings.find(call.pack());
  if (found == core_.endings.end()) return;
  Ending ending = std::move(found->second);
  core_.endings.erase(found);
  write_off(core_.advisor, std::move(ending), out);
}

}  // namespace sbc::call
