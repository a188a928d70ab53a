#pragma once
// Who may send to one port: the one place that decides whether a stranger's packet is media.
//
//   Strict:  heard = the signalled remote endpoint, nobody else.
//
//   Learn:            signalling                     latched
//            (closed) ----------> (open, for the ------------> (latched): others are counted and dropped
//               ^                  window) |                        |  signalling, remote changed: forget, (open)
//               +---- window passes -------+                        |  signalling, remote the same: keep, and see below
//
//   Hear:    as Learn, of a peer that sends from elsewhere than it listens: what it is sent goes to the signalled
//            endpoint whatever was learned.
//
// In an open window a source is learned when it may be (prefixes) and shows two packets in sequence of one SSRC: a
// single blind packet learns nothing (RFC 3550 A.1 asks the same of a new source). Of SRTP one authentic packet will
// do. The signalled remote endpoint itself is known and needs no second packet; it is also heard outside the window,
// and if it may be learned it displaces a stranger who was faster within kSettling.
//
// In a window that was reopened while latched, another source takes over only if it continues the SSRC that was heard
// (the peer's NAT has moved it) or if the latched one has been silent for kRelearnSilence since then and ought to
// speak, and as soon as that speaks again in its stream it is heard again: a re-INVITE is no chance to steal a call.
// Only who was learned long before the peer was described gives way to another one.
//
// The peer's NAT may also move it while nobody signals (a new binding, another network). Once the learned source has
// been silent for kRelearnSilence, a source that may be learned takes over outside of a window too, if it is authentic,
// or if it goes on in SSRC and sequence where the other one stopped, by kReboundProof packets in a row. Not sooner than
// kReboundPause after the last time: two sources that take turns are no NAT.
//
// A source address can be forged, so what comes from the right one has to be of the right stream as well
// (stream_guard.h, and number_guard.h for UDPTL).

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "media-relay/base/ip.h"
#include "media-relay/base/rare.h"
#include "media-relay/base/time.h"
#include "media-relay/flow/drop.h"
#include "media-relay/flow/limits.h"
#include "media-relay/flow/number_guard.h"
#include "media-relay/flow/spec.h"
#include "media-relay/flow/stream_guard.h"

namespace flow {

// An endpoint that can be sent to: not 0.0.0.0, not multicast, not port 0.
bool is_usable(const base::Endpoint& endpoint);

// What a packet shows of its sender's identity.
struct Evidence {
  std::uint32_t ssrc = 0;
  std::optional<std::uint16_t> sequence;  // RTP only
  bool authentic = false;                 // SRTP: nobody else can have sent it
  bool nameless = false;                  // UDPTL: there is no SSRC that could be continued
};

class SourceGuard {
 public:
  // What signalling says about the port. `remote` is empty when not known or not usable.
  struct Rules {
    LatchMode mode = LatchMode::Strict;
    base::Endpoint remote;
    bool held = false;  // the peer has asked for nothing to be sent (RFC 3264 8.4: 0.0.0.0)
    const std::vector<base::Prefix>* allowed = nullptr;  // must outlive the guard or the next `open`
    base::IpAddress host{};  // empty: any. Else the peer is known by more than addresses to be there
    base::Duration window{};
    StreamGuard::Rules streams = {};  // of RTP
    bool numbered = false;            // UDPTL
  };
  // Signalling has spoken: new rules, and a new window.
  void open(const Rules& rules, base::Instant now);

  struct Verdict {
    std::optional<Drop> drop;
    bool learned = false;  // this packet made its source the learned one
    bool rebound = false;  // and it took the place of another one though nobody had signalled
  };
  Verdict admit(const base::Endpoint& source, const Evidence& evidence, base::Instant now) {
    // The common case first: the source that is heard already.
    if (source == heard_ && !source.empty()) {
      if (evidence.sequence && !evidence.nameless && streams_.goes_on(evidence.ssrc))
        streams_.note(*evidence.sequence, now);
      else if (const auto dropped = takes_over(evidence, now))
        return {dropped, false};
      last_heard_ = now;
      return {};
    }
    return admit_other(source, evidence, now);
  }

  // Whether this is the source that is heard.
  bool hears(const base::Endpoint& source) const { return source == heard_ && !source.empty(); }

  // Why nothing from this source would be admitted now, whatever it shows; nothing is remembered. For a packet that is
  // costly to look into.
  std::optional<Drop> refuses(const base::Endpoint& source, base::Instant now) const;

