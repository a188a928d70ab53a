// How a flow sounds, told while it lasts.

#include <algorithm>
#include <utility>

#include "media-relay/flow/flow.h"

namespace flow {

void Flow::start_reports(base::Instant now) {
  if (spec_.quality_interval <= base::Duration{} || spec_.transport != Transport::Rtp) {
    report_due_ = base::kNever;
    for (Half& h : halves_) h.stayed = std::nullopt;
    return;
  }
  if (report_due_ == base::kNever)
    for (Half& h : halves_) {
      h.told = h.sums();
      h.stayed = Residence{};
    }
  // A change of the spec in between moves nothing.
  report_due_ = std::min(report_due_, now + spec_.quality_interval);
}

void Flow::report_quality(base::Instant now, std::vector<Event>& events) {
  report_due_ = now + spec_.quality_interval;
  Quality quality;
  bool heard = false;
  for (const Side side : {Side::A, Side::B}) {
    Half& h = half(side);
    const Half::Sums sums = h.sums();
    Stretch& stretch = quality.from[index_of(side)];
    stretch.packets = sums.packets - h.told.packets;
    stretch.expected = sums.expected > h.told.expected ? sums.expected - h.told.expected : 0;
    stretch.lost = sums.lost - h.told.lost;
    stretch.jitter = h.reception.jitter();
    stretch.ssrc = h.reception.ssrc();
    stretch.payload_type = h.reception.payload_type();
    stretch.round_trip = h.reports.round_trip();
    stretch.reported = h.reports.block();
    stretch.voip = h.reports.voip();
    stretch.residence = h.stayed ? std::exchange(*h.stayed, {}) : Residence{};
    h.told = sums;
    heard = heard || stretch.packets != 0;
  }
  if (heard) events.emplace_back(quality);
}

}  // namespace flow
