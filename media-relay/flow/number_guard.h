#pragma once
// Which packets of UDPTL from the right source are heard. There is no SSRC, so the numbers stand for one: a packet
// whose number is far from those that are heard is of another stream, which is heard only after kFaxSilence, when it
// shows three packets in sequence. The stream of before comes back at once.
//
// While others come, "near" is narrow, and what is heard moves the place by no more than a machine's packets do
// (kNumbersPerSecond): who sends all numbers in turn passes by, and the machine's next number is still near.

#include <cstdint>
#include <optional>

#include "media-relay/base/time.h"
#include "media-relay/flow/limits.h"

namespace flow {

class NumberGuard {
 public:
  bool admits(std::uint16_t number, base::Instant now);
  // A packet that needs no proof.
  void hear(std::uint16_t number, base::Instant now);
  void forget() { *this = {}; }

  template <typename Carrier>
  void carry(Carrier& c) {
    c(place_, heard_at_, budget_at_, displaced_);
  }

 private:
  struct Newcomer {
    std::uint16_t number = 0;
    unsigned in_row = 0;
    base::Instant began{};
  };
  bool is_near(std::uint16_t place, std::uint16_t number, base::Instant now) const;
  void follow(std::uint16_t number, base::Instant now);
  bool succeeds(std::uint16_t number, base::Instant now);

  std::optional<std::uint16_t> place_;  // of the machine's last packet, or near it
  base::Instant heard_at_{};
  base::Instant budget_at_{};          // the place may move by what has gathered since then
  std::optional<std::uint16_t> late_;  // the last packet, when it was behind the place
  base::Instant attacked_until_{};
  std::optional<std::uint16_t> displaced_;  // the place of the stream before
  Newcomer newcomer_;
};

}  // namespace flow
