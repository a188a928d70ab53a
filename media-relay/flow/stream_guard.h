#pragma once
// Which stream (SSRC) of the right source is heard: what decides whether a packet with a forged address is media.
//
// A source address can be forged. Where there is one stream at a time (audio, text and most video in clear) the SSRC is
// what a forger who cannot listen does not know.
//
//                 proved, alone          another one is proved before it has settled
//   (nobody) -------------------> (heard) ------------------------------------------> (contended: nobody is heard)
//      ^                           |  ^                                                            |
//      |   another peer            |  |  known, or vouched for: at once                            |
//      +---------------------------+  |  silence, and a proved successor          one is left, or the later of two
//                                     +------------------------------------------------------------+
//
// Proved: three packets in sequence over 30 ms at least, so that a burst proves nothing; of video and text, which come
// in bursts and in single packets, two in sequence. A copy, or a packet that was overtaken, proves nothing and breaks
// nothing.
//
// Once a stream is heard, another one passes only when that has been silent for a while: 100 ms, or twice the longest
// pause that it has made (a talker with silence suppression), up to kLongestWait; a minute of text. When others have
// been coming between its packets, somebody sends at the same time, and it must have been silent for kContested. The
// stream that was heard first, and the last one before (for long, if there are several), come back at once, and whoever
// was heard meanwhile may not do the same.
//
// When two begin, neither wins by being first: until the one that is heard has settled (kSettling), a second one that
// is proved stops both. One is heard when the other has fallen silent, and else, after kContest, the later one: whoever
// sends blindly was there before the peer could know where to. While there are three, nobody is heard. Who lost is not
// heard before the winner has fallen silent.
//
// Who speaks before he may (no address was named, on hold), from elsewhere, or is of the peer before, teaches nothing
// and is suspect: afterwards he waits for somebody better for kSuspectPatience, and gives way to him for kSuspicion.
// Where three of them have spoken a moment ago, somebody attacks, and a new stream needs more proof.
//
// A peer that reports on what we send it knows our SSRC, which nobody knows who only knows addresses: the stream in
// whose name such a report comes (`vouch`) is the peer's, and is heard at once. Where the peer's description says which
// streams are its own (RFC 5576), no other is heard at all, whether they come one at a time or not.

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "media-relay/base/time.h"
#include "media-relay/flow/drop.h"
#include "media-relay/flow/limits.h"

namespace flow {

class StreamGuard {
 public:
  struct Rules {
    bool one_stream = false;
    bool steady = false;                      // audio, video: while it speaks its packets come in a row
    bool probation = false;                   // audio: the first packets of the first stream are not heard, either
    bool listening = true;                    // the peer may send, and knows where to
    base::Duration silence = kStreamSilence;  // before another one takes its place
    const std::vector<std::uint32_t>* sources = nullptr;  // SSRCs that are the peer's; null or empty: any
    friend bool operator==(const Rules&, const Rules&) = default;
  };
  void open(const Rules& rules, base::Instant now);
  // The peer has another address: its stream may go on, or begin anew.
  void move();
  // The peer will be where nobody was expected: who came from elsewhere may have come from there.
  void come_near(base::Instant now);
  // Another peer: the streams of the one before are nobody's.
  void leave(base::Instant now);

  // The common case: a packet of the stream that is heard, and taking note of it.
  bool goes_on(std::uint32_t ssrc) const { return known_ && ssrc == ssrc_; }
  void note(std::uint16_t sequence, base::Instant now) {
    if (rival_came_) meet_rival(now);
    if (now - heard_at_ > kStreamSilence) note_pause(now);
    heard_at_ = now;
    sequence_ = sequence;
  }

