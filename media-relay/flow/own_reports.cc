// RTCP of ours: of a stream whose source we are for a while, as its listener is played a sound (RFC 8079 3.1: who makes
// media makes its reports).

#include <utility>

#include "media-relay/flow/flow.h"
#include "media-relay/rtp/translate.h"

namespace flow {

base::Instant Flow::next_own_report(Side side) const {
  const Half& h = half(side);
  return h.sound && h.sound->playing() ? h.report_due : base::kNever;
}

void Flow::on_own_report_deadline(Side side, base::Instant now) {
  Half& h = half(side);
  if (!h.sound || !h.sound->playing()) {
    h.report_due = base::kNever;
    return;
  }
  const rtp::OutgoingStream& stream = h.rewriter->stream();
  if (h.report_due == base::kNever) {
    if (stream.state().packets != 0) h.report_due = now + kFirstReport;
    return;
  }
  if (now < h.report_due) return;
  h.report_due = now + kReportInterval;
  // A party that is on hold goes on to report, and what it says is translated for the same stream: two would contradict
  // each other.
  const std::uint64_t passed = half(other(side)).stats.rtcp_packets_in;
  if (is_continuous(side) && std::exchange(h.reports_passed, passed) != passed) return;
  std::vector<std::byte> report(rtp::kOwnReportBytes);
  rtp::write_own_report(report, stream, now);
  h.reports.told(report, now);
  send_own(side, Component::Rtcp, std::move(report));
}

// RFC 3550 6.3.7: a participant that never sent anything says no BYE.
void Flow::say_farewell() {
  for (const Side side : {Side::A, Side::B}) say_farewell(side);
}

void Flow::say_farewell(Side side) {
  const auto& rewriter = half(side).rewriter;
  if (rewriter && rewriter->stream().state().packets != 0) say_farewell(side, rewriter->stream().ssrc());
  // Those of others, who are heard no more either: they may not know that the call is over.
  if (!hears_strange_streams(side) || !half(side).streams) return;
  for (std::uint32_t& ssrc : half(side).streams->sent)
    if (const std::uint32_t gone = std::exchange(ssrc, 0); gone != 0) say_farewell(side, gone);
}

void Flow::say_farewell(Side side, std::uint32_t ssrc) {
  std::vector<std::byte> packet(rtp::kFarewellBytes);
  rtp::write_farewell(packet, ssrc);
  send_own(side, Component::Rtcp, std::move(packet));
}

}  // namespace flow
