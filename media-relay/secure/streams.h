#pragma once
// The counters of each source (SSRC) of one direction: rollover counter, replay windows, the index of SRTCP.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "media-relay/secure/ledger.h"
#include "media-relay/secure/limits.h"
#include "media-relay/secure/replay_window.h"

namespace secure {

struct SourceState {
  std::uint32_t ssrc = 0;
  ReplayWindow<kRtpWindow> rtp;    // the highest index holds the rollover counter above its 16 low bits
  ReplayWindow<kRtcpWindow> rtcp;  // of a receiver
  std::uint32_t next_rtcp = 0;     // of a sender (RFC 3711 3.4: zero at first)

  template <typename Carrier>
  void carry(Carrier& c) {
    c(ssrc, rtp, rtcp, next_rtcp);
  }
};

// The 48-bit index that a sequence number most likely means, 2^16 * ROC + SEQ (RFC 3711 3.3.1 and appendix A), when
// `highest` is the highest index so far. nullopt past 2^48. In the first half of the first round nothing can be older
// than the round: there the number is taken as it is, as libsrtp takes it.
inline std::optional<std::uint64_t> guess_index(std::uint64_t highest, std::uint16_t sequence) {
  constexpr std::uint64_t kRound = 0x10000;
  constexpr std::uint64_t kHalf = 0x8000;
  if (highest <= kHalf) return sequence;
  const auto last = static_cast<std::uint16_t>(highest);
  std::uint64_t round = highest / kRound;
  if (last < kHalf) {
    if (sequence > last && sequence - last > static_cast<int>(kHalf)) --round;  // `highest` is past the first round
  } else if (last - static_cast<int>(kHalf) > sequence) {
    ++round;
  }
  const std::uint64_t index = round * kRound + sequence;
  if (index >= kMaxRtpLifetime) return std::nullopt;
  return index;
}

class Streams {
 public:
  // The state of a source, null when there is none yet.
  SourceState* find(std::uint32_t ssrc) {
    if (last_ < states_.size() && states_[last_].ssrc == ssrc) return &states_[last_];
    for (std::size_t i = 0; i < states_.size(); ++i) {
      if (states_[i].ssrc != ssrc) continue;
      last_ = i;
      return &states_[i];
    }
    return nullptr;
  }
  bool full() const { return states_.size() >= kMaxStreams; }
  // The source must be new, and the table not full. Invalidates what `find` returned.
  SourceState& add(std::uint32_t ssrc) {
    last_ = states_.size();
    states_.emplace_back().ssrc = ssrc;
    return states_.back();
  }

  template <typename Carrier>
  void carry(Carrier& c) {
    c(states_);
    c.expect(states_.size() <= kMaxStreams);
    last_ = 0;
  }

  // From now on what is noted is written there, too; null: nowhere.
  void keep_in(Ledger* ledger) {
    ledger_ = ledger;
    for (const SourceState& state : states_) note(state);
  }
  // To be called when a state that `find` or `add` returned has been changed, before its packet is handed on.
  void note(const SourceState& state) {
    if (ledger_ == nullptr) return;
    const auto at = static_cast<std::size_t>(&state - states_.data());
    if (at < kLedgerSources) {
      Ledger::Source& kept = ledger_->sources[at];
      kept.ssrc = state.ssrc;
      kept.rtcp = state.next_rtcp != 0 ? state.next_rtcp : next_of(state.rtcp);
      kept.rtp = next_of(state.rtp);
    }
    ledger_->count = states_.size();
  }
  // What the ledger of a process that has died knows and `carry` did not: everything up to there counts as seen.
  // Returns how many packets of RTP these are; nullopt when it cannot be known.
  std::optional<std::uint64_t> catch_up(const Ledger& last, bool sends) {
    if (last.count > kLedgerSources || last.count < states_.size()) return std::nullopt;
    std::uint64_t packets = 0;
    for (std::size_t i = 0; i < last.count; ++i) {
      const Ledger::Source& kept = last.sources[i];
      SourceState& state = i < states_.size() ? states_[i] : add(kept.ssrc);
      if (state.ssrc != kept.ssrc || kept.rtp < next_of(state.rtp)) return std::nullopt;
      packets += kept.rtp - next_of(state.rtp);
      if (kept.rtp != 0) state.rtp.close_up_to(kept.rtp - 1);
      if (sends)
        state.next_rtcp = kept.rtcp;
      else if (kept.rtcp != 0)
        state.rtcp.close_up_to(kept.rtcp - 1);
    }
    return packets;
  }

 private:
  // One past the highest index that was seen; 0: none.
  template <std::size_t Size>
  static std::uint32_t next_of(const ReplayWindow<Size>& window)
    requires(Size == kRtcpWindow)
  {
    return window.empty() ? 0 : static_cast<std::uint32_t>(window.highest() + 1);
  }
  static std::uint64_t next_of(const ReplayWindow<kRtpWindow>& window) {
    return window.empty() ? 0 : window.highest() + 1;
  }

  std::vector<SourceState> states_;
  std::size_t last_ = 0;
  Ledger* ledger_ = nullptr;
};

}  // namespace secure