  // A packet of any other one: nothing when it is heard from now on.
  std::optional<Drop> admit(std::uint32_t ssrc, std::uint16_t sequence, base::Instant now);
  // What is authentic needs no proof.
  void hear(std::uint32_t ssrc, std::uint16_t sequence, base::Instant now);
  // Speaks though it is not listened to; `near`: from where the peer could be.
  void overhear(std::uint32_t ssrc, bool near, base::Instant now);
  // Who sends under this name knows what only the peer is sent.
  void vouch(std::uint32_t ssrc) {
    if (rules_.one_stream) vouched_ = ssrc;
  }
  // RTCP in clear in a name that nothing shows to be the peer's.
  bool contradicts(std::uint32_t ssrc) const;
  // A stream that the peer has not called its own.
  bool is_foreign(std::uint32_t ssrc) const;

  bool known() const { return known_; }
  std::uint32_t ssrc() const { return ssrc_; }
  std::uint16_t sequence() const { return sequence_; }  // of the last packet that was heard

  // Streams that are not heard begin again.
  template <typename Carrier>
  void carry(Carrier& c) {
    c(known_, ssrc_, sequence_, heard_at_, since_, longest_pause_, home_, displaced_, vouched_);
  }

 private:
  struct Contender {
    std::uint32_t ssrc = 0;
    std::uint16_t sequence = 0;
    std::uint16_t in_row = 0;  // packets in sequence; 0: unused
    base::Instant began{};
    base::Instant last{};
  };
  struct Early {
    std::uint32_t ssrc = 0;
    bool near = false;
    base::Instant first{};
    base::Instant last{};
  };
  using Contenders = std::array<Contender, kContenders + 1>;  // the last place: who was heard before a contest
  Contenders& contenders();
  std::optional<Drop> come_back(std::uint32_t ssrc, std::uint16_t sequence, base::Instant now);
  std::optional<Drop> challenge(const Contender& c, base::Instant now);
  std::optional<Drop> begin_contest(const Contender& c, base::Instant now);
  std::optional<Drop> decide(const Contender& c, base::Instant now);
  // Null: there is no place for another one.
  const Contender* meet(std::uint32_t ssrc, std::uint16_t sequence, base::Instant now);
  // Null: there are enough.
  Early* early_of(std::uint32_t ssrc, base::Instant now);
  void look_for_attack(base::Instant now);
  Contender* place_for(std::uint32_t ssrc, base::Instant now);
  void succeed(Contender c, base::Instant now);
  bool is_trusted(std::uint32_t ssrc) const { return ssrc == vouched_ || ssrc == home_ || ssrc == displaced_; }
  bool is_proved(const Contender& c, base::Instant now) const;
  bool is_alive(const Contender& c, base::Instant now) const { return now - c.last < kStreamAlive; }
  bool is_suspect(std::uint32_t ssrc) const;
  bool has_lost(std::uint32_t ssrc, base::Instant now) const;
  bool is_attacked(base::Instant now) const { return now < attacked_until_; }
  bool is_waiting(std::uint32_t ssrc, base::Instant now) const;
  bool is_settled(base::Instant now) const { return ssrc_ == vouched_ || now - since_ >= kSettling; }
  bool is_silent(base::Instant now) const;
  void note_pause(base::Instant now);
  void meet_rival(base::Instant now);

  Rules rules_;
  bool known_ = false;       // ssrc_ is heard
  bool rival_came_ = false;  // another one came since its last packet
  bool contested_ = false;   // nobody was heard for a while, because two spoke
  std::uint8_t next_place_ = 0;
  std::uint16_t sequence_ = 0;
  std::uint32_t ssrc_ = 0;
  unsigned rivals_ = 0;  // how often another one came
  base::Instant heard_at_{};
  base::Instant contested_until_{};
  base::Instant since_{};                   // it has been heard
  base::Duration longest_pause_{};          // that the peer came back from
  std::optional<std::uint32_t> home_;       // the first that had settled
  std::optional<std::uint32_t> displaced_;  // the stream that was heard before
  std::optional<std::uint32_t> vouched_;
  std::optional<std::uint32_t> refused_;  // lost to the one that is heard
  base::Instant listening_since_{};
  base::Instant attacked_until_{};
  // What is known of those that are not heard: made when the first of them comes.
  std::unique_ptr<Contenders> contenders_;
  std::vector<Early> early_;  // at most kEarlyStreams
};

}  // namespace flow