  // Whether RTCP in clear is said in another name than those of the peer's streams (from the guard of RTP).
  bool contradicts(const Evidence& rtcp) const { return !rtcp.authentic && streams_.contradicts(rtcp.ssrc); }
  // RTCP in clear shows that its sender hears what we send: the stream of that name is the peer's.
  void vouch(std::uint32_t ssrc) { streams_.vouch(ssrc); }

  // Likewise for `admit_companion`.
  std::optional<Drop> refuses_companion(const base::Endpoint& source, const base::IpAddress& rtp_address,
                                        base::Instant now) const;

  // As `admit`, for RTCP that accompanies RTP from an address already learned: the same address needs no further proof,
  // another one gets no hearing.
  Verdict admit_companion(const base::Endpoint& source, const Evidence& evidence, const base::IpAddress& rtp_address,
                          base::Instant now);

  // Keeps an open window open for at least `window` from now.
  void prolong(base::Instant now, base::Duration window) { window_end_ = std::max(window_end_, now + window); }

  // Another peer is to come.
  void leave(base::Instant now);

  // Forgets what was learned and learns afresh until `window` has passed.
  void forget(base::Instant now, base::Duration window);

  // Where to send: the learned source, or before that the signalled remote, but not when the rules exclude it from
  // being learned (a private address behind a NAT). Empty: nowhere, as when held.
  base::Endpoint destination() const;
  std::optional<base::Endpoint> latched() const;

  // What was learned; the rules are set by `open` before. Sources on probation begin again.
  template <typename Carrier>
  void carry(Carrier& c) {
    c(last_remote_, heard_, latched_, learnable_, window_end_, last_heard_, ssrc_, learned_at_, streams_);
    if (numbers_) c(*numbers_);
    c.expect(!latched_ || !heard_.empty());
  }

 private:
  struct Candidate {
    base::Endpoint source;
    std::uint32_t ssrc = 0;
    std::optional<std::uint16_t> sequence;
    unsigned in_row = 0;  // packets in sequence
    base::Instant began{};
  };
  // While some are on probation.
  struct Candidates {
    std::array<Candidate, kLatchCandidates> places{};
    std::size_t next = 0;
  };
  // Who was taken to be silent in a reopened window, and is back: with its stream it is heard again.
  struct Former {
    base::Endpoint source;
    std::uint32_t ssrc = 0;
  };
  Verdict admit_other(const base::Endpoint& source, const Evidence& evidence, base::Instant now);
  Verdict relearn(const base::Endpoint& source, const Evidence& evidence, base::Instant now);
  bool is_allowed(const base::IpAddress& source) const;
  bool is_former(const base::Endpoint& source) const;
  // From where the peer could be, for all that is known.
  bool is_near(const base::IpAddress& source) const;
  bool is_signalled(const base::Endpoint& source, base::Instant now) const;
  // Whether another source than the latched one could be its peer behind a new binding of its NAT.
  bool may_rebind(base::Instant now) const;
  Verdict rebind(const base::Endpoint& source, const Evidence& evidence, base::Instant now);
  // Of the heard source, anything but the stream that is heard: nothing when it passes.
  std::optional<Drop> takes_over(const Evidence& evidence, base::Instant now);
  // Likewise of a source that was learned by this packet.
  Verdict first_of(Verdict verdict, const Evidence& evidence, base::Instant now);
  void forget_stream();
  // What the source has shown, this packet included.
  const Candidate& probation(const base::Endpoint& source, const Evidence& evidence, base::Instant now);
  Verdict learn(const base::Endpoint& source, const Evidence& evidence, base::Instant now);

  // The rules that are asked for later.
  LatchMode mode_ = LatchMode::Strict;
  bool held_ = false;
  bool listening_ = true;
  bool latched_ = false;      // heard_ was learned
  bool learnable_ = false;    // a source may still be learned in this window
  bool provisional_ = false;  // heard_ was learned long before the peer was described
  base::IpAddress host_;
  base::Endpoint remote_;
  base::Endpoint last_remote_;  // the last that was known: a hold does not move a peer
  base::Endpoint heard_;        // the one source that is heard; empty: none yet
  std::uint32_t ssrc_ = 0;      // of the last packet that passed
  const std::vector<base::Prefix>* allowed_ = nullptr;
  base::Instant window_end_{};
  base::Instant last_heard_{};
  base::Instant learned_at_{};
  base::Instant opened_at_{};
  StreamGuard streams_;
  base::Rare<Former> former_;
  base::Rare<NumberGuard> numbers_;  // of UDPTL
  base::Rare<Candidates> candidates_;
};

}  // namespace flow
