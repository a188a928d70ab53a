#pragma once
// The stream that one listener hears from us: one SSRC, sequence numbers without seams and timestamps that go on,
// whoever speaks behind it. Several sources feed it, one at a time: packets that are relayed, digits and audio of our
// own.
//
//   relayed 17 18 19 | other SSRC 900 901 | own digit        | 906 907
//   leaves  50 51 52 |             53  54 | 55 56 57 58 59   |  60  61
//
// RFC 3550 7.1 calls that a translator or mixer's right when it sends under its own SSRC, and RFC 8079 3.2 asks a B2BUA
// that changes SSRC or numbers to translate RTCP alike (rtp/translate.h). Late packets keep the places that were kept
// for them. When a source takes over (another SSRC, a confirmed restart of its numbers as in RFC 3550 A.1, a leap of
// its timestamps), its first packet leaves with the next number and a timestamp that is ahead of the last one by the
// time that has passed.
//
// A stream that begins with a source that is relayed takes that source's name and numbers (`adopt`): as long as the
// source stays, what leaves is what came.
//
// Pure: time is an argument. Its state is plain values, so that it can be kept over a restart.

#include <cstdint>
#include <optional>

#include "media-relay/base/time.h"
#include "media-relay/rtp/header.h"

namespace rtp {

// What a packet is sent with, beside the stream's SSRC.
struct Stamp {
  std::uint16_t sequence = 0;
  std::uint32_t timestamp = 0;
  bool first = false;  // of a source that has taken over: audio gets the marker (RFC 3551 4.1)
};

class OutgoingStream {
 public:
  // Input numbers from `from` on leave with this added.
  struct Shift {
    std::uint16_t from = 0;
    std::uint16_t offset = 0;
    bool used = false;

    template <typename Carrier>
    void carry(Carrier& c) {
      c(from, offset, used);
    }
  };
  struct State {
    std::uint32_t ssrc = 0;     // ours
    std::uint16_t next = 0;     // sequence number of the next packet in order
    std::uint32_t clock = 0;    // of the last media, Hz; 0: none yet
    std::uint32_t packets = 0;  // sent, and their payload bytes, as in a sender report (RFC 3550 6.4.1)
    std::uint32_t octets = 0;
    // The newest media packet that left.
    bool sent = false;
    std::uint32_t timestamp = 0;  // before anything was sent: that of the first packet
    base::Instant sent_at{};
    std::uint32_t step = 0;  // what timestamps advance by between two packets
    // The source that is relayed.
    bool relaying = false;
    std::uint32_t source = 0;
    std::uint16_t highest = 0;
    std::uint32_t cycles = 0;  // of its numbers, shifted by 16
    std::uint32_t source_timestamp = 0;
    base::Instant source_at{};
    Shift shift;
    std::optional<Shift> before;  // for packets that come late
    std::uint32_t timestamp_offset = 0;
    bool interrupted = false;              // something else was sent since its last packet
    std::optional<std::uint16_t> restart;  // the number that would confirm a restart
    std::optional<std::uint32_t> left;     // the source before it ...
    base::Instant taken_over{};            // ... until then

    template <typename Carrier>
    void carry(Carrier& c) {
      c(ssrc, next, clock, packets, octets, sent, timestamp, sent_at, step, relaying, source, highest, cycles,
        source_timestamp, source_at, shift, before, timestamp_offset, interrupted, restart, left, taken_over);
    }
  };

  // A random SSRC, and a random place to begin. RFC 3711 3.3.1: a first number below 2^15 cannot be mistaken for one
  // of another rollover when the first packets are lost.
  OutgoingStream(std::uint32_t ssrc, std::uint16_t sequence, std::uint32_t timestamp);
  explicit OutgoingStream(const State& state) : s_(state) {}
  const State& state() const { return s_; }
  template <typename Carrier>
  void carry(Carrier& c) {
    c(s_);
  }

  // Nothing has been sent yet, nor relayed.
  bool fresh() const { return !s_.sent && !s_.relaying && s_.packets == 0; }
  // Of a fresh stream: it begins as if it were this packet's source.
  void adopt(const Header& packet);

  // A packet of a source that leaves. `clock` is that of its payload type in Hz, 0: not known. nullopt: it has no place
  // in the stream: a straggler of a source that was replaced, or a leap that the next packet must confirm.
  std::optional<Stamp> relay(const Header& packet, std::uint32_t clock, base::Instant now);
  // Likewise a telephone-event, whose timestamp stands still while time goes on (RFC 4733 2.5.1.2).
  std::optional<Stamp> relay_event(const Header& packet, base::Instant now);
  // A packet of the source that does not leave: its number leaves no gap.
  void swallow(const Header& packet);
  // Whatever comes next is another source, even under the same SSRC.
  void forget_source() {
    s_.relaying = false;
    s_.left.reset();
  }

  // Leaves so many numbers out: what has been sent under them is not known. Who is relayed next takes over.
  void leap(std::uint16_t numbers);

  // Sources of our own: the timestamp of something that begins now, ...
  std::uint32_t timestamp_at(base::Instant now) const;
  // ... (for a report: what is heard at this moment) ...
  std::uint32_t media_time(base::Instant now) const;
  // ... and the numbers of their packets one after another. What `relay` is given later follows them.
  Stamp own(std::uint32_t timestamp, std::uint32_t clock, base::Instant now);
  Stamp own_event(std::uint32_t timestamp);

  void count(std::size_t payload_bytes) {
    ++s_.packets;
    s_.octets += static_cast<std::uint32_t>(payload_bytes);
  }

  std::uint32_t ssrc() const { return s_.ssrc; }
  std::uint32_t clock() const { return s_.clock == 0 ? kDefaultClock : s_.clock; }
  bool is_source(std::uint32_t ssrc) const { return s_.relaying && ssrc == s_.source; }
  std::optional<std::uint32_t> source() const {
    return s_.relaying ? std::optional<std::uint32_t>(s_.source) : std::nullopt;
  }
  // A timestamp of the present source, as it leaves.
  std::uint32_t timestamp_of(std::uint32_t source_timestamp) const { return source_timestamp + s_.timestamp_offset; }
  // The number of the present source that left as this one, extended as its own listener would (RFC 3550 A.1). nullopt:
  // none, it belongs to an earlier source.
  std::optional<std::uint32_t> source_sequence(std::uint16_t sent) const;

 private:
  static constexpr std::uint32_t kDefaultClock = 8000;

  std::optional<Stamp> place(const Header& packet, bool event, base::Instant now);
  std::optional<std::uint16_t> late(std::uint16_t sequence) const;
  Stamp take_over(const Header& packet, base::Instant now);
  bool confirms_restart(std::uint16_t sequence);
  bool leaps(const Header& packet, base::Instant now) const;
  void advance(std::uint16_t sequence);
  std::uint16_t take_number() { return s_.next++; }

  State s_;
};

}  // namespace rtp
