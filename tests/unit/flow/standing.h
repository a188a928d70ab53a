#pragma once
// All that a flow knows at one moment: what it would leave to a successor (learned sources, keys, rollover counters,
// replay windows, counters), and its statistics. For tests and fuzzing: what is no packet changes none of it.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <tuple>
#include <utility>

#include "media-relay/flow/flow.h"

namespace flow::testing {

// Dropped for what it is, whoever sent it: not media, not whole, or not by who has the keys.
constexpr bool is_malformed(Drop drop) {
  switch (drop) {
    case Drop::Empty:
    case Drop::Stun:
    case Drop::Dtls:
    case Drop::NotMedia:
    case Drop::MalformedRtp:
    case Drop::MalformedRtcp:
    case Drop::MalformedUdptl:
    case Drop::Unauthentic:
    case Drop::UnknownKey:
    case Drop::StunMalformed:
    case Drop::StunUnauthentic:
    case Drop::DtlsMalformed:
    case Drop::DtlsUnexpected:
    case Drop::DtlsCookie:
      return true;
    default:
      return false;
  }
}

class Standing {
  static auto counters(const HalfStats& s) {
    return std::tuple(s.rtp_packets_in, s.rtp_bytes_in, s.rtcp_packets_in, s.rtcp_bytes_in, s.rtp_packets_out,
                      s.rtp_bytes_out, s.rtcp_packets_out, s.rtcp_bytes_out);
  }
  static auto reception(const HalfStats& s) {
    return std::tuple(s.expected, s.lost, s.jitter, s.ssrc, s.ssrc_changes, s.payload_type, s.round_trip, s.silent_for);
  }

 public:
  Standing(Flow& flow, base::Instant now) : state_(flow.checkpoint()), stats_(flow.stats(now)) {}

  // Nothing but one drop more of this reason, from this side; nullopt: nothing at all. Empty, or what differs.
  std::string differs_from(const Standing& before, std::optional<std::pair<Side, Drop>> dropped) const {
    for (const Side side : {Side::A, Side::B}) {
      HalfStats expected = before.stats_.half[index_of(side)];
      if (dropped && dropped->first == side) ++expected.drops[static_cast<std::size_t>(dropped->second)];
      const HalfStats& now = stats_.half[index_of(side)];
      if (now.drops != expected.drops) return "drops";
      if (counters(now) != counters(expected)) return "counters";
      if (reception(now) != reception(expected)) return "statistics of the reception";
      if (now.latched_rtp != expected.latched_rtp || now.latched_rtcp != expected.latched_rtcp) return "latches";
    }
    const auto drop = dropped ? std::optional(dropped->second) : std::nullopt;
    return state_differs(before, drop) ? "what a successor gets" : "";
  }

 private:
  // Counters of drops are numbers in it: the flow's, and of a check that is refused the agent's.
  bool state_differs(const Standing& before, std::optional<Drop> dropped) const {
    if (!state_ || !before.state_) return state_.has_value() != before.state_.has_value();
    const std::string &is = *state_, &was = *before.state_;
    if (is.size() != was.size()) return true;
    const bool checked = dropped == Drop::StunMalformed || dropped == Drop::StunUnauthentic;
    std::size_t numbers = 0;
    for (std::size_t at = 0; at < is.size(); ++at) {
      if (is[at] == was[at]) continue;
      ++numbers;
      at += sizeof(std::uint64_t) - 1;
    }
    return numbers != (checked ? 2U : dropped ? 1U : 0U);
  }

  std::optional<std::string> state_;  // nullopt: a handshake is under way
  Stats stats_;
};

}  // namespace flow::testing
