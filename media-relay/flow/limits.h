#pragma once
// Limits of the flow room.

#include <cstddef>
#include <cstdint>

#include "media-relay/base/time.h"

namespace flow {

// Prefixes that a half may learn from: a signalling peer has one address or a few, and each packet before the latch is
// compared with all of them.
inline constexpr std::size_t kMaxLatchPrefixes = 16;

// EF (RFC 3246), the code point of voice (RFC 4594 4.1).
inline constexpr std::uint8_t kDefaultDscp = 46;

// Sources that may be on probation at once. A stranger who sprays one port can hold back the true source only by
// keeping more sources than this alive between two of its packets.
inline constexpr std::size_t kLatchCandidates = 4;

// How long after signalling a source may be learned unless the spec says otherwise: long enough for a phone to start
// its audio after the answer, short enough that an idle port is not open to strangers.
inline constexpr base::Duration kDefaultLatchWindow = base::seconds(10);

// How long packets under the key of before are opened after another one was agreed on: those that were under way, and
// those that the peer sends until our answer has reached it.
inline constexpr base::Duration kKeyGrace = base::seconds(1);

// How long a learned source must have been silent before, in a reopened window, a source with another SSRC may replace
// it. Five packets at 20 ms, times four for jitter and lost packets.
inline constexpr base::Duration kRelearnSilence = base::milliseconds(400);

// A source that takes the place of a silent one outside of a window shows this many packets in sequence, from where the
// other one stopped: at most a minute of packets of 20 ms later. And it has that place for a while: a NAT gives out
// another binding after a reboot or a change of network, not every second.
inline constexpr unsigned kReboundProof = 3;
inline constexpr std::int32_t kMaxReboundGap = 3000;
inline constexpr base::Duration kReboundPause = base::seconds(5);

// Empty datagrams to a peer from which nothing has come yet, so that a NAT or filter in front of it lets its media and
// ours pass (RFC 7362 4): the phone's own first packet mostly comes within the first of these. And to one that nothing
// has been sent to for the longer time, so that its binding stays open while it is on hold (RFC 6263 4: 15 s).
inline constexpr base::Duration kPierceInterval = base::milliseconds(250);
inline constexpr unsigned kMaxPierces = 20;
inline constexpr base::Duration kKeepaliveInterval = base::seconds(15);

// How long the stream that is heard must have been silent before another one (SSRC) of the same source takes its place:
// five packets at 20 ms. A talker leaves no such gap to whoever forges his address, and a listener hardly hears it when
// a gateway changes its stream.
inline constexpr base::Duration kStreamSilence = base::milliseconds(100);

// A stream that comes between packets of the one that is heard, so many times, is no successor of it: somebody sends at
// the same time. From then on no stream takes the other's place before it has been silent for so long: no pause in
// speech lasts so, and packets of comfort noise come more often (RFC 3389).
inline constexpr unsigned kRivalPackets = 3;
inline constexpr base::Duration kContested = base::seconds(10);

// Text (RFC 4103) pauses between two words, and its source does not change: it leaves its place only after so long.
inline constexpr base::Duration kTextSilence = base::seconds(60);

// What shows that a stream is one (RFC 3550 A.1: packets in sequence), and not a burst: the third packet of 20 ms,
// some of which are early.
inline constexpr unsigned kStreamProof = 3;
inline constexpr base::Duration kStreamProofTime = base::milliseconds(30);

// Who has paused before will pause again: nobody takes its place before twice its longest pause. But not later than
// this, for a call that a switch behind the peer has passed on to somebody else (another SSRC, and no signalling).
inline constexpr base::Duration kLongestWait = base::seconds(2);

// How long a stream must have been heard before another one that speaks at the same time is nobody. A phone begins
// within a second of the answer.
inline constexpr base::Duration kSettling = base::seconds(2);

// A stream of which nothing has come for so long has ended, or pauses: two packets of 200 ms, the longest in use.
inline constexpr base::Duration kStreamAlive = base::milliseconds(400);

// How long two streams that begin at one time are both held back, so that it is seen whether there are more, and
// whether one of them is the end of another call.
inline constexpr base::Duration kContest = base::milliseconds(500);

// While streams contend, a side that is sent nothing else gets a packet so often, and for so long behind the last that
// contends: of its first report (RFC 3550 6.2: after 2.5 s) one will do.
inline constexpr base::Duration kSolicitInterval = base::milliseconds(500);

// The last packets of those that have yet to prove themselves, which are sent on when their stream is heard: three of
// 20 ms, or four of 10 ms, and one more where the source must be learned. What is older is of another beginning, and
// late.
inline constexpr std::size_t kHeldPackets = 5;
inline constexpr base::Duration kHeldFor = base::milliseconds(200);
inline constexpr std::int32_t kMaxHeldGap = 16;

// Streams that are not heard and are watched.
inline constexpr std::size_t kContenders = 8;

// Streams that spoke before they might and are remembered. One that came a moment ago is not forgotten for another one.
inline constexpr std::size_t kEarlyStreams = 64;

// Who has spoken for so long before he might (on hold, before an address was named) is suspect: a phone that resumes is
// faster than a 200 OK that passes two proxies by less. He waits for so long, in which a phone begins, and gives way
// for some time.
inline constexpr base::Duration kSuspectLead = base::milliseconds(500);
inline constexpr base::Duration kSuspectPatience = base::milliseconds(500);
inline constexpr base::Duration kSuspicion = base::seconds(10);

// When three such have spoken a moment ago, a port is attacked by somebody who changes his SSRC. Then the first stream
// is heard when it has gone on for so long: one that began before the peer could know where to is a suspect by then.
inline constexpr base::Duration kAttack = base::seconds(2);
inline constexpr base::Duration kProofUnderAttack = base::milliseconds(1200);

// Packets of UDPTL further from each other than this are of different streams. Fewer are lost in a row, or the stream
// was silent for long enough to begin anew; and of all numbers it is one in two thousand. While somebody sends others,
// only the next few are taken: one in ten thousand.
inline constexpr std::int32_t kMaxNumberGap = 16;
inline constexpr std::int32_t kMaxNumberGapUnderAttack = 3;

// The numbers of a fax machine do not advance faster than this: one packet of each 10 ms, twice. Who sends all numbers
// in turn is soon ahead of it.
inline constexpr int kNumbersPerSecond = 200;

// A fax machine that begins its numbers anew without signalling has been silent for so long.
inline constexpr base::Duration kFaxSilence = base::seconds(1);

// How long after signalling has named both peers a DTLS handshake may take: longer than one attempt with its
// retransmissions (RFC 6347 4.2.4.1: 1 + 2 + 4 + 8 s), and longer than people listen to nothing.
inline constexpr base::Duration kHandshakeLimit = base::seconds(20);

// The shortest and longest media timeout; the spec is held inside. Below a few RTCP intervals (RFC 3550 6.2: 5 s)
// silence proves nothing, and a day is no timeout.
inline constexpr base::Duration kMinMediaTimeout = base::seconds(1);
inline constexpr base::Duration kMaxMediaTimeout = base::hours(24);

// Codecs that one side may send by turns (RFC 3264 10.2).
inline constexpr std::size_t kMaxAudioFormats = 4;

// A gap that is filled with made-up audio. Concealment has faded to silence by then (ITU-T G.711 appendix I: 60 ms),
// and what is filled late is late: a longer gap stays one, for the listener's own concealment.
inline constexpr unsigned kMaxConcealmentMs = 100;

// Reports of a stream that we play (RFC 3550 6.2: every five seconds, the first one after half of that).
inline constexpr base::Duration kReportInterval = base::seconds(5);
inline constexpr base::Duration kFirstReport = kReportInterval / 2;

// Requests for a picture that are told, or asked of a peer: a peer that loses packets repeats them with each, and whole
// pictures are large (RFC 5168 section 4 wants these to be rare as well).
inline constexpr base::Duration kPictureInterval = base::seconds(1);

// Digits of one side that are told in a second, and as many beginnings: a person presses five, a machine that keeps
// RFC 4733's 40 ms and pauses sends twelve. What a peer sends beyond that is nobody's key.
inline constexpr unsigned kMaxDigitsTold = 25;

// How long a sound waits for somebody to play it to: a handshake of DTLS or a NAT that must be learned takes less.
inline constexpr base::Duration kPlayPatience = base::seconds(10);

// Sounds that one worker has coded at once, each in each format that is asked for, and their bytes beside what the
// sounds themselves take. Ten minutes of G.711 are five megabytes.
inline constexpr std::size_t kMaxTracks = 64;
inline constexpr std::size_t kMaxTrackBytes = std::size_t{64} << 20;

}  // namespace flow
