#pragma once
// Why a packet was not forwarded. Each drop is counted once, under the first reason met.

#include <array>
#include <cstdint>
#include <string_view>

namespace flow {

enum class Drop : std::uint8_t {
  NoFlow,           // the port belongs to no flow
  Empty,            // no bytes: a keep-alive (RFC 6263 4.1)
  Stun,             // RFC 7983: 0..3; no ICE agent on this side
  Dtls,             // RFC 7983: 20..63; no DTLS on this side
  NotMedia,         // neither RTP nor RTCP by its first bytes
  MalformedRtp,     // RFC 3550 5.1, A.1
  MalformedRtcp,    // RFC 3550 A.2
  MalformedUdptl,   // T.38: not one whole packet; RTP that comes late, mostly
  WrongPort,        // RTP on the RTCP port, or RTCP there after multiplexing was agreed
  WrongSource,      // not the signalled or learned source
  NotAllowed,       // may not be learned: outside the permitted prefixes
  WindowClosed,     // may not be learned: no signalling for too long
  Probation,        // a candidate that has not shown a second packet in sequence yet
  WrongStream,      // from the right source, but another SSRC than the one that is heard
  Contended,        // from the right source, one of two SSRCs that began at one time
  NotReceiving,     // RTP from a side that is not received from (sendonly, inactive)
  NotSending,       // RTP towards a side that is not sent to
  NoDestination,    // the other side's address is not known (or is 0.0.0.0)
  Loop,             // the destination is one of our own ports of this flow
  NoKeys,           // SRTP was agreed on, and its keys are not known yet (or cannot be used)
  Unauthentic,      // SRTP: the tag is wrong, or there is none: another key, altered, in clear
  Replayed,         // SRTP: came before, or too late to tell (RFC 3711 3.3.2)
  UnknownKey,       // SRTP: an MKI that was not signalled
  TooManySources,   // SRTP: more sources (SSRC) under one key than are kept
  KeyExpired,       // SRTP: the lifetime of the key towards the other side is over
  IndexUsed,        // SRTP: towards the other side, this sequence number was used before: a duplicate
  StunMalformed,    // ICE: no whole Binding request with a fingerprint
  StunUnauthentic,  // ICE: no credentials, or others than were signalled
  StunRefused,      // ICE: an unknown attribute, a conflict of roles, or consent was lost under these credentials
  NotChecked,       // ICE: from an address from which no authentic check came
  DtlsMalformed,    // DTLS: not a row of records
  DtlsUnexpected,   // DTLS: not what may come now: a hello after the handshake, an alert in the clear
  DtlsCookie,       // DTLS: a hello that brings no cookie, told to come again
  NoCodec,          // transcoding: a payload type that this side does not get
  TooLate,          // transcoding: what came behind it has been coded already
  Undecodable,      // transcoding: no payload of its codec
  PayloadType,      // rewriting: the other side is not to get this payload type
  Straggler,        // rewriting: of a source that was replaced, or a leap that no second packet has confirmed yet
  SpokenOver,       // rewriting: we are sending a digit towards the other side ourselves
  PlayedOver,       // we are playing a sound towards the other side
  DigitTone,        // the tone of a digit that is told, and therefore not heard as well
  RtcpEmptied,      // rewriting: RTCP of which nothing is true for the other side (a BYE alone)
  NoLine,           // of a bundle: neither its name nor its source nor its payload type is that of one line
};
inline constexpr std::size_t kDropReasons = static_cast<std::size_t>(Drop::NoLine) + 1;

std::string_view name_of(Drop reason);  // "no_flow", "wrong_source": label of a metric

using DropCounts = std::array<std::uint64_t, kDropReasons>;

// Likewise in half the room, for each side of each flow. What reaches the end stays there: at a hundred thousand
// packets a second that takes twelve hours.
class DropTally {
 public:
  void add(Drop reason) {
    std::uint32_t& count = counts_[static_cast<std::size_t>(reason)];
    if (count != UINT32_MAX) ++count;
  }
  DropCounts counts() const {
    DropCounts out{};
    for (std::size_t i = 0; i < kDropReasons; ++i) out[i] = counts_[i];
    return out;
  }
  template <typename Carrier>
  void carry(Carrier& c) {
    c(counts_);
  }

 private:
  std::array<std::uint32_t, kDropReasons> counts_{};
};

}  // namespace flow
