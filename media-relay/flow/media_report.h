#pragma once
// RTCP beside audio that is transcoded. As RFC 3550 7.2 has it of translators that change the encoding: sender reports
// tell the packets, bytes and timestamps that leave; reports about a stream of ours become reports about what its
// sender sent. RFC 8079 3.2 asks the same of a B2BUA.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "media-relay/flow/transcoder.h"
#include "media-relay/rtp/reception.h"

namespace flow {

// How the stream of one side has come to us, since it was asked last.
class ReceptionReport {
 public:
  // Of 256, of the packets since the last call (RFC 3550 A.3).
  std::uint8_t fraction_lost(const rtp::Reception& reception);

  template <typename Carrier>
  void carry(Carrier& c) {
    c(expected_, lost_);
  }

 private:
  std::uint64_t expected_ = 0;
  std::int64_t lost_ = 0;
};

struct ReportChange {
  // Of the sender of the compound, towards the other side; null: its stream leaves as it came.
  const Transcoder* sent = nullptr;
  // Of the other side, towards the sender of the compound, which reports on what that makes; null: what leaves is what
  // came.
  const Transcoder* heard = nullptr;
  const rtp::Reception* reception = nullptr;  // of the other side's stream; with `heard`
  ReceptionReport* report = nullptr;          // likewise
};

// Changes a compound (which has passed rtp::read_compound) in place and returns its new size, which is never larger.
// What speaks of packets of ours that its reader has never seen by their numbers (feedback of RFC 4585, the loss,
// duplicates, times and statistics of extended reports) is taken out; round trips stay, and so do VoIP metrics, with
// the loss on both sections of the way (RFC 3611 4.4, 4.5, 4.7). 0: nothing is left.
std::size_t change_reports(std::span<std::byte> compound, const ReportChange& change);

}  // namespace flow
