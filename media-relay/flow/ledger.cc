// How a flow comes back when its process died without a word. A checkpoint says what it was some time ago; what must
// not be wrong by a packet, how far the counters of SRTP had come, is in its ledger.
//
// Numbers of streams of our own are neither: they go on with a leap. It is longer than what can have been sent since
// the checkpoint, and shorter than what a listener takes for a restart (RFC 3550 A.1: MAX_DROPOUT, 3000) or would read
// as another rollover (RFC 3711 3.3.1: 2^15). Where it should still be too short, the ledger keeps an index from being
// used twice (RFC 3711 9.1): such packets are dropped until the numbers have passed it. Packets that are relayed bring
// the numbers of their sender, who has gone on meanwhile.

#include <algorithm>

#include "media-relay/flow/flow.h"

namespace flow {
namespace {

constexpr std::array kSides{Side::A, Side::B};

// No packets of audio are shorter than this.
constexpr base::Duration kShortestPacket = base::milliseconds(5);
constexpr std::uint16_t kFewPackets = 32;
constexpr base::Duration::rep kLongestLeap = 2500;

std::uint16_t leap_after(base::Duration passed) {
  const auto packets = std::max<base::Duration::rep>(passed / kShortestPacket, 0) + kFewPackets;
  return static_cast<std::uint16_t>(std::min(packets, kLongestLeap));
}

}  // namespace

void Flow::keep_in(Ledger* ledger) {
  ledger_ = ledger;
  keep_counters();
}

// The number first: whoever finds this half done finds other keys than the checkpoint's.
void Flow::keep_counters() {
  if (ledger_ == nullptr) return;
  ledger_->keyings = ++keyings_;
  for (const Side side : kSides) {
    Ledger::Half& kept = ledger_->half[index_of(side)];
    kept = {};
    if (half(side).former) half(side).former->keep_in(nullptr);  // it does not come back
    if (half(side).sender) half(side).sender->keep_in(&kept.sent);
    if (half(side).receiver) half(side).receiver->keep_in(&kept.received);
  }
}

bool Flow::catch_up(const Ledger& last, base::Instant now) {
  if (last.keyings != keyings_) return false;
  for (const Side side : kSides) {
    Half& h = half(side);
    const Ledger::Half& kept = last.half[index_of(side)];
    if (h.sender && !h.sender->catch_up(kept.sent)) return false;
    if (h.receiver && !h.receiver->catch_up(kept.received)) return false;
    if (h.rewriter) h.rewriter->stream().leap(leap_after(now - h.rewriter->stream().state().sent_at));
    // It tells no times; its packets are 10 ms long at least, and it was asked some seconds ago.
    if (h.transcoder) h.transcoder->leap(static_cast<std::uint16_t>(kLongestLeap));
  }
  return true;
}

}  // namespace flow
